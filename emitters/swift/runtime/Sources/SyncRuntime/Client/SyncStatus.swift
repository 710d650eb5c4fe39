import Foundation
import Observation

/// What a person may want to know of the synchronisation. Views that read it are drawn again when it changes.
@MainActor @Observable
public final class SyncStatus {
  /// Whether this device and the server hear each other.
  public internal(set) var connection = SyncConnection.stopped
  /// How many changes the server has not yet.
  public internal(set) var pendingCount = 0
  /// When the oldest of them was made.
  public internal(set) var oldestPending: Date?
  /// When the server was last heard.
  public internal(set) var lastSynced: Date?
  /// What the server has refused: see ``SyncClientCore/retry(_:)`` and ``SyncClientCore/discard(_:)``.
  public internal(set) var rejections: [Rejection] = []
  /// Why the last request failed; `nil` while all is well.
  public internal(set) var problem: String?

  nonisolated init() {}

  /// Assigns what differs, so that nothing is drawn for nothing.
  func update(pending: Int, oldest: Date?, rejections: [Rejection]) {
    if pendingCount != pending { pendingCount = pending }
    if oldestPending != oldest { oldestPending = oldest }
    if self.rejections != rejections { self.rejections = rejections }
  }
}
