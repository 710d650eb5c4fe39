import Foundation

/// The log, the states and the snapshots of one user on one device, in one SQLite file.
///
/// Not `Sendable`: an actor owns it.
final class EventStore {
  let database: SQLiteConnection
  private let folds = HeldFolds()
  /// Whether a transaction has begun and not ended.
  private(set) var isOpen = false
  /// What ``seesOwnerOnly()`` has read.
  var rights: Bool??
  /// What ``SQLiteConnection/version`` was when ``folds`` were read.
  private var version: Int64 = 0

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
      try transaction { () throws(SyncError) in
        try database.execute(script: script)
        try database.execute(script: "PRAGMA user_version = \(index + 1)")
      }
    }
  }

  /// All of it or nothing. Within ``begin()`` and ``commit()`` it is a part of what these enclose.
  func transaction<Value>(_ body: () throws(SyncError) -> Value) throws(SyncError) -> Value {
    guard !isOpen else { return try body() }
    try begin()
    let value: Value
    do throws(SyncError) {
      value = try body()
    } catch {
      rollback()
      throw error
    }
    try commit()
    return value
  }

  /// Begins a transaction.
  func begin() throws(SyncError) {
    try database.begin()
    isOpen = true
    do throws(SyncError) {
      try forgetWhatOthersChanged()
    } catch {
      rollback()
      throw error
    }
  }

  /// Ends it with all that was written, or throws and nothing was.
  func commit() throws(SyncError) {
    do throws(SyncError) {
      try folds.save(to: self)
      isOpen = false
      try database.commit()
    } catch {
      if isOpen { database.rollback() }
      isOpen = false
      forget()
      throw error
    }
  }

  /// Ends it with nothing of what was written.
  func rollback() {
    isOpen = false
    database.rollback()
    forget()
  }

  private func forget() {
    folds.forget()
    rights = nil
  }

  private func forgetWhatOthersChanged() throws(SyncError) {
    let version = try database.version
    guard version != self.version else { return }
    forget()
    self.version = version
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
    let key = EntityKey(type: event.entityType, id: event.entityID)
    let fold = try fold(of: key, Model.self)
    if event.place > fold.head.place {
      let outcome = fold.head.fold(event, model, isWhole: try seesAll(of: Model.self, own: false))
      try insert(event, status: status, recordedAt: recordedAt, outcome)
      folds.markUnsaved(key, fold)
      try takeSnapshot(of: fold.head, of: key)
    } else {
      try insert(event, status: status, recordedAt: recordedAt, FoldOutcome(applied: false, readable: true))
      try refold(key, from: event.place, of: model)
    }
    return true
  }

  /// Whether an event is in the log.
  func has(_ id: UUID) throws(SyncError) -> Bool {
    try database.first("SELECT 1 FROM events WHERE id = ?", [.text(id.wireText)]) { _ in true } ?? false
  }

  /// Stores an event that is not there yet.
  ///
  /// - Parameters:
  ///   - outcome: what it came to.
  ///   - clockOffset: of one that this device has recorded, what its clock was off.
  func insert(
    _ event: LoggedEvent, status: EventStatus, recordedAt: Int64, _ outcome: FoldOutcome, clockOffset: Int64? = nil
  ) throws(SyncError) {
    let applied: SQLiteValue = outcome.applied ? 1 : 0
    try database.run(
      """
      INSERT INTO events (id, entity_type, entity_id, name, payload, stamp, schema_version, user_id, seq, status,
        recorded, own, did, applied, readable, clock_offset) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(event.id.wireText), .text(event.entityType), .text(event.entityID), .text(event.name),
        .text(event.payload.text), .text(event.timestamp.description), .integer(Int64(event.schemaVersion)),
        SQLiteValue(event.userID), SQLiteValue(event.seq), .integer(status.rawValue), .integer(recordedAt),
        clockOffset == nil ? 0 : 1, clockOffset == nil ? 0 : applied, applied, outcome.readable ? 1 : 0,
        .integer(clockOffset ?? 0),
      ])
  }

  // MARK: - The fold

  /// Folds an entity anew from before a place: an event there has come, has left, has moved or has changed.
  func refold<Model: SyncModel>(_ key: EntityKey, from place: Place, of model: ModelRules<Model>) throws(SyncError) {
    // What the server has sent is no cache of this log.
    try database.run(
      "DELETE FROM snapshots WHERE entity_type = ? AND entity_id = ? AND (stamp, event_id) >= (?, ?) AND seq IS NULL",
      [.text(key.type), .text(key.id), .text(place.stamp), .text(place.id)])
    let base = try snapshot(of: key, model)
    var head = base?.head ?? FoldHead()
    for (event, own, outcome) in try events(of: key, on: base) {
      let now = head.fold(event, model, isWhole: try seesAll(of: Model.self, own: own))
      if now != outcome { try note(now, of: event.id) }
      try takeSnapshot(of: head, of: key)
    }
    try write(folds.hold(head, of: key).head, of: key)
  }

  /// The events of an entity that count and are not in a snapshot, in fold order: whether this device has recorded them, and
  /// what they did last.
  private func events<Model: SyncModel>(
    of key: EntityKey, on base: Base<Model>?
  ) throws(SyncError) -> [(LoggedEvent, own: Bool, FoldOutcome)] {
    let place = base?.head.place ?? .start
    // A snapshot of the server's may stand behind the place of what it has not seen: that is folded on top.
    let unseen = base?.isServers == true ? 1 : 0
    return try database.all(
      """
      SELECT id, entity_type, entity_id, name, payload, stamp, schema_version, user_id, seq, own, applied, readable
      FROM events WHERE entity_type = ? AND entity_id = ? AND status < 3
        AND ((stamp, id) > (?, ?) OR (status > 0 AND ?)) ORDER BY stamp, id
      """,
      [.text(key.type), .text(key.id), .text(place.stamp), .text(place.id), .integer(Int64(unseen))]
    ) { row in
      let outcome = FoldOutcome(applied: row.int(10) == 1, readable: row.int(11) == 1)
      return (try LoggedEvent(row: row), own: row.int(9) == 1, outcome)
    }
  }

  private func note(_ outcome: FoldOutcome, of id: UUID) throws(SyncError) {
    try database.run(
      "UPDATE events SET applied = ?, readable = ? WHERE id = ?",
      [.integer(outcome.applied ? 1 : 0), .integer(outcome.readable ? 1 : 0), .text(id.wireText)])
  }

  /// Keeps how far an entity is folded, and what is due with it.
  func save<Model: SyncModel>(_ head: FoldHead<Model>, of key: EntityKey) throws(SyncError) {
    try takeSnapshot(of: head, of: key)
    try write(head, of: key)
  }

  /// Writes how far an entity is folded.
  func write<Model: SyncModel>(_ head: FoldHead<Model>, of key: EntityKey) throws(SyncError) {
    folds.markSaved(key)
    try database.run(
      """
      INSERT OR REPLACE INTO states (entity_type, entity_id, state, deleted, stamp, event_id, folded, schema_version)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [.text(key.type), .text(key.id)] + head.columns)
  }

  private func takeSnapshot<Model: SyncModel>(of head: FoldHead<Model>, of key: EntityKey) throws(SyncError) {
    guard let policy = Model.snapshots, head.folded > 0, head.folded % Int64(policy.every) == 0 else { return }
    // None stands for what may not be shown, as long as that is not known.
    if !Model.ownerOnly.isEmpty, try seesOwnerOnly() == nil { return }
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

  /// The state of a live entity.
  func state<Model: SyncModel>(of key: EntityKey, _ model: Model.Type) throws(SyncError) -> Model? {
    try forgetWhatOthersChanged()
    return try fold(of: key, model).head.value.state
  }

  /// How far an entity is folded, to go on from it in a transaction.
  func fold<Model: SyncModel>(of key: EntityKey, _ model: Model.Type) throws(SyncError) -> HeldFold<Model> {
    if let held = folds.find(key, model) { return held }
    let head = try database.first(
      "SELECT state, deleted, stamp, event_id, folded FROM states WHERE entity_type = ? AND entity_id = ?",
      [.text(key.type), .text(key.id)]
    ) { row in try FoldHead<Model>(row: row) }
    return folds.hold(head ?? FoldHead(), of: key)
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
    try transaction { () throws(SyncError) in
      _ = try refoldAll(of: model)
      try remember(key, Model.declaration)
    }
  }

  /// Folds all entities of a model anew, from what no fold of this device has made.
  func refoldAll<Model: SyncModel>(of model: ModelRules<Model>) throws(SyncError) -> Set<EntityKey> {
    try database.run("DELETE FROM snapshots WHERE entity_type = ? AND seq IS NULL", [.text(Model.entity)])
    let keys = try database.all(
      "SELECT entity_id FROM events WHERE entity_type = ?1 UNION SELECT entity_id FROM snapshots WHERE entity_type = ?1",
      [.text(Model.entity)]
    ) { row in EntityKey(type: Model.entity, id: row.text(0) ?? "") }
    for key in keys {
      try refold(key, from: .start, of: model)
    }
    return Set(keys)
  }
}

/// What a fold goes on from.
private struct Base<Model: SyncModel> {
  let head: FoldHead<Model>
  let isServers: Bool
}
