import Foundation

/// What can go wrong between an application and its data.
public enum SyncError: Error, Sendable, Hashable {
  /// The payload is not what the event asks for; nothing was recorded.
  case invalidPayload(InvalidValue)
  /// The event would do nothing in the state that the entity is in; nothing was recorded. The code is the server's:
  /// `entity_not_found`, `invalid_transition`.
  case refused(code: String, reason: String)
  /// The local database failed.
  case storage(String)
  /// The store is another user's.
  case wrongOwner
  /// The store has been closed by ``SyncClient/signOut(discardingUnsynced:)``.
  case closed
  /// So many changes would be lost: the server has them not yet, or has refused them and nobody has decided on them.
  case unsyncedChanges(Int)
  /// The task was cancelled before the server had answered; the change is saved, and is sent.
  case unanswered
  /// The server could not be reached.
  case network(String)
  /// The server does not take the token.
  case unauthorized
  /// The server has answered that it cannot do it now.
  case server(status: Int, code: String)
  /// The server sent what is no answer of its contract.
  case badResponse(String)

  /// Whether the same may work at another time.
  public var isTransient: Bool {
    switch self {
    case .network, .unauthorized, .unanswered: true
    case .server(let status, _): status == 0 || status == 429 || status >= 500
    case .invalidPayload, .refused, .storage, .wrongOwner, .closed, .unsyncedChanges, .badResponse: false
    }
  }

  /// Whether nothing was even tried: the change was not one that could be recorded.
  var isRefusal: Bool {
    switch self {
    case .invalidPayload, .refused: true
    default: false
    }
  }

  /// Of whatever kept the engine from its work.
  init(_ error: any Error) {
    switch error {
    case let error as SyncError: self = error
    case ServerFailure.unreachable(let message): self = .network(message)
    case ServerFailure.refused(status: 401, _, _, _, _): self = .unauthorized
    case ServerFailure.refused(let status, let code, _, _, _): self = .server(status: status, code: code)
    case ServerFailure.unreadable(let message): self = .badResponse(message)
    default: self = .network("\(error)")
    }
  }
}

extension SyncError: LocalizedError {
  /// What was wrong, for people.
  public var errorDescription: String? {
    switch self {
    case .invalidPayload(let invalid): "The change is not valid: \(invalid)."
    case .refused(_, let reason): reason
    case .storage(let message): "The local database failed: \(message)."
    case .wrongOwner: "This store holds another user's data; open one for this user."
    case .closed: "This user has signed out; open a store anew."
    case .unsyncedChanges(let count): "The server has not taken \(count) changes yet; they would be lost."
    case .unanswered: "The server has not answered yet; the change is saved, and is sent."
    case .network(let message): "The server could not be reached: \(message)."
    case .unauthorized: "The server does not know this user; sign in again."
    case .server(let status, let code): "The server cannot do it now (\(status)\(code.isEmpty ? "" : ", \(code)"))."
    case .badResponse(let message): "The server's answer could not be read: \(message)."
    }
  }
}
