import Foundation

/// Where an event stands between this device and the server.
enum EventStatus: Int64 {
  /// The feed has brought it.
  case synced = 0
  /// The server has taken it.
  case accepted = 1
  /// It waits to be sent, or for an answer.
  case pending = 2
  /// The server has refused it: it is out of the fold.
  case rejected = 3
  /// What makes its entity was refused.
  case blocked = 4
}

/// Names an entity.
struct EntityKey: Hashable {
  let type: String
  let id: String

  /// By code point: ids may be the user's own text.
  static func == (left: EntityKey, right: EntityKey) -> Bool {
    Text.same(left.id, right.id) && Text.same(left.type, right.type)
  }

  func hash(into hasher: inout Hasher) { Text.hash(id, into: &hasher) }
}

/// What an event came to.
struct FoldOutcome: Equatable {
  /// It did something.
  let applied: Bool
  /// This version knows its type and could read it.
  let readable: Bool
}

/// An entity folded up to a place.
struct FoldHead<Model: SyncModel> {
  var folded: Int64 = 0
  var place = Place.start
  var value = Folded<Model>.absent
  /// Nothing folds on what a newer version has left.
  private var isForeign = false

  /// Of an entity without events.
  init() {}

  /// From the columns that ``columns`` writes.
  init(row: SQLiteRow) throws {
    try self.init(row: row) { text in try Model(wire: JSONValue(parsing: text), at: .root) }
  }

  /// From the columns of a server's snapshot, whatever version folded it.
  init(row: SQLiteRow, version: Int, _ model: ModelRules<Model>) {
    do {
      try self.init(row: row) { text in try model.readState(JSONValue(parsing: text), version: version) }
    } catch {
      self.init()
      folded = row.int(4)
      place = Place(stamp: row.text(2) ?? "", id: row.text(3) ?? "")
      isForeign = true
    }
  }

  private init(row: SQLiteRow, _ read: (String) throws -> Model) throws {
    folded = row.int(4)
    place = Place(stamp: row.text(2) ?? "", id: row.text(3) ?? "")
    if let text = row.text(0) {
      value = .live(try read(text))
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

  /// Folds an event. One of a type that this version does not know, or that it cannot read, stays in the log and does
  /// nothing until an update can.
  ///
  /// - Parameter isWhole: whether the user sees all that a `create` makes.
  mutating func fold(_ event: LoggedEvent, _ model: ModelRules<Model>, isWhole: Bool) -> FoldOutcome {
    place = max(place, event.place)
    folded += 1
    guard !isForeign, let known = try? model.read(event) else { return FoldOutcome(applied: false, readable: false) }
    let applied = value.fold(known, event.meta, model.functions)
    if applied, !isWhole, known.isCreate, case .live(let state) = value {
      value = .live(state.withoutHidden(known.payload))
    }
    return FoldOutcome(applied: applied, readable: true)
  }
}
