import Foundation
import Observation

/// What every generated client can do.
public protocol SyncClient: AnyObject, Observable, Sendable {
  /// What it is made of.
  var core: SyncClientCore { get }
}

extension SyncClient {
  /// Pending changes, connection, rejections: for views to read.
  @MainActor public var status: SyncStatus { core.status }

  /// Begins to send and to follow.
  public func start() async { await core.start() }

  /// Stops; what was recorded stays, and is sent another time.
  public func stop() async { await core.stop() }

  /// Stops, and takes this user's data off the device; the client is of no use afterwards.
  ///
  /// - Parameter discardingUnsynced: whether changes that the server has not taken may be lost.
  /// - Throws: ``SyncError/unsyncedChanges(_:)`` where there are any and they may not; the client then goes on.
  public func signOut(discardingUnsynced: Bool = false) async throws(SyncError) {
    try await core.signOut(discardingUnsynced: discardingUnsynced)
  }

  /// Has all that is saved outlive a loss of power too. A saved change outlives a crash of the app without it.
  public func writeThrough() async throws(SyncError) { try await core.writeThrough() }

  /// Sends all that waits and fetches what others did, once: for a background task.
  public func flush() async throws(SyncError) { try await core.flush() }

  /// Looks at once, whatever was waited for: the network or the app is back, or there is a new token.
  public func wake() async { await core.wake() }

  /// Sends a refused change again, stamped anew; what waited for it goes with it.
  public func retry(_ rejection: Rejection) async throws(SyncError) { try await core.retry(rejection.id) }

  /// Drops a refused change, and what waited for it.
  public func discard(_ rejection: Rejection) async throws(SyncError) { try await core.discard(rejection.id) }

  /// Ends a conflict: with what was written here, with what the server has, or with something of both.
  public func resolve(_ conflict: RowConflict, _ resolution: ConflictResolution) async throws(SyncError) {
    try await core.resolve(conflict.id, resolution)
  }

  /// Takes a change of this device's off the list of the overtaken: the user has seen it.
  public func dismiss(_ overtaken: LoggedEvent) async throws(SyncError) { try await core.dismiss(overtaken.id) }
}
