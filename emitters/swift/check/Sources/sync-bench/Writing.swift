import CSQLite
import Foundation
import SyncFixturesModels

/// How many tasks write at once.
private let writers = 16
/// How many orders they write to.
private let orders = 100

/// Saves changes one after another, by many tasks at once, and as rows of bare SQLite: each a transaction of its own there.
func measureWrites(in folder: String, _ count: Int) async throws -> JSONValue {
  let path = { (name: String) in "\(folder)/\(name).sqlite" }
  let alone = try await one(path("alone"), count)
  let together = try await many(path("together"), count)
  let bare = try bareRows(path("alone"), count)
  return .object(["count": .int(Int64(count)), "alone_ms": alone, "together_ms": together, "bare_ms": bare])
}

private func ready(_ path: String) async throws -> (SyncFixturesClient, [UUID]) {
  let client = try makeClient(path, NoNetwork())
  let ids = (0..<orders).map { _ in UUID() }
  for id in ids {
    try await client.orders.create(OrderEvent.Created(tableNumber: 7, note: "no onions"), id: id)
    for _ in 0..<3 {
      let item = OrderItem.Draft(name: "Burger with cheese", quantity: 2, priceCents: 1250)
      try await client.orders.addItem(item, to: id)
    }
  }
  return (client, ids)
}

private func one(_ path: String, _ count: Int) async throws -> JSONValue {
  let (client, ids) = try await ready(path)
  let start = ContinuousClock.now
  for at in 0..<count {
    try await client.orders.addTip(1, to: ids[at % ids.count])
  }
  let taken = milliseconds(ContinuousClock.now - start)
  try await check(client, count)
  return taken
}

private func many(_ path: String, _ count: Int) async throws -> JSONValue {
  let (client, ids) = try await ready(path)
  let start = ContinuousClock.now
  try await withThrowingTaskGroup(of: Void.self) { group in
    for writer in 0..<writers {
      group.addTask {
        for at in stride(from: writer, to: count, by: writers) {
          try await client.orders.addTip(1, to: ids[at % ids.count])
        }
      }
    }
    try await group.waitForAll()
  }
  let taken = milliseconds(ContinuousClock.now - start)
  try await check(client, count)
  return taken
}

private func check(_ client: SyncFixturesClient, _ count: Int) async throws {
  let tips = try await client.orders.all().reduce(0) { $0 + $1.tipCents }
  guard tips == Int64(count) else { throw Unexpected(what: "\(tips) tips") }
}

/// The same rows into the same tables by SQLite's own interface: an event and its state, prepared once, a transaction each.
private func bareRows(_ path: String, _ count: Int) throws -> JSONValue {
  var database: OpaquePointer?
  try must(sqlite3_open(path, &database))
  defer { sqlite3_close_v2(database) }
  try must(sqlite3_exec(database, "PRAGMA synchronous = NORMAL", nil, nil, nil))
  func prepared(_ sql: String) throws -> OpaquePointer? {
    var statement: OpaquePointer?
    try must(sqlite3_prepare_v3(database, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil))
    return statement
  }
  let statements = [
    try prepared("BEGIN IMMEDIATE"),
    try prepared(
      """
      INSERT INTO events (id, entity_type, entity_id, name, payload, stamp, schema_version, user_id, seq, status,
        recorded, own, did, applied, clock_offset)
      VALUES (?1, 'order', ?3, 'tip_added', '{"by":1}', ?2, 1, NULL, NULL, 2, 1763712000000, 1, 1, 1, 0)
      """),
    try prepared(
      """
      INSERT OR REPLACE INTO states (entity_type, entity_id, state, deleted, stamp, event_id, folded, schema_version)
      VALUES ('order', ?3, ?4, 0, ?2, ?1, 30, 1)
      """),
    try prepared("COMMIT"),
  ]
  defer { statements.forEach { sqlite3_finalize($0) } }
  let entities = try texts(database, "SELECT entity_id FROM states ORDER BY entity_id")
  let states = try texts(database, "SELECT state FROM states ORDER BY entity_id")
  let ids = (0..<count).map { _ in UUID().uuidString.lowercased() }
  let start = ContinuousClock.now
  for at in 0..<count {
    let (stamp, digits) = ("009999999999999", String(at))
    let values = [
      ids[at], "\(stamp).\(String(repeating: "0", count: 5 - digits.count))\(digits).9f3c2a10",
      entities[at % entities.count], states[at % entities.count],
    ]
    for statement in statements {
      for (index, value) in values.enumerated() where index < sqlite3_bind_parameter_count(statement) {
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        sqlite3_bind_text(statement, Int32(index + 1), value, Int32(value.utf8.count), copied)
      }
      guard sqlite3_step(statement) == SQLITE_DONE else {
        throw Unexpected(what: String(cString: sqlite3_errmsg(database)))
      }
      sqlite3_reset(statement)
    }
  }
  return milliseconds(ContinuousClock.now - start)
}

private func texts(_ database: OpaquePointer?, _ sql: String) throws -> [String] {
  var statement: OpaquePointer?
  try must(sqlite3_prepare_v2(database, sql, -1, &statement, nil))
  defer { sqlite3_finalize(statement) }
  var found: [String] = []
  while sqlite3_step(statement) == SQLITE_ROW {
    found.append(String(cString: sqlite3_column_text(statement, 0)))
  }
  return found
}

private func must(_ code: Int32) throws {
  guard code == SQLITE_OK else { throw Unexpected(what: "SQLite's code \(code)") }
}
