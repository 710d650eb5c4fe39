// Takes the path of a file of conformance cases, and prints `[{ "name", "result" }]`.

import Foundation
import SyncFixturesModels

/// One of the file's cases could not be run.
struct CaseError: Error {
  let message: String
}

func run(clock test: JSONObject) throws -> JSONValue {
  guard let node = test["node"]?.string.flatMap({ UInt32($0, radix: 16) }) else { throw CaseError(message: "no node") }
  var clock = HybridClock(node: node, reached: test["start"]?.string.flatMap { Stamp($0) })
  let results = (test["ops"]?.array ?? []).map { op -> JSONValue in
    let wall = op.object?["wall"]?.int ?? 0
    guard op.object?["op"]?.string == "receive" else { return .string(clock.now(wall: wall).description) }
    guard let remote = Stamp(op.object?["remote"]?.string ?? "") else {
      return .object(["error": .string("invalid_timestamp")])
    }
    do {
      try clock.receive(remote, wall: wall, maxDrift: HybridClock.defaultMaxDrift)
      return .null
    } catch {
      return .object(["error": .string("clock_drift")])
    }
  }
  return .array(results)
}

func run<Model: SyncModel>(fold test: JSONObject, of model: ModelRules<Model>) throws -> JSONValue {
  let store = try LocalStore(path: ":memory:")
  let id = test["entity_id"]?.string ?? ""
  var each: [JSONValue] = []
  for wire in test["deliver"]?.array ?? [] {
    try store.take(LoggedEvent(wire: wire), of: model)
    each.append(try store.state(of: Model.self, id: id)?.wire ?? .null)
  }
  return .object(["final": each.last ?? .null, "each": .array(each)])
}

func run(_ test: JSONObject) throws -> JSONValue {
  switch (test["kind"]?.string, test["model"]?.string) {
  case ("hlc", _): try run(clock: test)
  case ("fold", Order.entity): try run(fold: test, of: ModelRules<Order>())
  case ("fold", Board.entity): try run(fold: test, of: ModelRules<Board>())
  default: throw CaseError(message: "no such kind of case or model")
  }
}

let path = CommandLine.arguments.dropFirst().first ?? ""
let text = try String(contentsOfFile: path, encoding: .utf8)
let results = try (JSONValue(parsing: text).array ?? []).map { test -> JSONValue in
  let test = test.object ?? JSONObject()
  return .object(["name": test["name"] ?? .null, "result": try run(test)])
}
print(JSONValue.array(results).text)
