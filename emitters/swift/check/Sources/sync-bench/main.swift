// Measures the client, for `cargo xtask bench swift` to hold it against others.
//
//   sync-bench fold PAGES            from the text of a feed's pages, an array a line, to states; and the fold alone
//   sync-bench fill PAGES STORE      takes the pages into a store, as the server would send them
//   sync-bench open STORE            opens it and lists all orders
//   sync-bench write FOLDER COUNT    changes saved: one after another, many at once, and as rows of bare SQLite
//
// Prints JSON: milliseconds, and what came of it.

import Foundation
import SyncFixturesModels

let arguments = CommandLine.arguments.dropFirst()
let rest = Array(arguments.dropFirst())
let measured: JSONValue? =
  switch (arguments.first, rest.count) {
  case ("fold", 1): try measureFold(pages: rest[0])
  case ("fill", 2): try await fill(pages: rest[0], store: rest[1])
  case ("open", 1): try await measureOpening(rest[0])
  case ("write", 2): try await measureWrites(in: rest[0], Int(rest[1]) ?? 0)
  default: nil
  }
guard let measured else {
  FileHandle.standardError.write(Data("usage: sync-bench fold|fill|open|write …\n".utf8))
  exit(2)
}
print(measured.text)
