import Foundation

/// What every generated client is made of: a store, an engine, and what tells of them.
public final class SyncClientCore: Sendable {
  /// Pending changes, connection, rejections.
  public let status: SyncStatus

  let database: SyncDatabase
  let server: ServerAPI
  private let engine: SyncEngine
  private let changes = ChangeHub()
  /// Rung for each recorded change; one answer stands for many.
  private let bell: AsyncStream<Void>.Continuation
  /// The status follows changes once in a frame of a screen.
  private static let frame = Duration.milliseconds(16)

  /// Opens a user's store; nothing is sent before ``start()``.
  ///
  /// - Parameters:
  ///   - server: where the routes stand, prefix included: `https://pos.example/api/v1`.
  ///   - tokens: says who the user is.
  ///   - store: where the data is, one place for each user.
  ///   - transport: carries the requests.
  ///   - models: what the generated client knows.
  public convenience init(
    server: URL, tokens: any TokenProvider, store: SyncStore, transport: any SyncTransport, models: [ModelRegistration]
  ) throws(SyncError) {
    try self.init(
      server: server, tokens: tokens, store: store, transport: transport, models: models, time: { Date().milliseconds })
  }

  /// The same by another clock.
  init(
    server: URL, tokens: any TokenProvider, store: SyncStore, transport: any SyncTransport, models: [ModelRegistration],
    time: @escaping @Sendable () -> Int64
  ) throws(SyncError) {
    let database = try SyncDatabase(store, models: models.map(\.mode), time: time)
    let server = ServerAPI(base: server, tokens: tokens, transport: transport)
    let status = SyncStatus(database.pending)
    let changes = changes
    self.database = database
    self.server = server
    self.status = status
    let engine = SyncEngine(database: database, server: server, types: models.map(\.mode.entity)) { report in
      await Self.apply(report, database, status, changes)
    }
    self.engine = engine
    let (rings, bell) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    self.bell = bell
    Task {
      for await _ in rings {
        await engine.wake()
        await Self.refresh(database, status)
        try? await Task.sleep(for: Self.frame)
      }
    }
  }

  deinit { bell.finish() }

  /// Begins to send and to follow.
  public func start() async {
    await engine.start()
    await refresh()
  }

  /// Stops; what was recorded stays and is sent another time.
  public func stop() async {
    await engine.stop()
    await MainActor.run { status.connection = .stopped }
  }

  /// Stops, and takes this user's data off the device.
  public func signOut(discardingUnsynced: Bool) async throws(SyncError) {
    let wasRunning = await engine.stop()
    do throws(SyncError) {
      try await database.erase(discardingUnsynced: discardingUnsynced)
    } catch {
      if wasRunning { await engine.start() }
      throw error
    }
    changes.finish()
    await MainActor.run { status.connection = .stopped }
  }

  /// Has all that is saved outlive a loss of power.
  public func writeThrough() async throws(SyncError) {
    try await database.writeThrough()
  }

  /// Sends and fetches once, for a background task.
  public func flush() async throws(SyncError) {
    try await engine.flush()
    await refresh()
  }

  /// Looks at once: the network or the app is back.
  public func wake() async {
    await engine.wake()
  }

  /// Sends a refused change again; what waited for it goes with it.
  public func retry(_ id: UUID) async throws(SyncError) {
    changes.send(try await database.retry(id))
    await refresh()
    await engine.wake()
  }

  /// Drops a refused change, and what waited for it.
  public func discard(_ id: UUID) async throws(SyncError) {
    changes.send(try await database.discard(id))
    await refresh()
  }

  /// Ends a conflict.
  public func resolve(_ id: UUID, _ resolution: ConflictResolution) async throws(SyncError) {
    changes.send(try await database.resolve(id, resolution))
    await refresh()
    await engine.wake()
  }

  /// Takes an overtaken change off the list.
  public func dismiss(_ id: UUID) async throws(SyncError) {
    try await database.dismiss(id)
    await refresh()
  }

  /// The server has changed an entity that this device does not keep.
  func told(_ key: EntityKey) { changes.send([key]) }

  /// An event was recorded on an entity.
  func recorded(_ key: EntityKey) {
    changes.send([key])
    bell.yield()
  }

  /// The entities of a type that change, from now on.
  func changes(of type: String) -> Changes {
    changes.listen(to: type)
  }

  private func refresh() async {
    await Self.refresh(database, status)
  }

  private static func refresh(_ database: SyncDatabase, _ status: SyncStatus) async {
    guard let summary = try? await database.summary() else { return }
    await status.update(summary)
  }

  private static func apply(
    _ report: SyncEngine.Report, _ database: SyncDatabase, _ status: SyncStatus, _ changes: ChangeHub
  ) async {
    switch report {
    case .changed(let keys):
      changes.send(keys)
      await refresh(database, status)
    case .connection(let connection): await MainActor.run { status.connection = connection }
    case .problem(let problem): await MainActor.run { status.problem = problem }
    case .synced(let date):
      await MainActor.run {
        status.lastSynced = date
        status.problem = nil
      }
      await refresh(database, status)
    }
  }
}

/// A model that a client keeps, whatever its type.
public struct ModelRegistration: Sendable {
  let mode: any ModelMode

  /// Of the rules of a model in any mode but the one without sync.
  public init<Model: SyncModel>(_ rules: ModelRules<Model>) {
    mode = rules.kept
  }
}

extension ModelRules {
  /// How its events meet the state that this device keeps.
  var kept: AnyMode<Model> {
    switch Model.mode {
    case .rows(let table): RowMode(rules: self, rows: table)
    case .events, .api: EventMode(rules: self)
    }
  }
}
