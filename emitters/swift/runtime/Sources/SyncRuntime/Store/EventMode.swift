import Foundation

/// Models whose state is the fold of their events, in the order of stamps.
struct EventMode<Model: SyncModel>: ModelMode {
  let rules: ModelRules<Model>

  func update(_ store: EventStore) throws(SyncError) { try store.update(to: rules) }

  func state(of id: String, in store: EventStore) throws(SyncError) -> Model? {
    try store.state(of: EntityKey(type: entity, id: id), Model.self)
  }

  func states(in store: EventStore) throws(SyncError) -> [(id: String, model: Model)] {
    try store.database.all(
      "SELECT entity_id, state FROM states WHERE entity_type = ? AND state IS NOT NULL ORDER BY entity_id",
      [.text(entity)]
    ) { row in (row.text(0) ?? "", try Model(wire: JSONValue(parsing: row.text(1) ?? ""), at: .root)) }
  }

  func record(
    _ event: Model.Event, on id: String, by writer: inout Writer, in store: EventStore
  ) throws(SyncError) -> Recorded<Model> {
    let key = EntityKey(type: entity, id: id)
    let logged = LoggedEvent(
      id: UUID.random(), entityType: entity, entityID: id, name: event.name, payload: event.payload,
      timestamp: writer.stamp(), schemaVersion: Model.version, userID: nil, seq: nil)
    let (now, offset) = (writer.time(), writer.offset)
    return try store.transaction { () throws(SyncError) in
      let fold = try store.fold(of: key, Model.self)
      try check(event, logged.meta, fold.head.value)
      // The clock is past all that the store holds, so that the event is the entity's newest.
      let outcome = fold.head.fold(logged, rules, isWhole: try store.seesAll(of: Model.self, own: true))
      try store.insert(logged, status: .pending, recordedAt: now, outcome, clockOffset: offset)
      try store.save(fold.head, of: key)
      return Recorded(state: fold.head.value.state, id: logged.id)
    }
  }

  /// Refuses what the server would refuse for the state that the entity is in.
  private func check(_ event: Model.Event, _ meta: EventMeta, _ before: Folded<Model>) throws(SyncError) {
    switch before {
    case .absent:
      guard event.isCreate else {
        throw .refused(code: "entity_not_found", reason: "There is no such \(entity) on this device.")
      }
    case .deleted: throw .refused(code: "entity_deleted", reason: "This \(entity) has been deleted.")
    case .live(var state):
      guard !event.isCreate else { throw .refused(code: "entity_exists", reason: "This \(entity) is there already.") }
      guard event.isTransition, !state.apply(event, meta, rules.functions) else { return }
      throw .refused(code: "invalid_transition", reason: "This \(entity) cannot move there from where it is.")
    }
  }

  func take(_ event: LoggedEvent, in store: EventStore) throws(SyncError) {
    let key = EntityKey(type: event.entityType, id: event.entityID)
    guard try store.isKnown(event) else {
      try store.append(event, of: rules, status: .synced, recordedAt: event.timestamp.milliseconds)
      return
    }
    let held = try store.event(event.id)
    switch try store.coverage(of: event, at: event.seq ?? .max) {
    case .held:
      guard held != nil else { return }
      try store.remove(event.id)
      try store.refold(key, from: .start, of: rules)
      return
    case .late: try store.markStale(key)
    case .none: break
    }
    guard let (own, status) = held else {
      try store.append(event, of: rules, status: .synced, recordedAt: event.timestamp.milliseconds)
      return
    }
    try store.settle(event)
    if status == .rejected || status == .blocked || own.place != event.place || own.payload != event.payload {
      try store.refold(key, from: .start, of: rules)
    } else if status != .synced {
      try store.prune(key)
    }
  }

  func restore(_ snapshot: ServerSnapshot, in store: EventStore) throws(SyncError) {
    try store.restore(snapshot, of: rules)
  }

  func keepOnly(_ there: RestoredIDs, in store: EventStore) throws(SyncError) -> Set<EntityKey> {
    try store.keepOnly(there, of: rules)
  }

  func refold(_ id: String, in store: EventStore) throws(SyncError) {
    try store.refold(EntityKey(type: entity, id: id), from: .start, of: rules)
  }

  func refoldAll(in store: EventStore) throws(SyncError) -> Set<EntityKey> { try store.refoldAll(of: rules) }

  var ownerOnly: [String] { Model.ownerOnly }

  func isCreate(_ event: LoggedEvent) -> Bool { (try? rules.read(event))??.isCreate ?? false }
}
