import Foundation

/// The outbox of rows beside that of events: one batch carries both.
extension SyncDatabase {
  private var outbox: RowOutbox { RowOutbox(store: store) }

  /// The next writes of rows to send.
  func nextRows(_ limit: Int) throws(SyncError) -> [LoggedEvent] {
    guard hasRows, limit > 0 else { return [] }
    for (gone, heir) in try outbox.squash() {
      guard let id = UUID(uuidString: gone), let waiting = waiters.removeValue(forKey: id) else { continue }
      if let heir = heir.flatMap({ UUID(uuidString: $0) }) {
        waiters[heir, default: []].append(contentsOf: waiting)
      } else {
        resume(waiting, nil)
      }
    }
    return try outbox.next(limit, by: &writer, versions: models.mapValues(\.version))
  }

  /// Whether writes of rows wait: they are sent after what others did has been read.
  func hasRowsToSend() throws(SyncError) -> Bool {
    guard hasRows else { return false }
    return try outbox.pending().count > 0
  }

  /// Notes that the server has a write; says whether there is such a one.
  func acceptRow(_ id: UUID, head: Int64) throws(SyncError) -> Bool {
    guard hasRows, let write = try outbox.write(id) else { return false }
    try outbox.accept(write, head: head)
    return true
  }

  /// Does what a refusal asks for; gives the row, where there is such a write.
  func refuseRow(_ verdict: Verdict) throws(SyncError) -> EntityKey? {
    guard hasRows, let write = try outbox.write(verdict.id) else { return nil }
    guard write.status == "sent" else { return write.key }
    try outbox.refuse(write, verdict, asks: models[write.key.type]?.table?.asks ?? [])
    return write.key
  }

  /// Sends a refused write again, or drops it; gives the row, where there is such a write.
  func decideRow(_ id: UUID, again: Bool) throws(SyncError) -> EntityKey? {
    guard hasRows, let write = try outbox.write(id), write.status == "failed" else { return nil }
    if again { try outbox.retry(write) } else { try outbox.discard(write) }
    return write.key
  }

  /// Ends a conflict as the user says.
  func resolve(_ id: UUID, _ resolution: ConflictResolution) throws(SyncError) -> Set<EntityKey> {
    guard hasRows, let write = try outbox.write(id) else { return [] }
    try transaction { () throws(SyncError) in try outbox.resolve(write, resolution) }
    return [write.key]
  }

  /// Moves the cursor of rows in the transaction of what it stands for: what the server has answered up to there is confirmed.
  func moveRows(_ cursor: String, _ seq: Int64) throws(SyncError) {
    guard hasRows else { return }
    try store.database.run(
      """
      INSERT INTO _cursor (tenant_id, cursor, seq) VALUES ('', ?, ?)
      ON CONFLICT (tenant_id) DO UPDATE SET cursor = excluded.cursor, seq = max(seq, excluded.seq)
      """, [.text(cursor), .integer(seq)])
  }

  // MARK: - Who waits for the server

  /// Waits until the server has answered a write. A refused one is gone by then.
  ///
  /// - Returns: why it was refused.
  func answer(to id: UUID) async -> SyncError? {
    do throws(SyncError) {
      if let answer = try answered(id) { return answer.refusal }
    } catch {
      return error
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { waiters[id, default: []].append($0) }
    } onCancel: {
      Task { await self.giveUp(id) }
    }
  }

  private func giveUp(_ id: UUID) {
    // The write stays, and is sent.
    resume(waiters.removeValue(forKey: id) ?? [], .unanswered)
  }

  /// Tells whoever waits for an answer that has come.
  ///
  /// - Returns: the rows whose refused writes are gone.
  func tellWaiters() throws(SyncError) -> Set<EntityKey> {
    var changed: Set<EntityKey> = []
    for id in Array(waiters.keys) {
      guard let answer = try answered(id) else { continue }
      if let key = answer.key { changed.insert(key) }
      resume(waiters.removeValue(forKey: id) ?? [], answer.refusal)
    }
    return changed
  }

  /// What the server has said of a write; `nil` while it has said nothing.
  private func answered(_ id: UUID) throws(SyncError) -> (refusal: SyncError?, key: EntityKey?)? {
    guard let write = try outbox.write(id) else { return (nil, nil) }
    switch write.status {
    case "confirmed": return (nil, nil)
    case "failed":
      try outbox.discard(write)
      let error = write.error
      return (.refused(code: error["code"]?.string ?? "", reason: error["reason"]?.string ?? ""), write.key)
    case "conflicted":
      try outbox.discard(write)
      let reason = "Somebody else has changed this \(write.key.type) meanwhile."
      return (.refused(code: "field_conflict", reason: reason), write.key)
    default: return write.isAccepted ? (nil, nil) : nil
    }
  }

  private func resume(_ waiting: [CheckedContinuation<SyncError?, Never>], _ answer: SyncError?) {
    for continuation in waiting {
      continuation.resume(returning: answer)
    }
  }
}
