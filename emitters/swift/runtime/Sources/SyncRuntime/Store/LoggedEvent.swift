import Foundation

/// An event as the log holds it and the wire carries it.
public struct LoggedEvent: Sendable, Hashable {
  /// Unique in a tenant.
  public let id: UUID
  /// The entity's type.
  public let entityType: String
  /// The entity's id, as text.
  public let entityID: String
  /// The name without the entity: `item_added`.
  public let name: String
  /// In the wire's normal form.
  public let payload: JSONValue
  /// The stamp that gives it its place.
  public var timestamp: Stamp
  /// The version of the model that wrote it.
  public let schemaVersion: Int
  /// Who did it, once the server has said so.
  public let userID: String?
  /// The position in the server's log; `nil` while it is this device's own.
  public let seq: Int64?
  /// Of a change of a row: for each field the transaction that it was based on.
  var expected: JSONObject?
  /// Of a change of a row: the process that writes it.
  var source: String?

  /// Of its parts.
  public init(
    id: UUID, entityType: String, entityID: String, name: String, payload: JSONValue, timestamp: Stamp,
    schemaVersion: Int, userID: String?, seq: Int64?
  ) {
    self.id = id
    self.entityType = entityType
    self.entityID = entityID
    self.name = name
    self.payload = payload
    self.timestamp = timestamp
    self.schemaVersion = schemaVersion
    self.userID = userID
    self.seq = seq
  }

  /// Reads an event as the server sends it.
  public init(wire: JSONValue) throws(InvalidValue) {
    var reader = try WireReader(wire, at: .root)
    id = try reader.required("id")
    entityType = try reader.required("entity_type")
    entityID = try reader.required("entity_id")
    let type: String = try reader.required("event_type")
    guard type.hasPrefix("\(entityType).") else {
      throw WirePlace.root.key("event_type").refuse("expected \"\(entityType).…\"")
    }
    name = String(type.dropFirst(entityType.count + 1))
    payload = try reader.required("payload")
    let stamp: String = try reader.required("timestamp")
    guard let timestamp = Stamp(stamp) else { throw WirePlace.root.key("timestamp").refuse("is no stamp") }
    self.timestamp = timestamp
    let version: Int64? = try reader.optional("schema_version")
    schemaVersion = Int(version ?? 1)
    let user: String?? = try reader.optional("user_id")
    userID = user ?? nil
    seq = try reader.optional("seq")
  }

  /// As a batch carries it.
  var wire: JSONValue {
    var object: JSONObject = [
      "id": id.wire,
      "event_type": .string("\(entityType).\(name)"),
      "entity_type": .string(entityType),
      "entity_id": .string(entityID),
      "payload": payload,
      "timestamp": .string(timestamp.description),
      "schema_version": .int(Int64(schemaVersion)),
      "idempotency_key": id.wire,
    ]
    object["expected"] = expected.map { .object($0) }
    object["source_id"] = source.map { .string($0) }
    return .object(object)
  }

  /// Its place in the order of the entity's events.
  var place: Place { Place(stamp: timestamp.description, id: id.wireText) }

  /// What a reducer learns of it.
  public var meta: EventMeta { EventMeta(id: id, entityID: entityID, timestamp: timestamp, userID: userID) }
}

/// A place in the order of an entity's events: both texts in code point order.
struct Place: Comparable, Hashable {
  let stamp: String
  let id: String

  /// Before every event.
  static let start = Place(stamp: "", id: "")

  static func < (left: Place, right: Place) -> Bool {
    (left.stamp, left.id) < (right.stamp, right.id)
  }
}

extension LoggedEvent {
  /// The columns that ``init(row:)`` reads.
  static let columns = "id, entity_type, entity_id, name, payload, stamp, schema_version, user_id, seq"

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
