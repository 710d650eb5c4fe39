import Foundation
import Observation

/// What a person may want to know of the synchronisation. Views that read it are drawn again when it changes.
@MainActor @Observable
public final class SyncStatus {
  /// Whether this device and the server hear each other.
  public internal(set) var connection = SyncConnection.stopped
  /// How many changes the server has not yet, the one that was just recorded among them.
  public var pendingCount: Int {
    // What reads it is drawn again when this differs; the rest of the status follows within a frame.
    _ = shownPending
    return pending.value
  }
  /// When the oldest of them was made.
  public internal(set) var oldestPending: Date?
  /// When the server was last heard.
  public internal(set) var lastSynced: Date?
  /// What the server has refused: see ``SyncClient/retry(_:)`` and ``SyncClient/discard(_:)``.
  public internal(set) var rejections: [Rejection] = []
  /// Changes of rows that others have got ahead of, and which wait: see ``SyncClient/resolve(_:_:)``.
  public internal(set) var conflicts: [RowConflict] = []
  /// This device's own changes that did something when they were made, and do no more: another's came before them.
  public internal(set) var overtaken: [LoggedEvent] = []
  /// Whether something was received that only a newer version of this app can read.
  public internal(set) var isUpdateRequired = false
  /// Why the last request failed; `nil` while all is well.
  public internal(set) var problem: SyncError?

  private var shownPending = 0
  @ObservationIgnored private let pending: Count

  nonisolated init(_ pending: Count) { self.pending = pending }

  /// Assigns what differs, so that nothing is drawn for nothing.
  func update(_ summary: StoreSummary) {
    if shownPending != summary.pending { shownPending = summary.pending }
    if oldestPending != summary.oldest { oldestPending = summary.oldest }
    if rejections != summary.rejections { rejections = summary.rejections }
    if conflicts != summary.conflicts { conflicts = summary.conflicts }
    if overtaken != summary.overtaken { overtaken = summary.overtaken }
    if isUpdateRequired != summary.needsUpdate { isUpdateRequired = summary.needsUpdate }
  }
}
