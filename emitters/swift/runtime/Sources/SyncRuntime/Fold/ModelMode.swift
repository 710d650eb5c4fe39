import Foundation

/// How the events of a model meet its state on a device. Everything else, from the outbox to the feed, is the same for all.
protocol ModelMode<Model, Event>: Sendable {
  associatedtype Model: SyncModel
  // Named by itself, because the compiler does not look into `Model` through `any`.
  associatedtype Event where Event == Model.Event

  /// The name on the wire.
  var entity: String { get }
  /// The version of its payloads.
  var version: Int { get }
  /// Where rows are kept; `nil` for models that are none.
  var table: RowTable? { get }
  /// Whether a mutation is done when the server has answered, and not before.
  var waitsForServer: Bool { get }
  /// Brings what is stored in line with this declaration.
  func update(_ store: EventStore) throws(SyncError)

  /// The state of a live entity.
  func state(of id: String, in store: EventStore) throws(SyncError) -> Model?
  /// The states of all live entities, in order of their ids.
  func states(in store: EventStore) throws(SyncError) -> [(id: String, model: Model)]
  /// Records a checked event.
  func record(
    _ event: Event, on id: String, by writer: inout Writer, in store: EventStore
  ) throws(SyncError) -> Recorded<Model>

  /// Takes in an event of the feed.
  func take(_ event: LoggedEvent, in store: EventStore) throws(SyncError)
  /// Takes over what the server holds of an entity.
  func restore(_ snapshot: ServerSnapshot, in store: EventStore) throws(SyncError)
  /// Takes out what the server no longer holds.
  func keepOnly(_ there: RestoredIDs, in store: EventStore) throws(SyncError) -> Set<EntityKey>
  /// Folds an entity anew, after some of its events have moved or left.
  func refold(_ id: String, in store: EventStore) throws(SyncError)
  /// Folds all entities anew.
  func refoldAll(in store: EventStore) throws(SyncError) -> Set<EntityKey>
  /// The fields that an owner alone sees, as far as this device folds them.
  var ownerOnly: [String] { get }
  /// Whether an event makes its entity.
  func isCreate(_ event: LoggedEvent) -> Bool
}

/// A mode of a model, whichever it is.
typealias AnyMode<Model: SyncModel> = any ModelMode<Model, Model.Event>

extension ModelMode {
  var entity: String { Model.entity }
  var version: Int { Model.version }
  var table: RowTable? { nil }
  var waitsForServer: Bool { false }
}

/// What the server holds of a model, as its snapshots up to a position of the log say.
struct RestoredIDs: Sendable {
  var ids: Set<String> = []
  let seq: Int64
}

/// What came of a recorded event.
struct Recorded<Model: SyncModel>: Sendable {
  /// The state afterwards; `nil` once it is deleted.
  let state: Model?
  /// The event's id; `nil` where nothing had to be recorded.
  let id: UUID?
}

/// Who writes on this device: a clock of its own, corrected by what the server's says.
struct Writer {
  var clock: HybridClock
  /// What the server's clock is ahead of this device's, in milliseconds.
  var offset: Int64 = 0
  /// Names this process in what it writes.
  let source: String
  /// This device's clock, in Unix milliseconds.
  let time: @Sendable () -> Int64

  init(reached: Stamp?, time: @escaping @Sendable () -> Int64) {
    let node = UInt32.random(in: .min ... .max)
    clock = HybridClock(node: node, reached: reached)
    source = "swift-\(UUID().wireText)"
    self.time = time
  }

  /// The time as the server has it.
  var wall: Int64 { time() + offset }

  /// The next stamp.
  mutating func stamp() -> Stamp { clock.now(wall: wall) }
}
