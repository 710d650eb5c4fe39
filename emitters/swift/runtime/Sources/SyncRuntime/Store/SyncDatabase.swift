import Foundation

/// The store of one user on one device: everything that touches the disk happens here, one after another.
actor SyncDatabase {
  let store: EventStore
  let models: [String: any ModelMode]
  let hasRows: Bool
  /// How many changes wait, for whoever cannot wait for this actor to say it.
  nonisolated let pending = Count()
  /// How many changes are on their way to this actor.
  private nonisolated let arriving = Count()
  /// Who waits for the end of the transaction that is open.
  private var together: [CheckedContinuation<SyncError?, Never>] = []
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
    let rows = hasRows ? try RowOutbox(store: store).pending().count : 0
    pending.set(try store.pending().count + rows)
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
  ///
  /// Changes that come at once are saved by one transaction: the last that is on its way ends it for all.
  nonisolated func record<Model: SyncModel>(
    _ event: Model.Event, on id: String, of mode: AnyMode<Model>
  ) async throws(SyncError) -> Recorded<Model> {
    try event.validate()
    arriving.add(1)
    return try await write(event, on: id, of: mode)
  }

  private func write<Model: SyncModel>(
    _ event: Model.Event, on id: String, of mode: AnyMode<Model>
  ) async throws(SyncError) -> Recorded<Model> {
    let isLast = arriving.add(-1) == 0 || together.count >= Self.mostTogether
    let recorded: Recorded<Model>
    do throws(SyncError) {
      if !store.isOpen { try store.begin() }
      recorded = try mode.record(event, on: id, by: &writer, in: store)
    } catch {
      if !error.isRefusal {
        fail(error)
      } else if isLast {
        // A refusal has changed nothing of what the others wait for, and they are told how that ends.
        _ = end()
      }
      throw error
    }
    if mode.table == nil { pending.add(1) } else { try countPending() }
    let problem = isLast ? end() : await withCheckedContinuation { together.append($0) }
    if let problem { throw problem }
    return recorded
  }

  /// So many changes share a transaction at most.
  private static let mostTogether = 100

  /// Ends the transaction of those who wait for it.
  ///
  /// - Returns: why nothing of it was saved.
  private func end() -> SyncError? {
    guard store.isOpen else { return nil }
    var problem: SyncError?
    do throws(SyncError) {
      try store.commit()
    } catch {
      problem = error
    }
    answer(problem)
    return problem
  }

  /// Gives up the transaction of those who wait for it.
  private func fail(_ problem: SyncError) {
    if store.isOpen { store.rollback() }
    answer(problem)
  }

  private func answer(_ problem: SyncError?) {
    let waiting = together
    together = []
    // What was counted is not there.
    if problem != nil { try? countPending() }
    for continuation in waiting {
      continuation.resume(returning: problem)
    }
  }

  private func countPending() throws(SyncError) {
    let rows = hasRows ? try RowOutbox(store: store).pending().count : 0
    pending.set(try store.pending().count + rows)
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
    pending.set(summary.pending)
    return summary
  }

  /// Writes all that is saved to where a loss of power leaves it.
  func writeThrough() throws(SyncError) {
    if let problem = end() { throw problem }
    try store.database.run("PRAGMA wal_checkpoint(FULL)")
  }

  /// Closes the store and takes it away.
  ///
  /// - Throws: ``SyncError/unsyncedChanges(_:)`` where that would lose something and nobody has said that it may.
  func erase(discardingUnsynced: Bool) throws(SyncError) {
    let summary = try summary()
    let unsynced = summary.pending + summary.rejections.count
    guard discardingUnsynced || unsynced == 0 else { throw .unsyncedChanges(unsynced) }
    // What is being recorded at this moment is lost with the rest, and told so.
    fail(.closed)
    store.database.close()
    place.erase()
  }

  /// All of it or nothing.
  func transaction(_ body: () throws(SyncError) -> Void) throws(SyncError) {
    if let problem = end() { throw problem }
    try store.transaction(body)
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
