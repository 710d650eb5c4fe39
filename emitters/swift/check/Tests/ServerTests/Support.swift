import CheckSupport
import Foundation
import SyncFixturesModels

@testable import SyncRuntime

extension SyncDatabase {
  /// The number that a query gives.
  func number(_ query: String) throws -> Int64 { try store.database.first(query) { $0.int(0) } ?? 0 }
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

  static func server() throws -> URL {
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
