import Foundation

/// Models whose state is a row: the server's word, under what this device has changed and the server has not confirmed.
struct RowMode<Model: SyncModel>: ModelMode {
  let rules: ModelRules<Model>
  /// Never `nil`.
  let table: RowTable?
  private let rows: RowTable

  init(rules: ModelRules<Model>, rows: RowTable) {
    self.rules = rules
    self.rows = rows
    table = rows
  }

  var waitsForServer: Bool { !rows.isLocalFirst }

  // MARK: - The tables

  func update(_ store: EventStore) throws(SyncError) {
    let key = "declaration:\(entity)"
    let known = try store.remembered(key)
    guard known != Model.declaration else { return }
    try store.transaction { () throws(SyncError) in
      try addColumns(store)
      for definition in rows.definitions {
        try store.database.execute(script: definition)
      }
      try store.remember(key, Model.declaration)
      guard known != nil else { return }
      // What this version can read and the last one could not is asked for.
      try store.remember("type:\(entity)", nil)
      try store.database.run("UPDATE \(rows.synced) SET _seq = 0")
      try store.database.run("DELETE FROM events WHERE entity_type = ? AND status = 0", [.text(entity)])
    }
  }

  /// What a table of an older version lacks.
  private func addColumns(_ store: EventStore) throws(SyncError) {
    let there = try store.database.all("PRAGMA table_info(\(rows.synced))") { $0.text(1) ?? "" }
    guard !there.isEmpty else { return }
    for column in rows.stored where !there.contains(where: { Text.same($0, column.key) }) {
      // The views stand on the table, and are made anew afterwards.
      try store.database.execute(script: "ALTER TABLE \(rows.synced) ADD COLUMN \(column.name) \(column.type)")
      guard let fill = column.fill else { continue }
      try store.database.execute(script: "UPDATE \(rows.synced) SET \(column.name) = \(fill)")
    }
  }

  // MARK: - Reading and writing

  func state(of id: String, in store: EventStore) throws(SyncError) -> Model? {
    try store.database.first(rows.selectOne, [rows.idValue(id)]) { row in try model(row.text(0)) }
  }

  func states(in store: EventStore) throws(SyncError) -> [(id: String, model: Model)] {
    try store.database.all(rows.selectAll) { row in (row.text(0) ?? "", try model(row.text(1))) }
  }

  private func model(_ text: String?) throws -> Model {
    try Model(wire: rows.readable(text ?? ""), at: .root)
  }

  func record(
    _ event: Model.Event, on id: String, by writer: inout Writer, in store: EventStore
  ) throws(SyncError) -> Recorded<Model> {
    let isThere = try state(of: id, in: store) != nil
    guard isThere != event.isCreate else {
      throw event.isCreate
        ? .refused(code: "entity_exists", reason: "This \(entity) is there already.")
        : .refused(code: "entity_not_found", reason: "There is no such \(entity) on this device.")
    }
    let (statement, payload) = (statement(for: event), SQLiteValue.text(event.payload.text))
    return try store.transaction { () throws(SyncError) in
      let last = try store.database.first("SELECT max(id) FROM _changes") { $0.int(0) } ?? 0
      let values = [rows.idValue(id)] + (event.isDelete ? [] : [payload])
      try store.database.run(statement, values)
      // The view's triggers have written what is new of it.
      let write = try store.database.first("SELECT write_id FROM _changes WHERE id > ?", [.integer(last)]) { row in
        row.text(0).flatMap { UUID(uuidString: $0) }
      }
      return Recorded(state: try state(of: id, in: store), id: write ?? nil)
    }
  }

  private func statement(for event: Model.Event) -> String {
    if event.isCreate { return rows.insert }
    return event.isDelete ? rows.delete : rows.update
  }

  // MARK: - What the server says

  func take(_ event: LoggedEvent, in store: EventStore) throws(SyncError) {
    let seq = event.seq ?? 0
    // What comes back under its id is accepted, whatever the list says; its overlay goes when the cursor gets here.
    try store.database.run(
      """
      UPDATE _changes SET status = 'sent', answered_seq = ?, last_error = NULL, conflict = NULL
      WHERE write_id = ? AND status <> 'confirmed'
      """, [.integer(seq), .text(event.id.wireText)])
    let held = try synced(event.entityID, in: store)
    guard held?.seq ?? 0 < seq else { return }
    guard let known = try? rules.read(event) else {
      // Of a newer version: an update asks for the row.
      guard try !store.has(event.id) else { return }
      let outcome = FoldOutcome(applied: false, readable: false)
      try store.insert(event, status: .synced, recordedAt: event.timestamp.milliseconds, outcome)
      return
    }
    var folded = held.map { Folded.live($0.model) } ?? .absent
    guard folded.fold(known, event.meta, rules.functions) else { return }
    guard var state = folded.state else {
      try store.database.run(rows.forget, [rows.idValue(event.entityID)])
      return
    }
    var stamps = held?.stamps ?? JSONObject()
    let written =
      known.isCreate ? rows.columns.filter(\.isWritable).map(\.key) : known.payload.object?.entries.map(\.key) ?? []
    for field in written {
      stamps[field] = .string(event.timestamp.description)
    }
    if let newest = stamps.entries.compactMap({ $0.value.string.flatMap { Stamp($0) } }).max() {
      state.touch(Date(milliseconds: newest.milliseconds))
    }
    try keep(state, stamps, upTo: seq, of: event.entityID, in: store)
  }

  func restore(_ snapshot: ServerSnapshot, in store: EventStore) throws(SyncError) {
    let key = snapshot.key
    try store.database.run(
      "DELETE FROM stale WHERE entity_type = ? AND entity_id = ?", [.text(key.type), .text(key.id)])
    if let held = try synced(key.id, in: store), held.seq > snapshot.seq { return }
    guard snapshot.state != .null, let state = try? rules.readState(snapshot.state, version: snapshot.schemaVersion)
    else {
      try store.database.run(rows.forget, [rows.idValue(key.id)])
      return
    }
    try keep(state, snapshot.stamps, upTo: snapshot.seq, of: key.id, in: store)
  }

  func keepOnly(_ there: RestoredIDs, in store: EventStore) throws(SyncError) -> Set<EntityKey> {
    let held = try store.database.all(
      "SELECT \(rows.id) FROM \(rows.synced) WHERE _seq <= ?", [.integer(there.seq)]
    ) { $0.text(0) ?? "" }
    var changed: Set<EntityKey> = []
    for id in held where !there.ids.contains(id) {
      try store.database.run(rows.forget, [rows.idValue(id)])
      changed.insert(EntityKey(type: entity, id: id))
    }
    return changed
  }

  private func synced(_ id: String, in store: EventStore) throws(SyncError) -> (
    model: Model, stamps: JSONObject, seq: Int64
  )? {
    try store.database.first(rows.selectSynced, [rows.idValue(id)]) { row in
      (try model(row.text(0)), try JSONValue(parsing: row.text(1) ?? "{}").object ?? JSONObject(), row.int(2))
    }
  }

  /// Keeps what the server has said, and asks about what this device was about to say otherwise.
  private func keep(
    _ state: Model, _ stamps: JSONObject, upTo seq: Int64, of id: String, in store: EventStore
  ) throws(SyncError) {
    let wire = state.wire
    try store.database.run(
      rows.store, [rows.idValue(id), .text(wire.text), .text(JSONValue.object(stamps).text), .integer(seq)])
    guard !rows.lastWriteWins else { return }
    try RowOutbox(store: store).contest(EntityKey(type: entity, id: id), wire.object ?? JSONObject(), stamps)
  }

  // Rows are not folded, and none of their events is in the log of this device.
  func refold(_ id: String, in store: EventStore) throws(SyncError) {}
  func refoldAll(in store: EventStore) throws(SyncError) -> Set<EntityKey> { [] }
  var ownerOnly: [String] { [] }
  func isCreate(_ event: LoggedEvent) -> Bool { false }
}
