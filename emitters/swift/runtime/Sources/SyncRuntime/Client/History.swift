import Foundation

/// A page of the server's audit trail of an entity.
public struct HistoryPage<Model: SyncModel>: Sendable {
  /// In the order in which they are folded, oldest first.
  public let entries: [HistoryEntry<Model>]
  /// Where the page before it begins; `nil` where this is the first.
  public let earlier: String?
}

/// Something that happened to an entity, as the server has it.
public struct HistoryEntry<Model: SyncModel>: Sendable, Identifiable {
  /// As the log holds it: when, by whom.
  public let logged: LoggedEvent
  /// What happened; `nil` for what only a newer version of this app can read.
  public let event: Model.Event?
  /// Whether it did something, at its place in the order.
  public let applied: Bool

  /// The event's id.
  public var id: UUID { logged.id }
}
