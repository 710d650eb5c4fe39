import Foundation

/// What can go wrong between an application and its data.
public enum SyncError: Error, Sendable, Hashable {
  /// The payload is not what the event asks for; nothing was recorded.
  case invalidPayload(InvalidValue)
  /// The event would do nothing in the state that the entity is in; nothing was recorded.
  case refused(code: String, reason: String)
  /// The local database failed.
  case storage(String)
  /// The server could not be reached, or would not answer.
  case network(String)
  /// The server sent what is no answer of its contract.
  case badResponse(String)
}

extension SyncError: LocalizedError {
  /// What was wrong, for people.
  public var errorDescription: String? {
    switch self {
    case .invalidPayload(let invalid): "The change is not valid: \(invalid)."
    case .refused(_, let reason): reason
    case .storage(let message): "The local database failed: \(message)."
    case .network(let message): "The server could not be reached: \(message)."
    case .badResponse(let message): "The server's answer could not be read: \(message)."
    }
  }
}
