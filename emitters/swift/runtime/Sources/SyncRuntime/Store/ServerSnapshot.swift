/// The fold of an entity up to a place, as the server sends it.
struct ServerSnapshot: Sendable {
  let key: EntityKey
  /// Null for a deleted entity.
  let state: JSONValue
  let place: Place
  /// How many events it is made of.
  let folded: Int64
  let schemaVersion: Int
  /// Events at or below this position of the log are in it.
  let seq: Int64

  init(wire: JSONValue) throws(InvalidValue) {
    var reader = try WireReader(wire, at: .root)
    key = EntityKey(type: try reader.required("entity_type"), id: try reader.required("entity_id"))
    state = try reader.required("state")
    place = Place(stamp: try reader.required("last_hlc"), id: try reader.required("last_event_id"))
    folded = try reader.required("event_count")
    let version: Int64 = try reader.required("schema_version")
    schemaVersion = Int(version)
    seq = try reader.required("seq")
  }
}

extension EventStore {
  /// Replaces what this device holds synced of an entity by the server's fold of it; what is unsynced stays, on top.
  func restore<Model: SyncModel>(_ snapshot: ServerSnapshot, of model: ModelRules<Model>) throws(SyncError) {
    let key: [SQLiteValue] = [.text(snapshot.key.type), .text(snapshot.key.id)]
    try database.run("DELETE FROM events WHERE entity_type = ? AND entity_id = ? AND status = 0", key)
    try database.run("DELETE FROM snapshots WHERE entity_type = ? AND entity_id = ?", key)
    try database.run(
      """
      INSERT INTO snapshots (entity_type, entity_id, state, deleted, stamp, event_id, folded, schema_version, seq)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      key + [
        snapshot.state == .null ? .null : .text(snapshot.state.text), .integer(snapshot.state == .null ? 1 : 0),
        .text(snapshot.place.stamp), .text(snapshot.place.id), .integer(snapshot.folded),
        .integer(Int64(snapshot.schemaVersion)), .integer(snapshot.seq),
      ])
    // The end of the order: the snapshot just written stays, and what is unsynced is folded behind it.
    try refold(snapshot.key, from: Place(stamp: "~", id: ""), of: model)
  }

  /// Whether a snapshot of the server's already holds an event, or stands behind its place without holding it.
  func coverage(of event: LoggedEvent) throws(SyncError) -> Coverage {
    guard let seq = event.seq else { return .none }
    let covering = try database.first(
      """
      SELECT seq, (stamp, event_id) >= (?, ?) FROM snapshots
      WHERE entity_type = ? AND entity_id = ? AND seq IS NOT NULL ORDER BY seq DESC LIMIT 1
      """,
      [.text(event.place.stamp), .text(event.place.id), .text(event.entityType), .text(event.entityID)]
    ) { row in (seq: row.int(0), isBehind: row.int(1) == 1) }
    guard let covering else { return .none }
    if seq <= covering.seq { return .held }
    return covering.isBehind ? .late : .none
  }
}

/// What a server's snapshot means for an event.
enum Coverage {
  /// It is folded as any other.
  case none
  /// The snapshot holds it.
  case held
  /// It lies before the snapshot's place and is not in it: the server has to be asked for a newer one.
  case late
}
