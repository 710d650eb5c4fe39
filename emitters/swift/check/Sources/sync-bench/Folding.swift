import Foundation
import SyncFixturesModels

/// How often each is measured in a run.
private let rounds = 5

/// From the text of pages to the states of all orders, and the fold alone.
func measureFold(pages path: String) throws -> JSONValue {
  let pages = try readPages(path)
  let rules = ModelRules<Order>()
  var (text, fold): ([JSONValue], [JSONValue]) = ([], [])
  var states: [String: Folded<Order>] = [:]
  for _ in 0..<rounds {
    let start = ContinuousClock.now
    let events = try pages.flatMap { try read($0, rules) }
    let middle = ContinuousClock.now
    states = [:]
    for (event, meta) in events {
      states[meta.entityID, default: .absent].fold(event, meta, rules.functions)
    }
    let end = ContinuousClock.now
    text.append(milliseconds(end - start))
    fold.append(milliseconds(end - middle))
  }
  return .object([
    "text_ms": .array(text), "fold_ms": .array(fold), "came": cameOf(states.values.compactMap(\.state)),
  ])
}

private func read(_ page: String, _ rules: ModelRules<Order>) throws -> [(OrderEvent, EventMeta)] {
  try (JSONValue(parsing: page).array ?? []).map { wire in
    let logged = try LoggedEvent(wire: wire)
    guard let event = try rules.read(logged) else { throw Unexpected(what: logged.name) }
    return (event, logged.meta)
  }
}

/// Something that the events of a benchmark do not hold.
struct Unexpected: Error {
  let what: String
}

/// The pages of a file, one a line.
func readPages(_ path: String) throws -> [String] {
  try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
}

/// What all runtimes have to come to.
func cameOf(_ orders: [Order]) -> JSONValue {
  .object([
    "orders": .int(Int64(orders.count)), "items": .int(Int64(orders.reduce(0) { $0 + $1.items.count })),
    "tips": .int(orders.reduce(0) { $0 + $1.tipCents }),
  ])
}

/// A duration as figures have it.
func milliseconds(_ duration: Duration) -> JSONValue { .double(duration / .milliseconds(1)) }
