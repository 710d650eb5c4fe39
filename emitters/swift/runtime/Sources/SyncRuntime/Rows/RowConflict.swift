import Foundation

/// A change of a row that another change has got ahead of; it waits until somebody decides.
public struct RowConflict: Sendable, Hashable, Identifiable {
  /// The change as it was made here.
  public let event: LoggedEvent
  /// The fields that both have changed.
  public let fields: [FieldConflict]

  /// The event's id.
  public var id: UUID { event.id }
}

/// A field that was written here and elsewhere.
public struct FieldConflict: Sendable, Hashable {
  /// Its name on the wire; `*` for the whole row, which was to be deleted here.
  public let field: String
  /// What was written here.
  public let mine: JSONValue
  /// What the server has.
  public let theirs: JSONValue
  /// The transaction that wrote the server's.
  let transaction: Stamp?

  /// As a refusal of the server's tells it.
  init(wire: JSONValue) throws(InvalidValue) {
    var reader = try WireReader(wire, at: .root)
    field = try reader.required("field")
    theirs = try reader.required("server_value")
    mine = .null
    let stamp: String = try reader.required("server_transaction_id")
    transaction = Stamp(stamp)
  }

  init(field: String, mine: JSONValue, theirs: JSONValue, transaction: Stamp?) {
    self.field = field
    self.mine = mine
    self.theirs = theirs
    self.transaction = transaction
  }

  /// As the outbox keeps them.
  static func list(_ object: JSONObject) -> [FieldConflict] {
    object.entries.map { field, conflict in
      FieldConflict(
        field: field, mine: conflict.object?["mine"] ?? .null, theirs: conflict.object?["theirs"] ?? .null,
        transaction: conflict.object?["transaction"]?.string.flatMap { Stamp($0) })
    }
  }
}

/// How a conflict ends.
public enum ConflictResolution: Sendable, Hashable {
  /// What was written here is sent over what the server has.
  case keepMine
  /// What the server has stays.
  case keepServer
  /// These values, by the names on the wire, are sent over what the server has.
  case merge(JSONObject)
}
