/// Dropping of events that a snapshot stands for.
extension EventStore {
  /// Drops the events of an entity that its last snapshot but one holds, if that holds nothing which may still move or leave.
  ///
  /// The snapshot then stands for what was dropped, as one of the server's does. What comes later and lies before its place
  /// is asked of the server.
  func prune(_ key: EntityKey) throws(SyncError) {
    let entity: [SQLiteValue] = [.text(key.type), .text(key.id)]
    let last = try database.first(
      """
      SELECT stamp, event_id FROM snapshots AS held
      WHERE entity_type = ?1 AND entity_id = ?2 AND seq IS NULL AND NOT EXISTS (
        SELECT 1 FROM events WHERE entity_type = ?1 AND entity_id = ?2
          AND (status IN (1, 2) OR (status = 0 AND readable = 0)) AND (stamp, id) <= (held.stamp, held.event_id))
      ORDER BY stamp DESC, event_id DESC LIMIT 1 OFFSET 1
      """, entity
    ) { row in Place(stamp: row.text(0) ?? "", id: row.text(1) ?? "") }
    guard let last else { return }
    let place: [SQLiteValue] = [.text(last.stamp), .text(last.id)]
    try database.run(
      """
      UPDATE snapshots SET pruned = 1, seq = (
        SELECT max(seq) FROM (
          SELECT seq FROM events WHERE entity_type = ?1 AND entity_id = ?2 AND status = 0 AND (stamp, id) <= (?3, ?4)
          UNION ALL SELECT seq FROM snapshots WHERE entity_type = ?1 AND entity_id = ?2))
      WHERE entity_type = ?1 AND entity_id = ?2 AND stamp = ?3 AND event_id = ?4
      """, entity + place)
    try database.run(
      """
      DELETE FROM snapshots
      WHERE entity_type = ?1 AND entity_id = ?2 AND seq IS NOT NULL AND (stamp, event_id) < (?3, ?4)
      """, entity + place)
    // What the user has yet to be told of stays until he has seen it.
    try database.run(
      """
      DELETE FROM events WHERE entity_type = ?1 AND entity_id = ?2 AND status = 0 AND (stamp, id) <= (?3, ?4)
        AND NOT (own = 1 AND did = 1 AND applied = 0)
      """, entity + place)
  }
}
