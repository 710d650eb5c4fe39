import Foundation

/// What this device has recorded, on its way to the server.
extension SyncDatabase {
  /// The next batch, marked as sent before it is.
  func nextBatch(limit: Int) throws(SyncError) -> [LoggedEvent] {
    var batch: [LoggedEvent] = []
    try transaction { () throws(SyncError) in
      batch = try store.sendable(limit: limit)
      try store.markSent(batch.map(\.id))
      batch += try nextRows(limit - batch.count)
    }
    return batch
  }

  /// Applies the server's verdicts on a batch, and notes for an accepted event that its position is at most `head`.
  ///
  /// - Returns: the entities whose state may have changed.
  func settle(accepted: [UUID], head: Int64, rejected: [Verdict]) throws(SyncError) -> Set<EntityKey> {
    var changed: Set<EntityKey> = []
    try transaction { () throws(SyncError) in
      for id in accepted where try !acceptRow(id, head: head) {
        guard let (event, status) = try store.event(id), status == .pending else { continue }
        try store.markAccepted(id, head: head)
        switch try store.coverage(of: event, at: head) {
        case .none: break
        // A snapshot that was fetched meanwhile may hold it: it must not count twice.
        case .held:
          try store.remove(id)
          changed.insert(try refold(after: event))
        case .late: try store.markStale(EntityKey(type: event.entityType, id: event.entityID))
        }
      }
      if rejected.contains(where: { $0.code == "clock_drift" }) { try setClockBack() }
      for verdict in rejected {
        if let row = try refuseRow(verdict) {
          changed.insert(row)
          continue
        }
        guard let (event, status) = try store.event(verdict.id), status == .pending else { continue }
        if verdict.code == "clock_drift" {
          // What was refused for its stamp is stamped anew, in its order; nobody needs to hear of it.
          try store.restamp(event.id, writer.stamp(), clockOffset: writer.offset)
        } else {
          try reject(event, verdict)
        }
        changed.insert(try refold(after: event))
      }
    }
    return changed.union(try tellWaiters())
  }

  private func reject(_ event: LoggedEvent, _ verdict: Verdict) throws(SyncError) {
    let others = try store.unsynced(of: EntityKey(type: event.entityType, id: event.entityID))
    let isOrphan = others.contains { $0.status == .rejected && isCreate($0.event) }
    if verdict.code == "entity_not_found", isOrphan {
      try store.mark(event.id, .blocked)
      return
    }
    try store.mark(event.id, .rejected, code: verdict.code, reason: verdict.reason)
    guard isCreate(event) else { return }
    // What depends on a refused `create` waits with it.
    for other in others where other.event.id != event.id {
      if other.status == .pending || other.code == "entity_not_found" { try store.mark(other.event.id, .blocked) }
    }
  }

  private func isCreate(_ event: LoggedEvent) -> Bool { models[event.entityType]?.isCreate(event) ?? false }

  @discardableResult
  private func refold(after event: LoggedEvent) throws(SyncError) -> EntityKey {
    // From the start of what is unsynced: others of the entity may have left with it.
    try models[event.entityType]?.refold(event.entityID, in: store)
    return EntityKey(type: event.entityType, id: event.entityID)
  }

  // MARK: - The clock

  /// Notes what the server's clock says. Where this device's was wrong by more than half a minute, what never left it moves
  /// with the correction.
  ///
  /// - Returns: the entities whose events have moved.
  func noteServerTime(_ milliseconds: Int64) throws(SyncError) -> Set<EntityKey> {
    writer.offset = milliseconds - writer.time()
    var changed: Set<EntityKey> = []
    let waiting = try store.neverSent()
    guard waiting.contains(where: { abs(writer.offset - $0.clockOffset) > Self.tolerance }) else { return changed }
    try transaction { () throws(SyncError) in
      var last: Stamp?
      for (event, offset) in waiting {
        let key = EntityKey(type: event.entityType, id: event.entityID)
        var stamp = event.timestamp
        if abs(writer.offset - offset) > Self.tolerance {
          let moved = max(0, stamp.milliseconds + writer.offset - offset)
          stamp = Stamp(milliseconds: moved, counter: stamp.counter, node: stamp.node)
        }
        // The same order as before, and never at or before what the server has of the entity.
        for floor in [last, try store.newestSynced(of: key)].compactMap({ $0 }) where stamp <= floor {
          var clock = HybridClock(node: event.timestamp.node, reached: floor)
          stamp = clock.now(wall: 0)
        }
        last = stamp
        guard stamp != event.timestamp else { continue }
        try store.restamp(event.id, stamp, clockOffset: writer.offset)
        changed.insert(key)
      }
      for key in changed {
        try models[key.type]?.refold(key.id, in: store)
      }
    }
    writer.clock = HybridClock(node: writer.clock.node, reached: try store.newestStamp())
    return changed
  }

  /// Has the clock begin anew at what the server has and what lies in the past: a wrong one may have run ahead.
  private func setClockBack() throws(SyncError) {
    writer.clock = HybridClock(node: writer.clock.node, reached: try store.newestStamp(upTo: writer.wall))
  }

  /// How wrong a clock may be before stamps are moved for it, in milliseconds.
  private static let tolerance: Int64 = 30_000

  // MARK: - What the user decides

  /// Sends a refused event again, stamped anew; what waited for a `create` goes with it, behind it.
  func retry(_ id: UUID) throws(SyncError) -> Set<EntityKey> {
    if let row = try decideRow(id, again: true) { return [row] }
    return try decide(on: id) { event throws(SyncError) in
      try store.restamp(event.id, writer.stamp(), clockOffset: writer.offset)
      try store.mark(event.id, .pending)
    }
  }

  /// Drops a refused event; what waited for a `create` goes with it.
  func discard(_ id: UUID) throws(SyncError) -> Set<EntityKey> {
    if let row = try decideRow(id, again: false) { return [row] }
    return try decide(on: id) { event throws(SyncError) in try store.remove(event.id) }
  }

  /// Takes an overtaken event off the list: the user has seen it.
  func dismiss(_ id: UUID) throws(SyncError) { try store.dismiss(id) }

  private func decide(
    on id: UUID, _ act: (LoggedEvent) throws(SyncError) -> Void
  ) throws(SyncError) -> Set<EntityKey> {
    var changed: Set<EntityKey> = []
    try transaction { () throws(SyncError) in
      guard let (event, status) = try store.event(id), status == .rejected else { return }
      let key = EntityKey(type: event.entityType, id: event.entityID)
      let waiting = isCreate(event) ? try store.unsynced(of: key).filter { $0.status == .blocked } : []
      try act(event)
      for other in waiting {
        try act(other.event)
      }
      changed.insert(try refold(after: event))
    }
    return changed
  }
}

/// Why the server has refused an event.
struct Verdict: Sendable {
  let id: UUID
  let code: String
  let reason: String
  let isRetryable: Bool
  /// Of a change of a row: what was not as it expected.
  var conflicts: [FieldConflict] = []
}
