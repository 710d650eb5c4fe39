// A client that does what each line of its input says, and answers with a line.
//
//   sync-peer SERVER TOKEN STORE
//
//   {"do": "record", "entity": "order", "id": …, "name": "tip_added", "payload": {…}}     ok, or refused and why
//   {"do": "offline"}, {"do": "online"}                                                   ok
//   {"do": "dump"}                                  what it holds, once it has given way where rows are in conflict

import CheckSupport
import Foundation
import SyncFixturesModels

let arguments = CommandLine.arguments
guard arguments.count == 4, let server = URL(string: arguments[1]) else {
  FileHandle.standardError.write(Data("usage: sync-peer SERVER TOKEN STORE\n".utf8))
  exit(2)
}
let network = FaultyNetwork()
let client = try SyncFixturesClient(
  server: server, tokens: StaticToken(arguments[2]), store: .file(URL(fileURLWithPath: arguments[3])),
  shiftFunctions: ShiftFunctions(tipsSplit: { _, _, _ in }), transport: network)
await client.start()
while let line = readLine() {
  // Written at once: whoever reads it may kill this process next.
  FileHandle.standardOutput.write(Data("\(await answer(line))\n".utf8))
}

func answer(_ line: String) async -> String {
  do {
    let command = try JSONValue(parsing: line).object ?? JSONObject()
    switch command["do"]?.string {
    case "record": try await record(command)
    case "offline": network.turn(off: true)
    case "online":
      network.turn(off: false)
      await client.wake()
    case "dump": return try await dump().text
    default: return "unknown"
    }
    return "ok"
  } catch SyncError.refused(let code, _) {
    return "refused \(code)"
  } catch {
    return "failed \(error)"
  }
}

func record(_ command: JSONObject) async throws {
  let (name, payload) = (command["name"]?.string ?? "", command["payload"] ?? .null)
  guard let id = command["id"]?.string.flatMap({ UUID(uuidString: $0) }) else { throw Unreadable() }
  switch command["entity"]?.string {
  case Order.entity:
    guard let event = try OrderEvent(name: name, payload: payload, at: .root) else { throw Unreadable() }
    try await client.orders.record(event, on: id)
  case Board.entity:
    guard let event = try BoardEvent(name: name, payload: payload, at: .root) else { throw Unreadable() }
    try await client.boards.record(event, on: id)
  case Contact.entity:
    guard let event = try ContactEvent(name: name, payload: payload, at: .root) else { throw Unreadable() }
    try await client.contacts.record(event, on: id)
  default: throw Unreadable()
  }
}

/// A line that says nothing that this program understands.
struct Unreadable: Error {}

/// Takes the server's word wherever two have written the same field of a row.
func giveWay() async throws {
  for conflict in await client.status.conflicts {
    try await client.resolve(conflict, .keepServer)
  }
  for rejection in await client.status.rejections where rejection.event.entityType == Contact.entity {
    try await client.discard(rejection)
  }
}

func dump() async throws -> JSONValue {
  try await giveWay()
  let (orders, boards) = (try await client.orders.all(), try await client.boards.all())
  let contacts = try await client.contacts.all()
  let (pending, rejected) = await MainActor.run {
    (client.status.pendingCount, client.status.rejections.map { JSONValue.string($0.code) })
  }
  return .object([
    "pending": .int(Int64(pending)), "rejected": .array(rejected),
    "order": .object(JSONObject(orders.map { ($0.id.wireText, $0.wire) })),
    "board": .object(JSONObject(boards.map { ($0.id.wireText, $0.wire) })),
    "contact": .object(JSONObject(contacts.map { ($0.id.wireText, $0.wire) })),
  ])
}
