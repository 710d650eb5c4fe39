import Foundation

/// What this device has recorded and the server has not.
extension EventStore {
  /// The next events to send, in order.
  func sendable(limit: Int) throws(SyncError) -> [LoggedEvent] {
    try database.all(
      "SELECT \(LoggedEvent.columns) FROM events WHERE status = 2 ORDER BY stamp, id LIMIT ?",
      [.integer(Int64(limit))], LoggedEvent.init(row:))
  }

  /// Notes that events leave the device: their content is fixed from here on.
  func markSent(_ ids: [UUID]) throws(SyncError) {
    for id in ids {
      try database.run("UPDATE events SET sent = 1 WHERE id = ?", [.text(id.wireText)])
    }
  }

  /// An event by its id, with its status.
  func event(_ id: UUID) throws(SyncError) -> (event: LoggedEvent, status: EventStatus)? {
    try database.first(
      "SELECT \(LoggedEvent.columns), status FROM events WHERE id = ?", [.text(id.wireText)]
    ) { row in (try LoggedEvent(row: row), EventStatus(rawValue: row.int(9)) ?? .pending) }
  }

  /// Gives an event another status.
  func mark(_ id: UUID, _ status: EventStatus, code: String? = nil, reason: String? = nil) throws(SyncError) {
    try database.run(
      "UPDATE events SET status = ?, code = ?, reason = ? WHERE id = ?",
      [.integer(status.rawValue), SQLiteValue(code), SQLiteValue(reason), .text(id.wireText)])
  }

  /// Notes that the server has an event, at a position of its log that is at most this.
  func markAccepted(_ id: UUID, head: Int64) throws(SyncError) {
    try database.run(
      "UPDATE events SET status = 1, head = ?, code = NULL, reason = NULL WHERE id = ?",
      [.integer(head), .text(id.wireText)])
  }

  /// Replaces this device's copy of an event by the server's.
  func settle(_ event: LoggedEvent) throws(SyncError) {
    try database.run(
      """
      UPDATE events SET status = 0, code = NULL, reason = NULL, seq = ?, stamp = ?, payload = ?, schema_version = ?,
        user_id = ? WHERE id = ?
      """,
      [
        SQLiteValue(event.seq), .text(event.timestamp.description), .text(event.payload.text),
        .integer(Int64(event.schemaVersion)), SQLiteValue(event.userID), .text(event.id.wireText),
      ])
  }

  /// Gives an event that the server has not another stamp.
  func restamp(_ id: UUID, _ stamp: Stamp, clockOffset: Int64) throws(SyncError) {
    try database.run(
      "UPDATE events SET stamp = ?, sent = 0, clock_offset = ? WHERE id = ?",
      [.text(stamp.description), .integer(clockOffset), .text(id.wireText)])
  }

  /// Notes that the user knows of an event of his that does nothing any more.
  func dismiss(_ id: UUID) throws(SyncError) {
    try database.run("UPDATE events SET did = 0 WHERE id = ?", [.text(id.wireText)])
  }

  /// Takes an event out of the log.
  func remove(_ id: UUID) throws(SyncError) {
    try database.run("DELETE FROM events WHERE id = ?", [.text(id.wireText)])
  }

  /// What waits, was refused or is blocked of an entity, in order.
  func unsynced(of key: EntityKey) throws(SyncError) -> [(event: LoggedEvent, status: EventStatus, code: String)] {
    try database.all(
      """
      SELECT \(LoggedEvent.columns), status, code FROM events
      WHERE entity_type = ? AND entity_id = ? AND status > 1 ORDER BY stamp, id
      """, [.text(key.type), .text(key.id)]
    ) { row in (try LoggedEvent(row: row), EventStatus(rawValue: row.int(9)) ?? .pending, row.text(10) ?? "") }
  }

  /// What never left the device, in order, with the clock's offset when it was stamped.
  func neverSent() throws(SyncError) -> [(event: LoggedEvent, clockOffset: Int64)] {
    try database.all(
      "SELECT \(LoggedEvent.columns), clock_offset FROM events WHERE status > 1 AND sent = 0 ORDER BY stamp, id"
    ) { row in (try LoggedEvent(row: row), row.int(9)) }
  }

  /// The newest stamp that the server has of an entity.
  func newestSynced(of key: EntityKey) throws(SyncError) -> Stamp? {
    try database.first(
      """
      SELECT max(stamp) FROM (
        SELECT stamp FROM events WHERE entity_type = ?1 AND entity_id = ?2 AND status < 2
        UNION ALL SELECT stamp FROM snapshots WHERE entity_type = ?1 AND entity_id = ?2 AND seq IS NOT NULL)
      """, [.text(key.type), .text(key.id)]
    ) { row in row.text(0).flatMap { Stamp($0) } } ?? nil
  }

  /// What the server has refused, oldest first.
  func rejections() throws(SyncError) -> [Rejection] {
    try database.all(
      "SELECT \(LoggedEvent.columns), code, reason FROM events WHERE status = 3 ORDER BY stamp, id"
    ) { row in
      Rejection(event: try LoggedEvent(row: row), code: row.text(9) ?? "", reason: row.text(10) ?? "")
    }
  }

  /// This device's own events that did something when they were recorded, and do no more.
  func overtaken() throws(SyncError) -> [LoggedEvent] {
    try database.all(
      """
      SELECT \(LoggedEvent.columns) FROM events
      WHERE own = 1 AND did = 1 AND applied = 0 AND readable = 1 AND status < 3 ORDER BY stamp, id
      """, [], LoggedEvent.init(row:))
  }

  /// Whether something is kept that this version cannot read.
  func hasUnreadable() throws(SyncError) -> Bool {
    try database.first("SELECT EXISTS (SELECT 1 FROM events WHERE readable = 0 AND status < 3)") { $0.int(0) == 1 }
      ?? false
  }

  /// How many events wait for the server, and since when the oldest does, in Unix milliseconds.
  func pending() throws(SyncError) -> (count: Int, oldest: Int64?) {
    try database.first("SELECT count(*), min(recorded) FROM events WHERE status = 2") { row in
      (Int(row.int(0)), row.optionalInt(1))
    } ?? (0, nil)
  }

  // MARK: - What the store remembers of itself

  /// A value that was remembered.
  func remembered(_ key: String) throws(SyncError) -> String? {
    try database.first("SELECT value FROM meta WHERE key = ?", [.text(key)]) { $0.text(0) ?? "" }
  }

  /// Remembers a value, or forgets it.
  func remember(_ key: String, _ value: String?) throws(SyncError) {
    if let value {
      try database.run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", [.text(key), .text(value)])
    } else {
      try database.run("DELETE FROM meta WHERE key = ?", [.text(key)])
    }
  }

  /// Remembers that the server has to be asked for an entity's snapshot.
  func markStale(_ key: EntityKey) throws(SyncError) {
    try database.run("INSERT OR IGNORE INTO stale VALUES (?, ?)", [.text(key.type), .text(key.id)])
  }

  /// The entities whose snapshot the server has to be asked for.
  func stale() throws(SyncError) -> [EntityKey] {
    try database.all("SELECT entity_type, entity_id FROM stale") { row in
      EntityKey(type: row.text(0) ?? "", id: row.text(1) ?? "")
    }
  }

  /// The newest stamp in the store of what the server has or lies before a time, in Unix milliseconds.
  func newestStamp(upTo time: Int64) throws(SyncError) -> Stamp? {
    let end = Stamp(milliseconds: time + 1, counter: 0, node: 0).description
    let sql = """
      SELECT max(stamp) FROM (
        SELECT stamp FROM events WHERE status < 2 OR stamp < ? UNION ALL SELECT stamp FROM snapshots WHERE seq IS NOT NULL)
      """
    return try database.first(sql, [.text(end)]) { row in row.text(0).flatMap { Stamp($0) } } ?? nil
  }

  /// The newest stamp in the store.
  func newestStamp() throws(SyncError) -> Stamp? {
    let sql = "SELECT max(stamp) FROM (SELECT stamp FROM events UNION ALL SELECT stamp FROM snapshots)"
    return try database.first(sql) { row in row.text(0).flatMap { Stamp($0) } } ?? nil
  }
}

/// An event that the server has refused: it is out of the state and waits for the user.
public struct Rejection: Sendable, Hashable, Identifiable {
  /// The event.
  public let event: LoggedEvent
  /// For programs: `invalid_transition`.
  public let code: String
  /// For people.
  public let reason: String
  /// Of a change of a row: the fields that another change has got ahead of. ``SyncClient/retry(_:)`` sends this device's
  /// over it, ``SyncClient/discard(_:)`` leaves the server's.
  public var conflicts: [FieldConflict] = []

  /// The event's id.
  public var id: UUID { event.id }
}
