/// The entities that a query asks for, in order, kept up to date entity by entity.
struct LiveList<Model: SyncModel> {
  /// Which of them, and in which order; by id where nobody says.
  struct Query: Sendable {
    let includes: @Sendable (Model) -> Bool
    let precedes: (@Sendable (Model, Model) -> Bool)?
  }

  private let query: Query
  private var entries: [Entry]

  private struct Entry {
    let id: String
    let model: Model
  }

  /// Of all that there are.
  init(_ query: Query, _ all: [(id: String, model: Model)]) {
    self.query = query
    entries = all.filter { query.includes($0.model) }.map { Entry(id: $0.id, model: $0.model) }
    entries.sort { Self.precedes($0, $1, query) }
  }

  /// What the query gives.
  var models: [Model] { entries.map(\.model) }

  /// Takes over what an entity is now, `nil` where it is no more; says whether that changed the list.
  mutating func update(_ id: String, to model: Model?) -> Bool {
    let at = entries.firstIndex { Text.same($0.id, id) }
    let wanted = model.flatMap { query.includes($0) ? Entry(id: id, model: $0) : nil }
    if let at, let wanted, entries[at].model == wanted.model { return false }
    if let at { entries.remove(at: at) }
    guard let wanted else { return at != nil }
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if Self.precedes(entries[middle], wanted, query) { low = middle + 1 } else { high = middle }
    }
    entries.insert(wanted, at: low)
    return true
  }

  private static func precedes(_ left: Entry, _ right: Entry, _ query: Query) -> Bool {
    if let precedes = query.precedes {
      if precedes(left.model, right.model) { return true }
      if precedes(right.model, left.model) { return false }
    }
    return Text.precedes(left.id, right.id)
  }
}
