import Foundation

/// The log, the states and the snapshots of one user on one device, in one SQLite file.
///
/// Not `Sendable`: an actor owns it.
final class EventStore {
  let database: SQLiteConnection

  /// Opens a file, and brings its tables up to date.
  init(path: String) throws(SyncError) {
    database = try SQLiteConnection(path: path)
    // NORMAL may lose the last commits to a loss of power, never to a crash of the app.
    try database.execute(script: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
    try migrate()
  }

  private func migrate() throws(SyncError) {
    let version = try database.first("PRAGMA user_version") { Int($0.int(0)) } ?? 0
    guard version <= Tables.migrations.count else {
      throw .storage("the file was written by a newer version of this app")
    }
    for (index, script) in Tables.migrations.enumerated().dropFirst(version) {
      try database.transaction { () throws(SyncError) in
        try database.execute(script: script)
        try database.execute(script: "PRAGMA user_version = \(index + 1)")
      }
    }
  }

  // MARK: - The log

  /// Stores an event that is not there yet, and folds it to its place.
  ///
  /// - Returns: whether it was new.
  @discardableResult
  func append<Model: SyncModel>(
    _ event: LoggedEvent, of model: ModelRules<Model>, status: EventStatus, recordedAt: Int64
  ) throws(SyncError) -> Bool {
    guard try !has(event.id) else { return false }
    try insert(event, status: status, recordedAt: recordedAt)
    try fold(event, of: model)
    return true
  }

  /// Whether an event is in the log.
  func has(_ id: UUID) throws(SyncError) -> Bool {
    try database.first("SELECT 1 FROM events WHERE id = ?", [.text(id.wireText)]) { _ in true } ?? false
  }

  /// Stores an event that is not there yet.
  ///
  /// - Parameter own: of one that this device has just folded, what it did and what the clock was off.
  func insert(
    _ event: LoggedEvent, status: EventStatus, recordedAt: Int64, own: (outcome: FoldOutcome, clockOffset: Int64)? = nil
  ) throws(SyncError) {
    let applied: SQLiteValue = own?.outcome.applied == true ? 1 : 0
    try database.run(
      """
      INSERT INTO events (id, entity_type, entity_id, name, payload, stamp, schema_version, user_id, seq, status,
        recorded, own, did, applied, clock_offset) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(event.id.wireText), .text(event.entityType), .text(event.entityID), .text(event.name),
        .text(event.payload.text), .text(event.timestamp.description), .integer(Int64(event.schemaVersion)),
        SQLiteValue(event.userID), SQLiteValue(event.seq), .integer(status.rawValue), .integer(recordedAt),
        own == nil ? 0 : 1, applied, applied, .integer(own?.clockOffset ?? 0),
      ])
  }

  // MARK: - The fold

  /// Brings an entity's state up to date with an event that was just stored.
  func fold<Model: SyncModel>(_ event: LoggedEvent, of model: ModelRules<Model>) throws(SyncError) {
    let key = EntityKey(type: event.entityType, id: event.entityID)
    var head = try self.head(of: key, Model.self)
    guard event.place > head.place else {
      try refold(key, from: event.place, of: model)
      return
    }
    try note(head.fold(event, model), of: event.id)
    try save(head, of: key)
  }

  /// Folds an entity anew from before a place: an event there has come, has left, has moved or has changed.
  func refold<Model: SyncModel>(_ key: EntityKey, from place: Place, of model: ModelRules<Model>) throws(SyncError) {
    // What the server has sent is no cache of this log.
    try database.run(
      "DELETE FROM snapshots WHERE entity_type = ? AND entity_id = ? AND (stamp, event_id) >= (?, ?) AND seq IS NULL",
      [.text(key.type), .text(key.id), .text(place.stamp), .text(place.id)])
    let base = try snapshot(of: key, model)
    var head = base?.head ?? FoldHead()
    for (event, outcome) in try events(of: key, on: base) {
      let now = head.fold(event, model)
      if now != outcome { try note(now, of: event.id) }
      try takeSnapshot(of: head, of: key)
    }
    try save(head, of: key)
  }

  /// The events of an entity that count and are not in a snapshot, in fold order, with what they did last.
  private func events<Model: SyncModel>(
    of key: EntityKey, on base: Base<Model>?
  ) throws(SyncError) -> [(LoggedEvent, FoldOutcome)] {
    let place = base?.head.place ?? .start
    // A snapshot of the server's may stand behind the place of what it has not seen: that is folded on top.
    let unseen = base?.isServers == true ? 1 : 0
    return try database.all(
      """
      SELECT id, entity_type, entity_id, name, payload, stamp, schema_version, user_id, seq, applied, readable
      FROM events WHERE entity_type = ? AND entity_id = ? AND status < 3
        AND ((stamp, id) > (?, ?) OR (status > 0 AND ?)) ORDER BY stamp, id
      """,
      [.text(key.type), .text(key.id), .text(place.stamp), .text(place.id), .integer(Int64(unseen))]
    ) { row in (try LoggedEvent(row: row), FoldOutcome(applied: row.int(9) == 1, readable: row.int(10) == 1)) }
  }

  private func note(_ outcome: FoldOutcome, of id: UUID) throws(SyncError) {
    try database.run(
      "UPDATE events SET applied = ?, readable = ? WHERE id = ?",
      [.integer(outcome.applied ? 1 : 0), .integer(outcome.readable ? 1 : 0), .text(id.wireText)])
  }

  /// Keeps how far an entity is folded.
  func save<Model: SyncModel>(_ head: FoldHead<Model>, of key: EntityKey) throws(SyncError) {
    try takeSnapshot(of: head, of: key)
    try database.run(
      """
      INSERT OR REPLACE INTO states (entity_type, entity_id, state, deleted, stamp, event_id, folded, schema_version)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [.text(key.type), .text(key.id)] + head.columns)
  }

  private func takeSnapshot<Model: SyncModel>(of head: FoldHead<Model>, of key: EntityKey) throws(SyncError) {
    guard let policy = Model.snapshots, head.folded > 0, head.folded % Int64(policy.every) == 0 else { return }
    let entity: [SQLiteValue] = [.text(key.type), .text(key.id)]
    // None goes past an event that this version could not fold.
    guard try !hasUnreadable(of: key) else { return }
    try database.run(
      """
      INSERT OR IGNORE INTO snapshots
        (entity_type, entity_id, state, deleted, stamp, event_id, folded, schema_version)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """, entity + head.columns)
    // Two are enough: one before whatever comes late, and one before that.
    try database.run(
      """
      DELETE FROM snapshots WHERE entity_type = ?1 AND entity_id = ?2 AND seq IS NULL AND stamp < (
        SELECT min(stamp) FROM (SELECT stamp FROM snapshots
          WHERE entity_type = ?1 AND entity_id = ?2 AND seq IS NULL ORDER BY stamp DESC LIMIT 2))
      """, entity)
    try prune(key)
  }

  private func hasUnreadable(of key: EntityKey) throws(SyncError) -> Bool {
    try database.first(
      "SELECT 1 FROM events WHERE entity_type = ? AND entity_id = ? AND readable = 0 AND status < 3 LIMIT 1",
      [.text(key.type), .text(key.id)]
    ) { _ in true } ?? false
  }

  /// How far an entity is folded.
  func head<Model: SyncModel>(of key: EntityKey, _ model: Model.Type) throws(SyncError) -> FoldHead<Model> {
    try database.first(
      """
      SELECT state, deleted, stamp, event_id, folded FROM states WHERE entity_type = ? AND entity_id = ?
      """, [.text(key.type), .text(key.id)]
    ) { row in try FoldHead(row: row) } ?? FoldHead()
  }

  private func snapshot<Model: SyncModel>(
    of key: EntityKey, _ model: ModelRules<Model>
  ) throws(SyncError) -> Base<Model>? {
    try database.first(
      """
      SELECT state, deleted, stamp, event_id, folded, schema_version, seq FROM snapshots
      WHERE entity_type = ? AND entity_id = ? ORDER BY stamp DESC, event_id DESC LIMIT 1
      """, [.text(key.type), .text(key.id)]
    ) { row in
      let isServers = row.optionalInt(6) != nil
      let head = isServers ? FoldHead(row: row, version: Int(row.int(5)), model) : try FoldHead(row: row)
      return Base(head: head, isServers: isServers)
    }
  }

  /// Folds all entities of a model anew where another declaration of it has folded them.
  func update<Model: SyncModel>(to model: ModelRules<Model>) throws(SyncError) {
    let key = "declaration:\(Model.entity)"
    guard try remembered(key) != Model.declaration else { return }
    try database.transaction { () throws(SyncError) in
      try database.run("DELETE FROM snapshots WHERE entity_type = ? AND seq IS NULL", [.text(Model.entity)])
      let ids = try database.all(
        "SELECT entity_id FROM events WHERE entity_type = ?1 UNION SELECT entity_id FROM snapshots WHERE entity_type = ?1",
        [.text(Model.entity)]
      ) { row in row.text(0) ?? "" }
      for id in ids {
        try refold(EntityKey(type: Model.entity, id: id), from: .start, of: model)
      }
      try remember(key, Model.declaration)
    }
  }
}

/// What a fold goes on from.
private struct Base<Model: SyncModel> {
  let head: FoldHead<Model>
  let isServers: Bool
}
