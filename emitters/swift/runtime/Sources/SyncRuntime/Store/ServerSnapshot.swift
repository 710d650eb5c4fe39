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
  /// Of a row: for each field the transaction that wrote it last.
  let stamps: JSONObject

  init(wire: JSONValue) throws(InvalidValue) {
    var reader = try WireReader(wire, at: .root)
    key = EntityKey(type: try reader.required("entity_type"), id: try reader.required("entity_id"))
    state = try reader.required("state")
    place = Place(stamp: try reader.required("last_hlc"), id: try reader.required("last_event_id"))
    folded = try reader.required("event_count")
    let version: Int64 = try reader.required("schema_version")
    schemaVersion = Int(version)
    seq = try reader.required("seq")
    let stamps: JSONValue? = try reader.optional("tx")
    self.stamps = stamps?.object ?? JSONObject()
  }
}

extension EventStore {
  /// Replaces what this device holds synced of an entity by the server's fold of it; what is unsynced stays, on top.
  func restore<Model: SyncModel>(_ snapshot: ServerSnapshot, of model: ModelRules<Model>) throws(SyncError) {
    let key: [SQLiteValue] = [.text(snapshot.key.type), .text(snapshot.key.id)]
    try database.run("DELETE FROM stale WHERE entity_type = ? AND entity_id = ?", key)
    if let held = try position(of: snapshot.key), held > snapshot.seq { return }
    try database.run(
      """
      DELETE FROM events WHERE entity_type = ?1 AND entity_id = ?2
        AND ((status = 0 AND coalesce(seq, 0) <= ?3) OR (status = 1 AND head <= ?3))
      """, key + [.integer(snapshot.seq)])
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
    try refold(snapshot.key, from: .start, of: model)
  }

  /// Takes out of a model what the server no longer has: what is unsynced stays, and what is newer.
  func keepOnly<Model: SyncModel>(
    _ there: RestoredIDs, of model: ModelRules<Model>
  ) throws(SyncError) -> Set<EntityKey> {
    // Whatever is held of this model was saved: nothing is folded in the transaction of a start from snapshots.
    let held = try database.all("SELECT entity_id FROM states WHERE entity_type = ?", [.text(Model.entity)]) { row in
      row.text(0) ?? ""
    }
    var changed: Set<EntityKey> = []
    for id in held where !there.ids.contains(id) {
      let key = EntityKey(type: Model.entity, id: id)
      let values: [SQLiteValue] = [.text(key.type), .text(key.id), .integer(there.seq)]
      try database.run(
        "DELETE FROM events WHERE entity_type = ? AND entity_id = ? AND status < 2 AND coalesce(seq, head, 0) <= ?",
        values)
      try database.run(
        "DELETE FROM snapshots WHERE entity_type = ? AND entity_id = ? AND coalesce(seq, 0) <= ?", values)
      try refold(key, from: .start, of: model)
      changed.insert(key)
    }
    return changed
  }

  /// The position of the server's snapshot of an entity.
  private func position(of key: EntityKey) throws(SyncError) -> Int64? {
    try database.first(
      "SELECT max(seq) FROM snapshots WHERE entity_type = ? AND entity_id = ?", [.text(key.type), .text(key.id)]
    ) { row in row.optionalInt(0) } ?? nil
  }

  /// Whether the log holds an event, or a snapshot of its entity that may: most of the feed is neither.
  func isKnown(_ event: LoggedEvent) throws(SyncError) -> Bool {
    try database.first(
      """
      SELECT EXISTS (SELECT 1 FROM events WHERE id = ?1)
        OR EXISTS (SELECT 1 FROM snapshots WHERE entity_type = ?2 AND entity_id = ?3 AND seq IS NOT NULL)
      """, [.text(event.id.wireText), .text(event.entityType), .text(event.entityID)]
    ) { $0.int(0) == 1 } ?? false
  }

  /// Whether a snapshot of the server's holds an event of a position, or stands behind its place without holding it.
  func coverage(of event: LoggedEvent, at seq: Int64) throws(SyncError) -> Coverage {
    let covering = try database.first(
      """
      SELECT seq, (stamp, event_id) >= (?, ?), pruned FROM snapshots
      WHERE entity_type = ? AND entity_id = ? AND seq IS NOT NULL ORDER BY seq DESC LIMIT 1
      """,
      [.text(event.place.stamp), .text(event.place.id), .text(event.entityType), .text(event.entityID)]
    ) { row in (seq: row.int(0), isBehind: row.int(1) == 1, isPruned: row.int(2) == 1) }
    guard let covering else { return .none }
    // One of this device's own holds what lies before its place, and nothing behind it.
    if seq <= covering.seq, covering.isBehind || !covering.isPruned { return .held }
    return covering.isBehind ? .late : .none
  }
}

/// What a server's snapshot means for an event.
enum Coverage {
  /// It is folded as any other.
  case none
  /// The snapshot holds it.
  case held
  /// It lies before the snapshot's place and may not be in it: the server has to be asked for a newer one.
  case late
}
