/// How a device keeps the rows of a model: a table of what the server has said, the outbox, and a view over both. The SQL is
/// the generator's, the same that `--target sql` writes.
public struct RowTable: Sendable {
  /// A field, as SQL has it.
  public struct Column: Sendable {
    /// On the wire.
    public let key: String
    /// Quoted.
    let name: String
    /// The column as JSON.
    let json: String
    /// The value from the JSON object `?2`.
    let value: String
    /// Whether that has it, null included.
    let isGiven: String
    /// Whether a change may hold it.
    let isWritable: Bool
    /// Whether it may be null.
    let isNullable: Bool

    /// Of its parts.
    public init(
      _ key: String, name: String, json: String, value: String, isGiven: String,
      isWritable: Bool, isNullable: Bool
    ) {
      self.key = key
      self.name = name
      self.json = json
      self.value = value
      self.isGiven = isGiven
      self.isWritable = isWritable
      self.isNullable = isNullable
    }
  }

  /// Quoted.
  let view: String
  /// The table of what the server has said, quoted.
  let synced: String
  /// The id first.
  let columns: [Column]
  /// What its table has.
  let stored: [Stored]
  /// Whether ids are numbers.
  let hasNumberIDs: Bool
  /// What all rows share, and what this model needs.
  let definitions: [String]
  /// Whether a mutation is done when it is saved here; else when the server has answered.
  let isLocalFirst: Bool
  /// Whether nothing is refused for what others have written meanwhile.
  let lastWriteWins: Bool
  /// The fields in whose conflicts the user decides.
  let asks: [String]

  /// A column that the table of what the server has said may lack, where an older version has made it.
  public struct Stored: Sendable {
    let key: String
    let type: String
    /// What rows that are there already hold in it, as a constant; `nil`: nothing.
    let fill: String?

    /// Of its parts.
    public init(_ key: String, type: String, fill: String? = nil) {
      self.key = key
      self.type = type
      self.fill = fill
    }

    /// Quoted.
    var name: String { "\"\(key.replacing("\"", with: "\"\""))\"" }
  }

  /// Of its parts.
  public init(
    view: String, synced: String, columns: [Column], stored: [Stored], hasNumberIDs: Bool, definitions: [String],
    isLocalFirst: Bool,
    lastWriteWins: Bool, asks: [String]
  ) {
    self.view = view
    self.synced = synced
    self.columns = columns
    self.stored = stored
    self.hasNumberIDs = hasNumberIDs
    self.definitions = definitions
    self.isLocalFirst = isLocalFirst
    self.lastWriteWins = lastWriteWins
    self.asks = asks
  }
}

extension RowTable {
  /// The quoted name of the id's column.
  var id: String { columns[0].name }

  /// An id as its column holds it.
  func idValue(_ id: String) -> SQLiteValue {
    if hasNumberIDs, let number = Int64(id) { .integer(number) } else { .text(id) }
  }

  /// A row as an object of the wire.
  private var object: String {
    let members = columns.map { "'\($0.key.replacing("'", with: "''"))', json(\($0.json))" }
    return "json_object(\(members.joined(separator: ", ")))"
  }

  /// The rows as the application sees them: id, object.
  var selectAll: String { "SELECT \(id), \(object) FROM \(view) ORDER BY \(id)" }
  /// One of them, by `?1`: object.
  var selectOne: String { "SELECT \(object) FROM \(view) WHERE \(id) = ?1" }
  /// What the server has said of one, by `?1`: object, transactions, position in the log.
  var selectSynced: String { "SELECT \(object), field_tx, _seq FROM \(synced) WHERE \(id) = ?1" }

  /// Makes a row with the id `?1` and what the object `?2` holds.
  var insert: String {
    let written = columns.filter(\.isWritable)
    let names = ([id] + written.map(\.name)).joined(separator: ", ")
    let values = (["?1"] + written.map(\.value)).joined(separator: ", ")
    return "INSERT INTO \(view) (\(names)) SELECT \(values) WHERE ?2 IS NOT NULL"
  }

  /// Writes what the object `?2` holds into the row `?1`.
  var update: String {
    let sets = columns.filter(\.isWritable).map { "\($0.name) = iif(\($0.isGiven), \($0.value), \($0.name))" }
    return "UPDATE \(view) SET \(sets.joined(separator: ", ")) WHERE \(id) = ?1"
  }

  /// Ends the row `?1`.
  var delete: String { "DELETE FROM \(view) WHERE \(id) = ?1" }

  /// Keeps the object `?2` as what the server has said of the row `?1`, with the transactions `?3`, up to the position `?4`.
  var store: String {
    let names = columns.map(\.name).joined(separator: ", ")
    let values = (["?1"] + columns.dropFirst().map(\.value)).joined(separator: ", ")
    return "INSERT OR REPLACE INTO \(synced) (\(names), field_tx, _seq) SELECT \(values), ?3, ?4"
  }

  /// The server has no row `?1` any more.
  var forget: String { "DELETE FROM \(synced) WHERE \(id) = ?1" }

  /// An object of a row as its type reads it: what a reader may not see is not there.
  func readable(_ text: String) throws -> JSONValue {
    guard case .object(var object) = try JSONValue(parsing: text) else { return .null }
    for column in columns where !column.isNullable && object[column.key] == .null {
      object[column.key] = nil
    }
    return .object(object)
  }
}
