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
    guard try insert(event, status: status, recordedAt: recordedAt) else { return false }
    try fold(event, of: model)
    return true
  }

  func insert(_ event: LoggedEvent, status: EventStatus, recordedAt: Int64) throws(SyncError) -> Bool {
    let id = SQLiteValue(event.id.wireText)
    let known = try database.first("SELECT 1 FROM events WHERE id = ?", [id]) { _ in true }
    guard known == nil else { return false }
    try database.run(
      """
      INSERT INTO events (id, entity_type, entity_id, name, payload, stamp, schema_version, user_id, seq, status, recorded)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        id, .text(event.entityType), .text(event.entityID), .text(event.name), .text(event.payload.text),
        .text(event.timestamp.description), .integer(Int64(event.schemaVersion)), SQLiteValue(event.userID),
        SQLiteValue(event.seq), .integer(status.rawValue), .integer(recordedAt),
      ])
    return true
  }

  /// The events of an entity that count, after a place, in fold order.
  func events(of key: EntityKey, after place: Place) throws(SyncError) -> [LoggedEvent] {
    try database.all(
      """
      SELECT id, entity_type, entity_id, name, payload, stamp, schema_version, user_id, seq FROM events
      WHERE entity_type = ? AND entity_id = ? AND (stamp, id) > (?, ?) AND status < 2 ORDER BY stamp, id
      """,
      [.text(key.type), .text(key.id), .text(place.stamp), .text(place.id)], LoggedEvent.init(row:))
  }

  // MARK: - The fold

  /// Brings an entity's state up to date with an event that was just stored.
  func fold<Model: SyncModel>(_ event: LoggedEvent, of model: ModelRules<Model>) throws(SyncError) {
    let key = EntityKey(type: event.entityType, id: event.entityID)
    var head = try self.head(of: key, Model.self)
    if event.place > head.place {
      head.fold(event, model)
    } else {
      try dropSnapshots(of: key, from: event.place)
      head = try refolded(key, model)
    }
    try save(head, of: key)
  }

  /// Folds an entity anew from before a place: an event there has left, has moved or has changed.
  func refold<Model: SyncModel>(_ key: EntityKey, from place: Place, of model: ModelRules<Model>) throws(SyncError) {
    try dropSnapshots(of: key, from: place)
    try save(refolded(key, model), of: key)
  }

  private func dropSnapshots(of key: EntityKey, from place: Place) throws(SyncError) {
    try database.run(
      "DELETE FROM snapshots WHERE entity_type = ? AND entity_id = ? AND (stamp, event_id) >= (?, ?)",
      [.text(key.type), .text(key.id), .text(place.stamp), .text(place.id)])
  }

  /// The fold of an entity from the newest snapshot that is left.
  private func refolded<Model: SyncModel>(
    _ key: EntityKey, _ model: ModelRules<Model>
  ) throws(SyncError) -> FoldHead<Model> {
    var head = try snapshot(of: key, Model.self) ?? FoldHead()
    for event in try events(of: key, after: head.place) {
      head.fold(event, model)
      try takeSnapshot(of: &head, of: key)
    }
    return head
  }

  private func save<Model: SyncModel>(_ head: FoldHead<Model>, of key: EntityKey) throws(SyncError) {
    var head = head
    try takeSnapshot(of: &head, of: key)
    try database.run(
      """
      INSERT INTO states (entity_type, entity_id, state, deleted, stamp, event_id, folded, schema_version)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (entity_type, entity_id) DO UPDATE SET state = excluded.state, deleted = excluded.deleted,
        stamp = excluded.stamp, event_id = excluded.event_id, folded = excluded.folded,
        schema_version = excluded.schema_version
      """,
      [.text(key.type), .text(key.id)] + head.columns)
  }

  private func takeSnapshot<Model: SyncModel>(of head: inout FoldHead<Model>, of key: EntityKey) throws(SyncError) {
    guard let policy = Model.snapshots, head.folded > 0, head.folded % Int64(policy.every) == 0 else { return }
    try database.run(
      """
      INSERT OR REPLACE INTO snapshots (entity_type, entity_id, state, deleted, stamp, event_id, folded, schema_version)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [.text(key.type), .text(key.id)] + head.columns)
  }

  /// How far an entity is folded.
  func head<Model: SyncModel>(of key: EntityKey, _ model: Model.Type) throws(SyncError) -> FoldHead<Model> {
    try head("SELECT state, deleted, stamp, event_id, folded, schema_version FROM states", of: key) ?? FoldHead()
  }

  private func snapshot<Model: SyncModel>(of key: EntityKey, _ model: Model.Type) throws(SyncError) -> FoldHead<Model>?
  {
    try head(
      "SELECT state, deleted, stamp, event_id, folded, schema_version FROM snapshots", of: key,
      "ORDER BY stamp DESC, event_id DESC LIMIT 1")
  }

  private func head<Model: SyncModel>(
    _ select: String, of key: EntityKey, _ order: String = ""
  ) throws(SyncError) -> FoldHead<Model>? {
    try database.first(
      // Only states of this version are read: what an older one folded is folded anew.
      "\(select) WHERE entity_type = ? AND entity_id = ? AND schema_version = ? \(order)",
      [.text(key.type), .text(key.id), .integer(Int64(Model.version))]
    ) { row in
      try FoldHead(row: row)
    }
  }
}

/// Where an event stands between this device and the server.
enum EventStatus: Int64 {
  case synced = 0
  case pending = 1
  case rejected = 2
  case blocked = 3
}

/// Names an entity.
struct EntityKey: Hashable {
  let type: String
  let id: String
}

/// An entity folded up to a place.
struct FoldHead<Model: SyncModel> {
  var folded: Int64 = 0
  var place = Place.start
  var value = Folded<Model>.absent

  /// Of an entity without events.
  init() {}

  /// From the columns that ``columns`` writes.
  init(row: SQLiteRow) throws {
    folded = row.int(4)
    place = Place(stamp: row.text(2) ?? "", id: row.text(3) ?? "")
    if let text = row.text(0) {
      value = .live(try Model(wire: JSONValue(parsing: text), at: .root))
    } else {
      value = row.int(1) == 1 ? .deleted : .absent
    }
  }

  /// State, deleted, stamp, event, folded, version.
  var columns: [SQLiteValue] {
    [
      SQLiteValue(value.state?.wire.text), .integer(value == .deleted ? 1 : 0), .text(place.stamp), .text(place.id),
      .integer(folded), .integer(Int64(Model.version)),
    ]
  }

  /// Folds an event that lies behind the head. One of a type that this version does not know, or that it cannot read,
  /// stays in the log and does nothing until an update can.
  mutating func fold(_ event: LoggedEvent, _ model: ModelRules<Model>) {
    place = event.place
    folded += 1
    guard let known = try? model.read(event) else { return }
    value.fold(known, event.meta, model.functions)
  }
}

extension LoggedEvent {
  /// From the columns of a row of events.
  init(row: SQLiteRow) throws {
    guard let id = row.text(0).flatMap({ UUID(uuidString: $0) }), let stamp = row.text(5).flatMap({ Stamp($0) }) else {
      throw SyncError.storage("an event of the log cannot be read")
    }
    self.init(
      id: id, entityType: row.text(1) ?? "", entityID: row.text(2) ?? "", name: row.text(3) ?? "",
      payload: try JSONValue(parsing: row.text(4) ?? ""), timestamp: stamp, schemaVersion: Int(row.int(6)),
      userID: row.text(7), seq: row.optionalInt(8))
  }
}
