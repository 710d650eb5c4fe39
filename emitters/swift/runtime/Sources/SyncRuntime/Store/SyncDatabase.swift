import Foundation

/// The store of one user on one device: everything that touches the disk happens here, one after another.
actor SyncDatabase {
  let store: EventStore
  let models: [String: any ModelMode]
  let hasRows: Bool
  var writer: Writer
  /// Who waits for the server's answer to a write.
  var waiters: [UUID: [CheckedContinuation<SyncError?, Never>]] = [:]
  private let place: SyncStore
  private let queue = DiskExecutor()

  /// The disk has a queue of its own, so that it never blocks the threads that all tasks share.
  nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

  /// Opens the store of a user.
  ///
  /// - Parameter time: this device's clock, in Unix milliseconds.
  init(
    _ place: SyncStore, models: [any ModelMode],
    time: @escaping @Sendable () -> Int64 = { Date().milliseconds }
  ) throws(SyncError) {
    store = try EventStore(path: place.path)
    self.place = place
    self.models = Dictionary(uniqueKeysWithValues: models.map { ($0.entity, $0) })
    hasRows = models.contains { $0.table != nil }
    try Self.claim(store, for: place.owner)
    for model in models {
      try model.update(store)
    }
    writer = Writer(reached: try store.newestStamp(), time: time)
  }

  /// Remembers whose store it is, and refuses anybody else.
  private static func claim(_ store: EventStore, for owner: String?) throws(SyncError) {
    guard let owner else { return }
    if let known = try store.remembered("owner") {
      guard Text.same(known, owner) else { throw .wrongOwner }
    } else {
      try store.remember("owner", owner)
    }
  }

  // MARK: - Mutations and reading

  /// Records an event: checks it, stamps it, folds it, and has it saved when it returns.
  func record<Model: SyncModel>(
    _ event: Model.Event, on id: String, of mode: AnyMode<Model>
  ) throws(SyncError) -> Recorded<Model> {
    try event.validate()
    return try mode.record(event, on: id, by: &writer, in: store)
  }

  /// The state of a live entity.
  func state<Model: SyncModel>(of id: String, _ mode: AnyMode<Model>) throws(SyncError) -> Model? {
    try mode.state(of: id, in: store)
  }

  /// The states of entities; `nil` for those that do not live.
  func states<Model: SyncModel>(
    of ids: [String], _ mode: AnyMode<Model>
  ) throws(SyncError) -> [(id: String, model: Model?)] {
    var found: [(id: String, model: Model?)] = []
    for id in ids {
      found.append((id, try mode.state(of: id, in: store)))
    }
    return found
  }

  /// The states of all live entities of a model, in order of their ids.
  func states<Model: SyncModel>(_ mode: AnyMode<Model>) throws(SyncError) -> [(id: String, model: Model)] {
    try mode.states(in: store)
  }

  // MARK: - The whole store

  /// What the status shows.
  func summary() throws(SyncError) -> StoreSummary {
    let (count, recorded) = try store.pending()
    var summary = StoreSummary(
      pending: count, oldest: recorded.map { Date(milliseconds: $0) }, rejections: try store.rejections(),
      overtaken: try store.overtaken(), needsUpdate: try store.hasUnreadable())
    if hasRows {
      let outbox = RowOutbox(store: store)
      let (count, oldest) = try outbox.pending()
      summary.pending += count
      summary.oldest = [summary.oldest, oldest].compactMap { $0 }.min()
      summary.rejections += try outbox.rejections()
      summary.conflicts = try outbox.conflicts()
    }
    return summary
  }

  /// Writes all that is saved to where a loss of power leaves it.
  func writeThrough() throws(SyncError) {
    try store.database.run("PRAGMA wal_checkpoint(FULL)")
  }

  /// Closes the store and takes it away.
  ///
  /// - Throws: ``SyncError/unsyncedChanges(_:)`` where that would lose something and nobody has said that it may.
  func erase(discardingUnsynced: Bool) throws(SyncError) {
    let summary = try summary()
    let unsynced = summary.pending + summary.rejections.count
    guard discardingUnsynced || unsynced == 0 else { throw .unsyncedChanges(unsynced) }
    store.database.close()
    place.erase()
  }

  /// All of it or nothing.
  func transaction(_ body: () throws(SyncError) -> Void) throws(SyncError) {
    try store.database.transaction(body)
  }
}

/// What a store says of itself.
struct StoreSummary: Sendable {
  var pending: Int
  var oldest: Date?
  var rejections: [Rejection]
  var conflicts: [RowConflict] = []
  let overtaken: [LoggedEvent]
  let needsUpdate: Bool
}

/// A serial queue as an actor's executor; `DispatchSerialQueue` is none on Linux.
final class DiskExecutor: SerialExecutor {
  private let queue = DispatchQueue(label: "sync.disk")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}
