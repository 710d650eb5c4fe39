import Foundation

/// The writes of rows that wait for the server, as the table `_changes` has them.
struct RowOutbox {
  let store: EventStore

  /// A write.
  struct Write {
    let id: Int64
    let key: EntityKey
    let operation: String
    var value: JSONObject
    /// For each field the transaction that it was based on.
    var expected: JSONObject
    /// For each of these the earlier write of this device that it was based on.
    var basedOn: JSONObject
    let writeID: String
    let transaction: Stamp?
    let status: String
    let attempts: Int64
    let conflict: JSONObject
    let error: JSONObject
    /// Whether the server has said that it has it.
    let isAccepted: Bool

    init(row: SQLiteRow) throws {
      func object(_ column: Int32) throws -> JSONObject {
        try JSONValue(parsing: row.text(column) ?? "{}").object ?? JSONObject()
      }
      id = row.int(0)
      key = EntityKey(type: row.text(1) ?? "", id: row.text(2) ?? "")
      operation = row.text(3) ?? ""
      value = try object(4)
      expected = try object(5)
      basedOn = try object(6)
      writeID = row.text(7) ?? ""
      transaction = row.text(8).flatMap { Stamp($0) }
      status = row.text(9) ?? ""
      attempts = row.int(10)
      conflict = try object(11)
      error = try object(12)
      isAccepted = row.optionalInt(13) != nil
    }

    /// The fields that it writes.
    var fields: [String] { value.entries.map(\.key) }
    /// Whether it waits for the user.
    var isContested: Bool { status == "conflicted" }

    /// Whether what is written here has to wait for that.
    func waits(for other: Write) -> Bool {
      guard other.key == key, other.id < id else { return false }
      if operation == "delete" || other.operation != "update" { return true }
      return fields.contains { other.value[$0] != nil }
    }
  }

  private static let columns =
    "id, table_name, row_id, operation, value, expected, based_on, write_id, transaction_id, status, attempts, conflict, "
    + "last_error, answered_seq"

  private func writes(where condition: String, _ values: [SQLiteValue] = []) throws(SyncError) -> [Write] {
    try store.database.all(
      "SELECT \(Self.columns) FROM _changes WHERE \(condition) ORDER BY id", values, Write.init(row:))
  }

  /// A write by the id of its event.
  func write(_ id: UUID) throws(SyncError) -> Write? {
    try writes(where: "write_id = ?", [.text(id.wireText)]).first
  }

  // MARK: - Sending

  /// The next writes to send, named in their order and marked as sent. What was ever sent is sent again unchanged.
  func next(_ limit: Int, by writer: inout Writer, versions: [String: Int]) throws(SyncError) -> [LoggedEvent] {
    let waiting = try writes(where: "status IN ('pending', 'sent', 'conflicted') AND answered_seq IS NULL")
    let contested = waiting.filter(\.isContested)
    let sendable = waiting.filter { write in !write.isContested && !contested.contains(where: write.waits(for:)) }
    var events: [LoggedEvent] = []
    for write in sendable.prefix(limit) {
      if write.transaction == nil {
        // A trigger tells those that are based on it.
        try store.database.run(
          "UPDATE _changes SET transaction_id = ? WHERE id = ?",
          [.text(writer.stamp().description), .integer(write.id)])
      }
      try store.database.run(
        "UPDATE _changes SET status = 'sent', attempts = attempts + 1 WHERE id = ?", [.integer(write.id)])
      guard let named = try writes(where: "id = ?", [.integer(write.id)]).first else { continue }
      if let event = event(of: named, source: writer.source, version: versions[named.key.type] ?? 1) {
        events.append(event)
      }
    }
    return events
  }

  /// A write as the server is told it; `nil` while it has no name.
  private func event(of write: Write, source: String?, version: Int) -> LoggedEvent? {
    guard let id = UUID(uuidString: write.writeID) else { return nil }
    let names = ["insert": "created", "update": "updated", "delete": "deleted"]
    let none = Stamp(milliseconds: 0, counter: 0, node: 0)
    var event = LoggedEvent(
      id: id, entityType: write.key.type, entityID: write.key.id, name: names[write.operation] ?? "",
      payload: .object(write.value), timestamp: write.transaction ?? none, schemaVersion: version, userID: nil, seq: nil
    )
    event.expected = write.expected.count == 0 ? nil : write.expected
    event.source = source
    return event
  }

  /// Makes one write of several that never left the device: a create and its updates are one create, a create and a delete
  /// nothing, and of two values of a field the last one goes, expecting what the first did.
  ///
  /// - Returns: for each write that is gone the one that stands for it; `nil`: nothing is left to do.
  func squash() throws(SyncError) -> [String: String?] {
    var gone: [String: String?] = [:]
    for row in Dictionary(grouping: try writes(where: "status = 'pending' AND attempts = 0"), by: \.key).values
    where row.count > 1 {
      var kept: [Write] = []
      for write in row {
        Self.squash(write, into: &kept, &gone)
      }
      for write in row {
        if let left = kept.first(where: { $0.id == write.id }) {
          try save(left)
        } else {
          try remove(write.id)
        }
      }
    }
    return gone
  }

  private static func squash(_ write: Write, into kept: inout [Write], _ gone: inout [String: String?]) {
    // What was made after the row last ended, if that is in here.
    let since = kept.lastIndex { $0.operation == "delete" }.map { $0 + 1 } ?? 0
    let create = kept[since...].firstIndex { $0.operation == "insert" }
    switch (write.operation, create) {
    case ("update", let create?):
      for (field, value) in write.value.entries {
        kept[create].value[field] = value
      }
      gone[write.writeID] = kept[create].writeID
    case ("delete", let create?):
      for other in kept[create...] + [write] {
        gone[other.writeID] = .some(nil)
      }
      kept.removeSubrange(create...)
    case ("update", nil):
      var last = write
      for index in kept.indices[since...] {
        for field in write.fields where kept[index].value[field] != nil {
          last.expected[field] = kept[index].expected[field]
          last.basedOn[field] = kept[index].basedOn[field]
          kept[index].value[field] = nil
          kept[index].expected[field] = nil
          kept[index].basedOn[field] = nil
        }
        if kept[index].value.count == 0 { gone[kept[index].writeID] = write.writeID }
      }
      kept.removeAll { $0.operation == "update" && $0.value.count == 0 }
      kept.append(last)
    default: kept.append(write)
    }
  }

  // MARK: - Answers

  /// Notes that the server has a write, at a position of its log that is at most this.
  func accept(_ write: Write, head: Int64) throws(SyncError) {
    guard write.status == "sent" else { return }
    // A trigger confirms it where the stream has got there before the answer did.
    try store.database.run("UPDATE _changes SET answered_seq = ? WHERE id = ?", [.integer(head), .integer(write.id)])
  }

  /// Does what a refusal asks for: the overlay goes, or the user is asked.
  func refuse(_ write: Write, _ verdict: Verdict, asks: [String]) throws(SyncError) {
    switch verdict.code {
    case "clock_drift": try sendAnew(write)
    case "field_conflict":
      let fields = verdict.conflicts.map(\.field)
      if fields.contains(where: asks.contains) {
        try contest(write, verdict.conflicts)
      } else {
        try lose(write, fields, verdict)
      }
    default:
      try fail(write, code: verdict.code, reason: verdict.reason)
      guard write.operation == "insert" else { return }
      // What depends on a refused create waits with it.
      try store.database.run(
        """
        UPDATE _changes SET status = 'failed', last_error = ?
        WHERE table_name = ? AND row_id = ? AND id > ? AND status IN ('pending', 'sent')
        """,
        [
          .text(Self.error(Self.blocked, "")), .text(write.key.type), .text(write.key.id), .integer(write.id),
        ])
    }
  }

  /// The server's value of these fields stays; what else the write says is sent without them.
  private func lose(_ write: Write, _ fields: [String], _ verdict: Verdict) throws(SyncError) {
    var rest = write
    for field in fields {
      rest.value[field] = nil
      rest.expected[field] = nil
      rest.basedOn[field] = nil
    }
    guard write.operation == "update", rest.value.count > 0 else {
      try fail(write, code: verdict.code, reason: verdict.reason, verdict.conflicts)
      return
    }
    var lost = write
    for field in rest.fields {
      lost.value[field] = nil
      lost.expected[field] = nil
    }
    try save(lost)
    try fail(lost, code: verdict.code, reason: verdict.reason, verdict.conflicts)
    try store.database.run(
      "INSERT INTO _changes (table_name, row_id, operation, value, expected, attempts) VALUES (?, ?, 'update', ?, ?, 1)",
      [
        .text(write.key.type), .text(write.key.id), .text(JSONValue.object(rest.value).text),
        .text(JSONValue.object(rest.expected).text),
      ])
  }

  /// Holds what is about to be refused, because what it was based on is not there any more.
  func contest(_ key: EntityKey, _ state: JSONObject, _ stamps: JSONObject) throws(SyncError) {
    let waiting = try writes(
      where: "table_name = ? AND row_id = ? AND operation = 'update' AND status IN ('pending', 'conflicted')",
      [.text(key.type), .text(key.id)])
    for write in waiting {
      let conflicts = write.fields.compactMap { field -> FieldConflict? in
        guard write.basedOn[field] == nil, let now = stamps[field], now != write.expected[field],
          write.expected[field] != nil, write.expected[field] != .null
        else { return nil }
        return FieldConflict(
          field: field, mine: write.value[field] ?? .null, theirs: state[field] ?? .null,
          transaction: now.string.flatMap { Stamp($0) })
      }
      if !conflicts.isEmpty { try contest(write, conflicts) }
    }
  }

  private func contest(_ write: Write, _ conflicts: [FieldConflict]) throws(SyncError) {
    try store.database.run(
      "UPDATE _changes SET status = 'conflicted', conflict = ? WHERE id = ?",
      [.text(Self.text(of: conflicts, write)), .integer(write.id)])
  }

  private func fail(
    _ write: Write, code: String, reason: String, _ conflicts: [FieldConflict] = []
  ) throws(SyncError) {
    let text: SQLiteValue = conflicts.isEmpty ? .null : .text(Self.text(of: conflicts, write))
    try store.database.run(
      "UPDATE _changes SET status = 'failed', last_error = ?, conflict = ? WHERE id = ?",
      [.text(Self.error(code, reason)), text, .integer(write.id)])
  }

  /// What waits for a refused create, and is shown with it.
  private static let blocked = "blocked"

  private static func error(_ code: String, _ reason: String) -> String {
    JSONValue.object(["code": .string(code), "reason": .string(reason)]).text
  }

  private static func text(of conflicts: [FieldConflict], _ write: Write) -> String {
    var object = JSONObject()
    for conflict in conflicts {
      object[conflict.field] = .object([
        "mine": write.value[conflict.field] ?? .null, "theirs": conflict.theirs,
        "transaction": conflict.transaction.map { .string($0.description) } ?? .null,
      ])
    }
    return JSONValue.object(object).text
  }

  /// Sends a write under another name: what it was sent as was refused.
  private func sendAnew(_ write: Write) throws(SyncError) {
    try store.database.run(
      """
      UPDATE _changes SET status = 'pending', transaction_id = NULL, answered_seq = NULL, last_error = NULL,
        conflict = NULL WHERE id = ?
      """, [.integer(write.id)])
  }

  private func save(_ write: Write) throws(SyncError) {
    try store.database.run(
      "UPDATE _changes SET value = ?, expected = ?, based_on = ? WHERE id = ?",
      [
        .text(JSONValue.object(write.value).text), .text(JSONValue.object(write.expected).text),
        .text(JSONValue.object(write.basedOn).text), .integer(write.id),
      ])
  }

  /// Takes a write out, and its overlay with it.
  func remove(_ id: Int64) throws(SyncError) {
    try store.database.run("DELETE FROM _changes WHERE id = ?", [.integer(id)])
  }

  // MARK: - What the user decides

  /// Sends a refused write again, over whatever the server has now; what waited for a create goes with it.
  func retry(_ write: Write) throws(SyncError) {
    for other in [write] + (try blocked(by: write)) {
      var again = other
      again.expect(other.conflict)
      try save(again)
      try sendAnew(again)
    }
  }

  /// Drops a refused write; what waited for a create goes with it.
  func discard(_ write: Write) throws(SyncError) {
    for other in [write] + (try blocked(by: write)) {
      try remove(other.id)
    }
  }

  private func blocked(by write: Write) throws(SyncError) -> [Write] {
    guard write.operation == "insert" else { return [] }
    return try writes(
      where: "table_name = ? AND row_id = ? AND status = 'failed' AND last_error ->> '$.code' = ?",
      [.text(write.key.type), .text(write.key.id), .text(Self.blocked)])
  }

  /// Ends a conflict as the user says.
  func resolve(_ write: Write, _ resolution: ConflictResolution) throws(SyncError) {
    guard write.isContested else { return }
    var decided = write
    switch resolution {
    case .keepMine: decided.expect(write.conflict)
    case .merge(let values):
      decided.expect(write.conflict)
      for (field, value) in values.entries {
        decided.value[field] = value
      }
    case .keepServer:
      for (field, _) in write.conflict.entries {
        decided.value[field] = nil
        decided.expected[field] = nil
        decided.basedOn[field] = nil
      }
      if decided.value.count == 0 {
        try remove(write.id)
        return
      }
    }
    try save(decided)
    try sendAnew(decided)
  }

  // MARK: - What there is

  /// How many writes wait for the server or the user, and since when the oldest does.
  func pending() throws(SyncError) -> (count: Int, oldest: Date?) {
    try store.database.first(
      """
      SELECT count(*), min(created_at) FROM _changes
      WHERE status IN ('pending', 'conflicted') OR (status = 'sent' AND answered_seq IS NULL)
      """
    ) { row in (Int(row.int(0)), try row.text(1).map { text in try Date(wire: .string(text), at: .root) }) } ?? (0, nil)
  }

  /// What the server has refused.
  func rejections() throws(SyncError) -> [Rejection] {
    try writes(where: "status = 'failed'").compactMap { write in
      guard let code = write.error["code"]?.string, code != Self.blocked,
        let event = event(of: write, source: nil, version: 1)
      else { return nil }
      return Rejection(
        event: event, code: code, reason: write.error["reason"]?.string ?? "",
        conflicts: FieldConflict.list(write.conflict))
    }
  }

  /// What waits for the user.
  func conflicts() throws(SyncError) -> [RowConflict] {
    try writes(where: "status = 'conflicted'").compactMap { write in
      event(of: write, source: nil, version: 1).map {
        RowConflict(event: $0, fields: FieldConflict.list(write.conflict))
      }
    }
  }
}

extension RowOutbox.Write {
  /// Is based from now on on what the server has.
  fileprivate mutating func expect(_ conflicts: JSONObject) {
    for (field, conflict) in conflicts.entries {
      expected[field] = conflict.object?["transaction"] ?? .null
      basedOn[field] = nil
    }
  }
}
