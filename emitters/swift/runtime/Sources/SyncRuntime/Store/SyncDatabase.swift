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
    return try store.database.transaction { () throws(SyncError) in
      try store.append(logged, of: model, status: .pending, recordedAt: now)
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
      "SELECT state FROM states WHERE entity_type = ? AND state IS NOT NULL AND schema_version = ? ORDER BY entity_id",
      [.text(Model.entity), .integer(Int64(Model.version))]
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

  /// Applies the server's verdicts on a batch.
  ///
  /// - Returns: the entities whose state may have changed.
  func settle(accepted: [UUID], rejected: [(id: UUID, code: String, reason: String)]) throws(SyncError) -> Set<
    EntityKey
  > {
    var changed: Set<EntityKey> = []
    try transaction { () throws(SyncError) in
      for id in accepted {
        try store.mark(id, .synced)
      }
      for verdict in rejected {
        guard let (event, status) = try store.event(verdict.id), status == .pending else { continue }
        try store.mark(event.id, .rejected, code: verdict.code, reason: verdict.reason)
        changed.insert(try refold(after: event))
        try block(under: event)
      }
    }
    return changed
  }

  /// What depends on a refused `create` waits with it.
  private func block(under event: LoggedEvent) throws(SyncError) {
    let key = EntityKey(type: event.entityType, id: event.entityID)
    let isAbsent = try store.database.first(
      "SELECT 1 FROM states WHERE entity_type = ? AND entity_id = ? AND state IS NULL AND deleted = 0",
      [.text(key.type), .text(key.id)]
    ) { _ in true }
    guard isAbsent == true else { return }
    for other in try store.unsynced(of: key) where other.id != event.id {
      try store.mark(other.id, .blocked)
    }
    _ = try refold(after: event)
  }

  private func refold(after event: LoggedEvent) throws(SyncError) -> EntityKey {
    try models[event.entityType]?.refold(event.entityID, from: event.place, in: store)
    return EntityKey(type: event.entityType, id: event.entityID)
  }

  /// Takes in a page of the feed, with the cursor that stands for it, in one transaction.
  ///
  /// - Returns: the entities whose state may have changed, and those whose snapshot the server has to be asked for.
  func take(_ events: [LoggedEvent], cursor: String) throws(SyncError) -> (
    changed: Set<EntityKey>, late: Set<EntityKey>
  ) {
    var changed: Set<EntityKey> = []
    var late: Set<EntityKey> = []
    try transaction { () throws(SyncError) in
      for event in events {
        clock.takeIn(event.timestamp, wall: wall())
        let key = EntityKey(type: event.entityType, id: event.entityID)
        switch try store.coverage(of: event) {
        case .held: try store.remove(event.id)
        case .late: late.insert(key)
        case .none:
          try take(event)
          changed.insert(key)
        }
      }
      try store.remember("cursor", cursor)
    }
    return (changed, late)
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
      let first = min(own.place, event.place)
      try models[event.entityType]?.refold(event.entityID, from: first, in: store)
    }
  }

  /// Takes over pages of the server's snapshots, and the cursor that goes on from them.
  func restore(_ snapshots: [ServerSnapshot], cursor: String?) throws(SyncError) -> Set<EntityKey> {
    var changed: Set<EntityKey> = []
    try transaction { () throws(SyncError) in
      for snapshot in snapshots {
        try models[snapshot.key.type]?.restore(snapshot, in: store)
        changed.insert(snapshot.key)
      }
      if let cursor { try store.remember("cursor", cursor) }
    }
    return changed
  }

  /// The place in the feed that this store has read up to.
  func cursor() throws(SyncError) -> String? { try store.remembered("cursor") }

  /// Notes what the server's clock says.
  func noteServerTime(_ milliseconds: Int64) { clockOffset = milliseconds - Date().milliseconds }

  /// What the status shows.
  func summary() throws(SyncError) -> (pending: Int, oldest: Date?, rejections: [Rejection]) {
    let (count, oldest) = try store.pending()
    return (count, oldest.map { Date(milliseconds: $0) }, try store.rejections())
  }

  // MARK: - What the user decides

  /// Sends a refused event again, stamped anew; what waited for it goes with it, behind it.
  func retry(_ id: UUID) throws(SyncError) -> Set<EntityKey> {
    try decide(on: id) { event throws(SyncError) in
      let stamp = clock.now(wall: wall())
      try store.restamp(event.id, stamp)
      try store.mark(event.id, .pending)
    }
  }

  /// Drops a refused event, and what waited for it.
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
      let waiting = try store.unsynced(of: key).filter { $0.id != id }
      try act(event)
      for other in waiting {
        if let (_, status) = try store.event(other.id), status == .blocked { try act(other) }
      }
      try models[key.type]?.refold(key.id, from: event.place, in: store)
      changed.insert(key)
    }
    return changed
  }

  private func transaction(_ body: () throws(SyncError) -> Void) throws(SyncError) {
    try store.database.transaction(body)
  }
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
