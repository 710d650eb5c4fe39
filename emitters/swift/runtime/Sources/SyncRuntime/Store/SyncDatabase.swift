import Foundation

/// The store of one user on one device: everything that touches the disk happens here, one after another.
actor SyncDatabase {
  private let store: EventStore
  private let models: [String: any AnyModelRules]
  private var clock: HybridClock
  /// What the server's clock is ahead of this device's, in milliseconds.
  private(set) var clockOffset: Int64 = 0
  private let queue = DiskExecutor()

  /// The disk has a queue of its own, so that it never blocks the threads that all tasks share.
  nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

  /// Opens the store of a user.
  init(path: String, models: [any AnyModelRules]) throws(SyncError) {
    store = try EventStore(path: path)
    self.models = Dictionary(uniqueKeysWithValues: models.map { ($0.entity, $0) })
    for model in models {
      try model.update(store)
    }
    clock = HybridClock(node: .random(in: .min ... .max), reached: try store.newestStamp())
  }

  private func wall() -> Int64 { Date().milliseconds + clockOffset }

  // MARK: - Mutations

  /// Records an event: checks it, stamps it, folds it, and has it saved when it returns.
  ///
  /// - Returns: the entity's state afterwards; `nil` once it is deleted.
  func record<Model: SyncModel>(
    _ event: Model.Event, on id: String, of model: ModelRules<Model>
  ) throws(SyncError) -> Model? {
    let payload = event.payload
    do {
      // Reading it back is the same check that every other replica makes.
      guard try Model.Event(name: event.name, payload: payload, at: .recording) != nil else {
        throw SyncError.refused(code: "unknown_event_type", reason: "There is no event \(event.name).")
      }
    } catch let invalid as InvalidValue {
      throw .invalidPayload(invalid)
    } catch {
      throw error as? SyncError ?? .storage("\(error)")
    }
    let key = EntityKey(type: Model.entity, id: id)
    let before = try store.head(of: key, Model.self).value
    let stamp = clock.now(wall: wall())
    let logged = LoggedEvent(
      id: UUID(), entityType: key.type, entityID: key.id, name: event.name, payload: payload, timestamp: stamp,
      schemaVersion: Model.version, userID: nil, seq: nil)
    try Self.check(event, logged.meta, before, model)
    let store = store
    let now = Date().milliseconds
    let offset = clockOffset
    return try store.database.transaction { () throws(SyncError) in
      try store.append(logged, of: model, status: .pending, recordedAt: now)
      try store.markOwn(logged.id, clockOffset: offset)
      return try store.head(of: key, Model.self).value.state
    }
  }

  /// Refuses what the server would refuse for the state that the entity is in.
  private static func check<Model: SyncModel>(
    _ event: Model.Event, _ meta: EventMeta, _ before: Folded<Model>, _ model: ModelRules<Model>
  ) throws(SyncError) {
    let isCreate = Model(creating: event, meta) != nil
    switch before {
    case .absent:
      guard isCreate else {
        throw .refused(code: "entity_not_found", reason: "There is no such \(Model.entity) on this device.")
      }
    case .deleted: throw .refused(code: "entity_deleted", reason: "This \(Model.entity) has been deleted.")
    case .live(var state):
      guard !isCreate else { throw .refused(code: "entity_exists", reason: "This \(Model.entity) is there already.") }
      guard event.isTransition, !state.apply(event, meta, model.functions) else { return }
      throw .refused(code: "invalid_transition", reason: "This \(Model.entity) cannot move there from where it is.")
    }
  }

  // MARK: - Reading

  /// The state of a live entity.
  func state<Model: SyncModel>(of model: Model.Type, id: String) throws(SyncError) -> Model? {
    try store.head(of: EntityKey(type: Model.entity, id: id), model).value.state
  }

  /// The states of all live entities of a model, in order of their ids.
  func states<Model: SyncModel>(of model: Model.Type) throws(SyncError) -> [Model] {
    try store.database.all(
      "SELECT state FROM states WHERE entity_type = ? AND state IS NOT NULL ORDER BY entity_id",
      [.text(Model.entity)]
    ) { row in try Model(wire: JSONValue(parsing: row.text(0) ?? ""), at: .root) }
  }

  // MARK: - What the engine does

  /// The next batch, marked as sent before it is.
  func nextBatch(limit: Int) throws(SyncError) -> [LoggedEvent] {
    let batch = try store.sendable(limit: limit)
    let store = store
    try store.database.transaction { () throws(SyncError) in try store.markSent(batch.map(\.id)) }
    return batch
  }

  /// Applies the server's verdicts on a batch, and notes for an accepted event that its position is at most `head`.
  ///
  /// - Returns: the entities whose state may have changed.
  func settle(accepted: [UUID], head: Int64, rejected: [Verdict]) throws(SyncError) -> Set<EntityKey> {
    var changed: Set<EntityKey> = []
    try transaction { () throws(SyncError) in
      for id in accepted {
        guard let (event, status) = try store.event(id), status == .pending else { continue }
        try store.markAccepted(id, head: head)
        let key = EntityKey(type: event.entityType, id: event.entityID)
        switch try store.coverage(of: event, at: head) {
        case .none: break
        // A snapshot that was fetched meanwhile may hold it: it must not count twice.
        case .held:
          try store.remove(id)
          changed.insert(try refold(after: event))
        case .late: try store.markStale(key)
        }
      }
      for verdict in rejected {
        guard let (event, status) = try store.event(verdict.id), status == .pending else { continue }
        if verdict.code == "clock_drift" {
          // What was refused for its stamp is stamped anew, in its order; nobody needs to hear of it.
          try store.restamp(event.id, clock.now(wall: wall()), clockOffset: clockOffset)
        } else {
          try reject(event, verdict)
        }
        changed.insert(try refold(after: event))
      }
    }
    return changed
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
    try models[event.entityType]?.refold(event.entityID, from: .start, in: store)
    return EntityKey(type: event.entityType, id: event.entityID)
  }

  /// Takes in a page of the feed, with the cursor that stands for it, in one transaction.
  ///
  /// - Returns: the entities whose state may have changed.
  func take(_ events: [LoggedEvent], cursor: String) throws(SyncError) -> Set<EntityKey> {
    var changed: Set<EntityKey> = []
    try transaction { () throws(SyncError) in
      for event in events {
        clock.takeIn(event.timestamp, wall: wall())
        let key = EntityKey(type: event.entityType, id: event.entityID)
        changed.insert(key)
        switch try store.coverage(of: event, at: event.seq ?? .max) {
        case .held:
          guard try store.event(event.id) != nil else { continue }
          try store.remove(event.id)
          try refold(after: event)
        case .late:
          try store.markStale(key)
          try take(event)
        case .none: try take(event)
        }
      }
      try store.remember("cursor", cursor)
    }
    return changed
  }

  private func take(_ event: LoggedEvent) throws(SyncError) {
    guard let (own, status) = try store.event(event.id) else {
      if let model = models[event.entityType] {
        _ = try model.append(event, status: .synced, at: event.timestamp.milliseconds, in: store)
      } else {
        // Of a type that this version does not know: kept for the one that does.
        _ = try store.insert(event, status: .synced, recordedAt: event.timestamp.milliseconds)
      }
      return
    }
    try store.settle(event)
    if status == .rejected || status == .blocked || own.place != event.place || own.payload != event.payload {
      try refold(after: event)
    }
  }

  /// The entities whose snapshot the server has to be asked for.
  func stale() throws(SyncError) -> [EntityKey] { try store.stale() }

  /// Takes over some of the server's snapshots.
  func restore(_ snapshots: [ServerSnapshot]) throws(SyncError) -> Set<EntityKey> {
    try transaction { () throws(SyncError) in
      for snapshot in snapshots {
        try models[snapshot.key.type]?.restore(snapshot, in: store)
      }
    }
    return Set(snapshots.map(\.key))
  }

  /// Ends a start from snapshots: what the server no longer has goes, and the feed goes on from the cursor.
  func endRestoring(_ ids: [String: Set<String>], cursor: String?) throws(SyncError) -> Set<EntityKey> {
    var changed: Set<EntityKey> = []
    try transaction { () throws(SyncError) in
      for (type, ids) in ids {
        if let model = models[type] { changed.formUnion(try model.keepOnly(ids, in: store)) }
        try store.remember("type:\(type)", "known")
      }
      if let cursor { try store.remember("cursor", cursor) }
    }
    return changed
  }

  /// Those types of which no snapshots have been taken yet.
  func newTypes(of types: [String]) throws(SyncError) -> [String] {
    var new: [String] = []
    for type in types where try store.remembered("type:\(type)") == nil {
      new.append(type)
    }
    return new
  }

  /// The place in the feed that this store has read up to.
  func cursor() throws(SyncError) -> String? { try store.remembered("cursor") }

  /// Whose store it is; remembered the first time.
  func belongs(to owner: String) throws(SyncError) -> Bool {
    if let known = try store.remembered("owner") { return Text.same(known, owner) }
    try store.remember("owner", owner)
    return true
  }

  /// Notes what the server's clock says. Where this device's was wrong by more than half a minute, what never left it moves
  /// with the correction.
  ///
  /// - Returns: the entities whose events have moved.
  func noteServerTime(_ milliseconds: Int64) throws(SyncError) -> Set<EntityKey> {
    clockOffset = milliseconds - Date().milliseconds
    var changed: Set<EntityKey> = []
    let waiting = try store.neverSent()
    guard waiting.contains(where: { abs(clockOffset - $0.clockOffset) > Self.tolerance }) else { return changed }
    try transaction { () throws(SyncError) in
      var last: Stamp?
      for (event, offset) in waiting {
        let key = EntityKey(type: event.entityType, id: event.entityID)
        var stamp = event.timestamp
        if abs(clockOffset - offset) > Self.tolerance {
          let moved = max(0, stamp.milliseconds + clockOffset - offset)
          stamp = Stamp(milliseconds: moved, counter: stamp.counter, node: stamp.node)
        }
        // The same order as before, and never at or before what the server has of the entity.
        for floor in [last, try store.newestSynced(of: key)].compactMap({ $0 }) where stamp <= floor {
          var clock = HybridClock(node: event.timestamp.node, reached: floor)
          stamp = clock.now(wall: 0)
        }
        last = stamp
        guard stamp != event.timestamp else { continue }
        try store.restamp(event.id, stamp, clockOffset: clockOffset)
        changed.insert(key)
      }
      for key in changed {
        try models[key.type]?.refold(key.id, from: .start, in: store)
      }
    }
    clock = HybridClock(node: clock.node, reached: try store.newestStamp())
    return changed
  }

  /// How wrong a clock may be before stamps are moved for it, in milliseconds.
  private static let tolerance: Int64 = 30_000

  /// What the status shows.
  func summary() throws(SyncError) -> StoreSummary {
    let (count, oldest) = try store.pending()
    return StoreSummary(
      pending: count, oldest: oldest.map { Date(milliseconds: $0) }, rejections: try store.rejections(),
      overtaken: try store.overtaken(), needsUpdate: try store.hasUnreadable())
  }

  // MARK: - What the user decides

  /// Sends a refused event again, stamped anew; what waited for a `create` goes with it, behind it.
  func retry(_ id: UUID) throws(SyncError) -> Set<EntityKey> {
    try decide(on: id) { event throws(SyncError) in
      try store.restamp(event.id, clock.now(wall: wall()), clockOffset: clockOffset)
      try store.mark(event.id, .pending)
    }
  }

  /// Drops a refused event; what waited for a `create` goes with it.
  func discard(_ id: UUID) throws(SyncError) -> Set<EntityKey> {
    try decide(on: id) { event throws(SyncError) in try store.remove(event.id) }
  }

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

  private func transaction(_ body: () throws(SyncError) -> Void) throws(SyncError) {
    try store.database.transaction(body)
  }
}

/// Why the server has refused an event.
struct Verdict: Sendable {
  let id: UUID
  let code: String
  let reason: String
  let isRetryable: Bool
}

/// What a store says of itself.
struct StoreSummary: Sendable {
  let pending: Int
  let oldest: Date?
  let rejections: [Rejection]
  let overtaken: [LoggedEvent]
  let needsUpdate: Bool
}

/// A serial queue as an actor's executor; `DispatchSerialQueue` is none on Linux.
final class DiskExecutor: SerialExecutor {
  private let queue = DispatchQueue(label: "sync.disk")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}
