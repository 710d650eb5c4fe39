import Foundation

/// What this device has recorded and the server has not.
extension EventStore {
  /// The next events to send, in order.
  func sendable(limit: Int) throws(SyncError) -> [LoggedEvent] {
    try database.all(
      """
      SELECT id, entity_type, entity_id, name, payload, stamp, schema_version, user_id, seq FROM events
      WHERE status = 1 ORDER BY stamp, id LIMIT ?
      """,
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
      """
      SELECT id, entity_type, entity_id, name, payload, stamp, schema_version, user_id, seq, status FROM events
      WHERE id = ?
      """,
      [.text(id.wireText)]
    ) { row in (try LoggedEvent(row: row), EventStatus(rawValue: row.int(9)) ?? .pending) }
  }

  /// Gives an event another status.
  func mark(_ id: UUID, _ status: EventStatus, code: String? = nil, reason: String? = nil) throws(SyncError) {
    try database.run(
      "UPDATE events SET status = ?, code = ?, reason = ? WHERE id = ?",
      [.integer(status.rawValue), SQLiteValue(code), SQLiteValue(reason), .text(id.wireText)])
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
  func restamp(_ id: UUID, _ stamp: Stamp) throws(SyncError) {
    try database.run(
      "UPDATE events SET stamp = ?, sent = 0 WHERE id = ?", [.text(stamp.description), .text(id.wireText)])
  }

  /// Takes an event that the server has not out of the log.
  func remove(_ id: UUID) throws(SyncError) {
    try database.run("DELETE FROM events WHERE id = ? AND status <> 0", [.text(id.wireText)])
  }

  /// The unsynced events of an entity, in order.
  func unsynced(of key: EntityKey) throws(SyncError) -> [LoggedEvent] {
    try database.all(
      """
      SELECT id, entity_type, entity_id, name, payload, stamp, schema_version, user_id, seq FROM events
      WHERE entity_type = ? AND entity_id = ? AND status <> 0 ORDER BY stamp, id
      """,
      [.text(key.type), .text(key.id)], LoggedEvent.init(row:))
  }

  /// What the server has refused, oldest first.
  func rejections() throws(SyncError) -> [Rejection] {
    try database.all(
      """
      SELECT id, entity_type, entity_id, name, payload, stamp, schema_version, user_id, seq, code, reason FROM events
      WHERE status = 2 ORDER BY stamp, id
      """
    ) { row in
      Rejection(event: try LoggedEvent(row: row), code: row.text(9) ?? "", reason: row.text(10) ?? "")
    }
  }

  /// How many events wait for the server, and since when the oldest does, in Unix milliseconds.
  func pending() throws(SyncError) -> (count: Int, oldest: Int64?) {
    try database.first("SELECT count(*), min(recorded) FROM events WHERE status = 1") { row in
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

  /// The newest stamp in the log.
  func newestStamp() throws(SyncError) -> Stamp? {
    let events = try database.first("SELECT max(stamp) FROM events") { $0.text(0) } ?? nil
    let states = try database.first("SELECT max(stamp) FROM states") { $0.text(0) } ?? nil
    return [events, states].compactMap { $0.flatMap { Stamp($0) } }.max()
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

  /// The event's id.
  public var id: UUID { event.id }
}
