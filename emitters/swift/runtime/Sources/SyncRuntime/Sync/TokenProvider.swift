/// Says who the user is.
public protocol TokenProvider: Sendable {
  /// The bearer token for the next request.
  ///
  /// - Parameter refresh: whether the server has just refused the last one.
  func token(refresh: Bool) async throws -> String
}

/// A token that never changes, for development and tests.
public struct StaticToken: TokenProvider {
  private let token: String

  /// Of its text.
  public init(_ token: String) {
    self.token = token
  }

  /// The same token again.
  public func token(refresh: Bool) async throws -> String { token }
}
