// Records tips of one cent on an order of a store until it is killed, and prints how many are saved.
//
//   sync-scribe STORE ORDER

import Foundation
import SyncFixturesModels

let arguments = CommandLine.arguments
guard arguments.count == 3, let order = UUID(uuidString: arguments[2]) else {
  FileHandle.standardError.write(Data("usage: sync-scribe STORE ORDER\n".utf8))
  exit(2)
}
let client = try SyncFixturesClient(
  server: URL(string: "http://127.0.0.1:1")!, tokens: StaticToken(""), store: .file(URL(fileURLWithPath: arguments[1])),
  shiftFunctions: ShiftFunctions(tipsSplit: { _, _, _ in }))
try await client.orders.create(OrderEvent.Created(tableNumber: 1), id: order)
for saved in 1... {
  try await client.orders.addTip(1, to: order)
  // Written at once, and only after the change was saved.
  FileHandle.standardOutput.write(Data("\(saved)\n".utf8))
}
