// A waiter's command line: takes orders with and without network.
//
//   waiter [SERVER] [STORE]      http://127.0.0.1:8787/api/v1, a file in the app's support folder

import Foundation
import PosModels

let arguments = CommandLine.arguments.dropFirst()
let server = URL(string: arguments.first ?? "http://127.0.0.1:8787/api/v1")!
let user = ProcessInfo.processInfo.environment["USER"] ?? "waiter"
let store: SyncStore =
  if let path = arguments.dropFirst().first {
    .file(URL(fileURLWithPath: path))
  } else {
    try .user(user, of: "bistro")
  }
let client = try PosClient(server: server, tokens: StaticToken("dev:bistro:\(user):waiter"), store: store)
await client.start()

let waiter = Waiter(client: client)
print("open TABLE · add N CENTS NAME · send N · pay N · list · status · quit")
while let line = readLine() {
  do {
    guard try await waiter.obey(line) else { break }
  } catch {
    print("✗ \(error.localizedDescription)")
  }
}
await client.stop()
