import CSQLite

/// One connection to SQLite, with prepared statements kept by their text.
///
/// Not `Sendable`: an actor owns it.
final class SQLiteConnection {
  private var handle: OpaquePointer?
  private var statements: [String: OpaquePointer] = [:]

  /// What SQLite said.
  struct Failure: Error {
    /// SQLite's result code.
    let code: Int32
    /// SQLite's message.
    let message: String
  }

  /// Opens a file, or a database in memory for `:memory:`.
  init(path: String) throws(SyncError) {
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    guard sqlite3_open_v2(path, &handle, flags, nil) == SQLITE_OK else {
      let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(handle)
      throw .storage("cannot open \(path): \(message)")
    }
    sqlite3_busy_timeout(handle, 5_000)
  }

  deinit { close() }

  /// Lets go of the file; whatever is asked from now on fails.
  func close() {
    for statement in statements.values {
      sqlite3_finalize(statement)
    }
    statements = [:]
    sqlite3_close_v2(handle)
    handle = nil
  }

  /// Runs statements that give nothing back.
  func execute(script: String) throws(SyncError) {
    guard handle != nil else { throw .closed }
    guard sqlite3_exec(handle, script, nil, nil, nil) == SQLITE_OK else { throw failure() }
  }

  /// Runs a statement that gives no rows.
  func run(_ sql: String, _ values: [SQLiteValue] = []) throws(SyncError) {
    try query(sql, values) { _ in }
  }

  /// Runs a query, and hands each row over.
  func query(_ sql: String, _ values: [SQLiteValue] = [], _ row: (SQLiteRow) throws -> Void) throws(SyncError) {
    let statement = try prepared(sql)
    for (index, value) in values.enumerated() {
      bind(value, to: statement, at: Int32(index + 1))
    }
    let problem = step(statement, row)
    sqlite3_reset(statement)
    sqlite3_clear_bindings(statement)
    if let problem { throw problem }
  }

  /// The first row of a query, mapped.
  func first<Value>(
    _ sql: String, _ values: [SQLiteValue] = [], _ map: (SQLiteRow) throws -> Value
  ) throws(SyncError) -> Value? {
    var found: Value?
    try query(sql, values) { row in
      if found == nil { found = try map(row) }
    }
    return found
  }

  /// All rows of a query, mapped.
  func all<Value>(
    _ sql: String, _ values: [SQLiteValue] = [], _ map: (SQLiteRow) throws -> Value
  ) throws(SyncError) -> [Value] {
    var found: [Value] = []
    try query(sql, values) { found.append(try map($0)) }
    return found
  }

  /// Another number once another connection has changed the file.
  var version: Int64 {
    get throws(SyncError) { try first("PRAGMA data_version") { $0.int(0) } ?? 0 }
  }

  /// Begins a transaction, which no other connection can come before.
  func begin() throws(SyncError) { try run("BEGIN IMMEDIATE") }

  /// Ends it with all that was written; where that fails, with nothing of it.
  func commit() throws(SyncError) {
    do throws(SyncError) {
      try run("COMMIT")
    } catch {
      rollback()
      throw error
    }
  }

  /// Ends it with nothing of what was written.
  func rollback() {
    // A failed rollback leaves nothing behind either: SQLite has undone the transaction by itself then.
    try? run("ROLLBACK")
  }

  private func step(_ statement: OpaquePointer, _ row: (SQLiteRow) throws -> Void) -> SyncError? {
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW:
        do {
          try row(SQLiteRow(statement: statement))
        } catch {
          return error as? SyncError ?? .storage("\(error)")
        }
      case SQLITE_DONE: return nil
      default: return failure()
      }
    }
  }

  private func prepared(_ sql: String) throws(SyncError) -> OpaquePointer {
    guard handle != nil else { throw .closed }
    if let statement = statements[sql] { return statement }
    var statement: OpaquePointer?
    guard sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil) == SQLITE_OK,
      let statement
    else { throw failure() }
    statements[sql] = statement
    return statement
  }

  private func bind(_ value: SQLiteValue, to statement: OpaquePointer, at index: Int32) {
    switch value {
    case .null: sqlite3_bind_null(statement, index)
    case .integer(let value): sqlite3_bind_int64(statement, index, value)
    case .text(let value):
      // SQLITE_TRANSIENT: SQLite takes a copy before the call returns.
      let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      sqlite3_bind_text(statement, index, value, Int32(value.utf8.count), copied)
    }
  }

  private func failure() -> SyncError {
    .storage("\(String(cString: sqlite3_errmsg(handle))) (SQLite code \(sqlite3_extended_errcode(handle)))")
  }
}

/// A value of a parameter.
enum SQLiteValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  case null
  case integer(Int64)
  case text(String)

  init(stringLiteral value: String) { self = .text(value) }
  init(integerLiteral value: Int64) { self = .integer(value) }
  init(_ value: String?) { self = value.map { .text($0) } ?? .null }
  init(_ value: Int64?) { self = value.map { .integer($0) } ?? .null }
}

/// A row of an answer, valid until the next one is asked for.
struct SQLiteRow {
  fileprivate let statement: OpaquePointer

  /// The text in a column; `nil` for null.
  func text(_ column: Int32) -> String? {
    guard let bytes = sqlite3_column_text(statement, column) else { return nil }
    let count = Int(sqlite3_column_bytes(statement, column))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  /// The integer in a column; 0 for null.
  func int(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

  /// The integer in a column; `nil` for null.
  func optionalInt(_ column: Int32) -> Int64? {
    sqlite3_column_type(statement, column) == SQLITE_NULL ? nil : int(column)
  }
}
