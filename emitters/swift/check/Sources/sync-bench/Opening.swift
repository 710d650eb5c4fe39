import Foundation
import SyncFixturesModels

/// Takes pages into a store, as the server would send them: read, checked, folded and saved.
func fill(pages path: String, store: String) async throws -> JSONValue {
  let feed = RecordedFeed(pages: try readPages(path))
  let client = try makeClient(store, feed)
  let start = ContinuousClock.now
  try await client.flush()
  let taken = milliseconds(ContinuousClock.now - start)
  try await client.writeThrough()
  return .object(["ms": taken, "came": cameOf(try await client.orders.all())])
}

/// Opens a store and lists all orders.
func measureOpening(_ store: String) async throws -> JSONValue {
  let start = ContinuousClock.now
  let client = try makeClient(store, RecordedFeed(pages: []))
  let orders = try await client.orders.all()
  let taken = milliseconds(ContinuousClock.now - start)
  return .object(["ms": taken, "came": cameOf(orders)])
}

/// A client that keeps its data in a file.
func makeClient(_ path: String, _ transport: any SyncTransport) throws -> SyncFixturesClient {
  try SyncFixturesClient(
    server: URL(string: "http://bench.invalid/api/v1")!, tokens: StaticToken(""),
    store: .file(URL(fileURLWithPath: path)), shiftFunctions: ShiftFunctions(tipsSplit: { _, _, _ in }),
    transport: transport)
}

/// A server that has these pages and no more.
struct RecordedFeed: SyncTransport {
  let pages: [String]

  func send(_ request: TransportRequest) async throws -> TransportAnswer {
    let query = URLComponents(url: request.url, resolvingAgainstBaseURL: false)?.queryItems ?? []
    if request.url.lastPathComponent == "snapshots" {
      return answer("{\"snapshots\":[],\"next\":null,\"cursor\":\"0\",\"seq\":0}")
    }
    let at = query.first { $0.name == "since" }.flatMap { Int($0.value ?? "") } ?? 0
    let (page, next) = at < pages.count ? (pages[at], at + 1) : ("[]", at)
    let now = Date().milliseconds
    return answer(
      "{\"events\":\(page),\"cursor\":\"\(next)\",\"seq\":0,\"has_more\":\(next < pages.count),\"server_time\":\(now)}")
  }

  func stream(_ request: TransportRequest) -> AsyncThrowingStream<StreamPiece, any Error> {
    AsyncThrowingStream { $0.finish(throwing: URLError(.notConnectedToInternet)) }
  }

  private func answer(_ text: String) -> TransportAnswer { TransportAnswer(status: 200, body: Data(text.utf8)) }
}

/// A network that is never there.
struct NoNetwork: SyncTransport {
  func send(_ request: TransportRequest) async throws -> TransportAnswer { throw URLError(.notConnectedToInternet) }

  func stream(_ request: TransportRequest) -> AsyncThrowingStream<StreamPiece, any Error> {
    AsyncThrowingStream { $0.finish(throwing: URLError(.notConnectedToInternet)) }
  }
}
