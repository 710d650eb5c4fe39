import Foundation
import SyncFixturesModels

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The real network with faults that a test puts in.
final class FaultyNetwork: SyncTransport, @unchecked Sendable {
  private let real = URLSessionTransport()
  private let lock = NSLock()
  private var isOff = false
  private var lostAnswers = 0
  private var hasStreams = true

  /// Takes the network away, or gives it back.
  func turn(off: Bool) { lock.withLock { isOff = off } }

  /// Lets so many batches reach the server, and loses its answers.
  func loseAnswers(_ count: Int) { lock.withLock { lostAnswers = count } }

  /// Lets no stream through.
  func forbidStreams() { lock.withLock { hasStreams = false } }

  func send(_ request: TransportRequest) async throws -> TransportAnswer {
    if lock.withLock({ isOff }) { throw URLError(.notConnectedToInternet) }
    let answer = try await real.send(request)
    let isLost = lock.withLock {
      guard request.method == "POST", lostAnswers > 0 else { return false }
      lostAnswers -= 1
      return true
    }
    if isLost { throw URLError(.networkConnectionLost) }
    return answer
  }

  func stream(_ request: TransportRequest) -> AsyncThrowingStream<StreamPiece, any Error> {
    guard lock.withLock({ hasStreams && !isOff }) else {
      return AsyncThrowingStream { $0.finish(throwing: URLError(.cannotConnectToHost)) }
    }
    let pieces = real.stream(request)
    return AsyncThrowingStream { continuation in
      let task = Task {
        do {
          for try await piece in pieces {
            // Off in the middle of a stream is the end of it.
            if self.lock.withLock({ self.isOff }) { throw URLError(.networkConnectionLost) }
            continuation.yield(piece)
          }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }
}

/// A token that changes.
final class ChangingToken: TokenProvider, @unchecked Sendable {
  private let lock = NSLock()
  private var current: String
  private let refreshed: String?

  init(_ token: String, refreshed: String? = nil) {
    current = token
    self.refreshed = refreshed
  }

  func change(to token: String) { lock.withLock { current = token } }

  func token(refresh: Bool) async throws -> String {
    lock.withLock {
      if refresh, let refreshed { current = refreshed }
      return current
    }
  }
}

/// A device of a tenant of its own, at the server that `SYNC_TEST_SERVER` names.
struct Device {
  let client: SyncFixturesClient
  let network = FaultyNetwork()

  init(
    _ tenant: String, user: String = "anna", role: String = "owner", store: SyncStore = .memory,
    tokens: (any TokenProvider)? = nil
  ) throws {
    client = try SyncFixturesClient(
      server: try Self.server(), tokens: tokens ?? StaticToken("dev:\(tenant):\(user):\(role)"), store: store,
      shiftFunctions: ShiftFunctions(tipsSplit: { _, _, _ in }), transport: network)
  }

  private static func server() throws -> URL {
    guard let address = ProcessInfo.processInfo.environment["SYNC_TEST_SERVER"],
      let url = URL(string: "\(address)/api/v1")
    else { throw Missing(what: "SYNC_TEST_SERVER") }
    return url
  }
}

/// What a test needs and has not.
struct Missing: Error {
  let what: String
}

/// A tenant that no other test has.
func freshTenant() -> String { "t\(UInt64.random(in: 0 ... .max))" }

/// Waits until something holds; says whether it ever did.
@discardableResult
func eventually(_ holds: () async throws -> Bool) async throws -> Bool {
  for _ in 0..<1_200 {
    if try await holds() { return true }
    try await Task.sleep(for: .milliseconds(50))
  }
  return false
}
