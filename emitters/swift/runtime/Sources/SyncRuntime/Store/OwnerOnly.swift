/// Which `owner_only` fields the user of this device sees. No answer says so in words, but a state of the server does: an owner's has
/// all of a model's fields, everybody else's lacks those.
///
/// Whoever is no owner gets a `create` without their keys, whether they were set or not: their defaults are not what may be shown.
extension EventStore {
  private static var key: String { "sees_owner_only" }

  /// Whether the user sees them; `nil` while no state of the server has told.
  func seesOwnerOnly() throws(SyncError) -> Bool? {
    if let rights { return rights }
    let sees = try remembered(Self.key).map { $0 == "yes" }
    rights = .some(sees)
    return sees
  }

  /// Whether the user sees all that a `create` has made. Before that is known, what this very device has recorded is whole:
  /// nobody else has written it yet.
  func seesAll<Model: SyncModel>(of model: Model.Type, own: Bool) throws(SyncError) -> Bool {
    if Model.ownerOnly.isEmpty { return true }
    return try seesOwnerOnly() ?? own
  }

  /// Notes whether the user sees them, or that it is not known any more.
  ///
  /// - Returns: whether that is new: what was folded before has to be folded anew.
  func noteRights(_ sees: Bool?) throws(SyncError) -> Bool {
    guard try seesOwnerOnly() != sees else { return false }
    try remember(Self.key, sees.map { $0 ? "yes" : "no" })
    rights = nil
    return true
  }

  /// An entity whose state at the server would tell.
  func witness(of type: String) throws(SyncError) -> EntityKey? {
    try database.first(
      """
      SELECT entity_id FROM states AS held WHERE entity_type = ?1 AND state IS NOT NULL AND EXISTS (
        SELECT 1 FROM events WHERE entity_type = ?1 AND entity_id = held.entity_id AND status < 2) LIMIT 1
      """, [.text(type)]
    ) { row in EntityKey(type: type, id: row.text(0) ?? "") }
  }
}

extension SyncModel {
  /// The fields that an owner alone sees.
  static var ownerOnly: [String] { access?.ownerOnly ?? [] }

  /// The state that a `create` has made, without the fields that its payload lacks and its reader may not see.
  func withoutHidden(_ payload: JSONValue) -> Self {
    let lacking = Self.ownerOnly.filter { payload.object?[$0] == nil }
    guard !lacking.isEmpty, case .object(var object) = wire else { return self }
    for field in lacking {
      object[field] = nil
    }
    // Hidden fields may be missing in every state.
    return (try? Self(wire: .object(object), at: .root)) ?? self
  }
}

/// What the server's states tell of what the user sees.
extension SyncDatabase {
  private var withHidden: [any ModelMode] { models.values.filter { !$0.ownerOnly.isEmpty } }

  /// An entity of the server's whose state would tell, where nothing has told yet.
  func witness() throws(SyncError) -> EntityKey? {
    guard !withHidden.isEmpty, try store.seesOwnerOnly() == nil else { return nil }
    for model in withHidden {
      if let key = try store.witness(of: model.entity) { return key }
    }
    return nil
  }

  /// Learns from some states of the server what the user sees, and from `nil` that it is not known any more.
  ///
  /// - Returns: the entities that were folded anew for it.
  func noteRights(_ snapshots: [ServerSnapshot]?) throws(SyncError) -> Set<EntityKey> {
    var told: Bool?
    for snapshot in snapshots ?? [] {
      guard let model = models[snapshot.key.type], let field = model.ownerOnly.first,
        case .object(let object) = snapshot.state, snapshot.schemaVersion == model.version
      else { continue }
      told = object[field] != nil
    }
    if snapshots != nil, told == nil { return [] }
    var changed: Set<EntityKey> = []
    try transaction { () throws(SyncError) in
      guard try store.noteRights(told) else { return }
      for model in withHidden {
        changed.formUnion(try model.refoldAll(in: store))
      }
    }
    return changed
  }
}
