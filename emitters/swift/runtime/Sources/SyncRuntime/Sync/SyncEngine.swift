import Foundation

/// Sends what this device has recorded, and follows what others do.
///
/// Two loops, each of which always waits for something: the sender for a change or the end of a hold, the follower for
/// the stream or the end of a hold.
actor SyncEngine {
  /// What the engine tells of itself.
  enum Report: Sendable {
    case connection(SyncConnection)
    case changed(Set<EntityKey>)
    case synced(Date)
    case problem(String)
  }

  private static let batchLimit = 50
  private static let pageLimit = 500

  private let database: SyncDatabase
  private let server: ServerAPI
  private let types: [String]
  private let report: @Sendable (Report) async -> Void

  private var loops: [Task<Void, Never>] = []
  private var limit = batchLimit
  private var sleeping: [UUID: CheckedContinuation<Void, Never>] = [:]
  private var isWorkWaiting = false

  init(
    database: SyncDatabase, server: ServerAPI, types: [String], report: @escaping @Sendable (Report) async -> Void
  ) {
    self.database = database
    self.server = server
    self.types = types.sorted()
    self.report = report
  }

  /// Begins both loops.
  func start() {
    guard loops.isEmpty else { return }
    loops = [Task { await sendLoop() }, Task { await followLoop() }]
  }

  /// Ends both loops.
  func stop() async {
    for loop in loops {
      loop.cancel()
    }
    wake()
    for loop in loops {
      await loop.value
    }
    loops = []
  }

  /// Something was recorded, or the network or the app is back: no hold outlasts this.
  func wake() {
    isWorkWaiting = true
    let waiting = sleeping.values
    sleeping = [:]
    for continuation in waiting {
      continuation.resume()
    }
  }

  /// Sends and fetches once, for a background task.
  func syncOnce() async throws(SyncError) {
    do {
      while try await sendBatch() {}
      try await catchUp()
    } catch let error as SyncError {
      throw error
    } catch {
      throw .network("\(error)")
    }
  }

  // MARK: - Sending

  private func sendLoop() async {
    var backoff = Backoff()
    while !Task.isCancelled {
      isWorkWaiting = false
      var hold: Double?
      do {
        while try await sendBatch(), !Task.isCancelled {}
        backoff.reset()
      } catch {
        hold = await wait(after: error, &backoff)
      }
      // With nothing to send the loop rests until something wakes it; a change since the last look is no reason to rest.
      if !isWorkWaiting || hold != nil { await rest(hold) }
    }
  }

  /// Sends the next batch; says whether there was one.
  private func sendBatch() async throws -> Bool {
    let batch = try await database.nextBatch(limit: limit)
    guard !batch.isEmpty else { return false }
    let answer: ServerAPI.BatchAnswer
    do {
      answer = try await server.postBatch(batch)
    } catch {
      guard case .refused(status: 413, let code, _) = error else { throw error }
      try await shrink(batch, code)
      return true
    }
    limit = min(Self.batchLimit, limit * 2)
    await database.noteServerTime(answer.serverTime)
    let final = answer.rejected.filter { !$0.isRetryable }.map { ($0.id, $0.code, $0.reason) }
    await report(.changed(try await database.settle(accepted: answer.accepted, rejected: final)))
    await report(.synced(Date()))
    if answer.rejected.contains(where: \.isRetryable) {
      throw ServerFailure.refused(status: 503, code: "retryable", retryAfter: nil)
    }
    return true
  }

  /// Half as many events next time; a single one that is too large waits for the user.
  private func shrink(_ batch: [LoggedEvent], _ code: String) async throws {
    guard batch.count == 1 else {
      limit = max(1, batch.count / 2)
      return
    }
    let reason = "This change is too large for the server."
    await report(.changed(try await database.settle(accepted: [], rejected: [(batch[0].id, code, reason)])))
  }

  // MARK: - Following

  private func followLoop() async {
    var backoff = Backoff()
    while !Task.isCancelled {
      do {
        await report(.connection(.connecting))
        try await catchUp()
        try await followStream { backoff.reset() }
        await rest(backoff.next())
      } catch {
        let hold = await wait(after: error, &backoff)
        await report(.connection(.offline))
        await rest(hold)
      }
    }
  }

  /// Reads the feed up to its end.
  private func catchUp() async throws {
    do {
      try await readFeed()
    } catch {
      guard error.endsCursor else { throw error }
      _ = try await startFromSnapshots()
    }
  }

  private func readFeed() async throws(ServerFailure) {
    var cursor = try await databaseCursor()
    if cursor == nil { cursor = try await startFromSnapshots() }
    while !Task.isCancelled {
      let page = try await server.feed(since: cursor, types: types, limit: Self.pageLimit)
      await database.noteServerTime(page.serverTime)
      try await take(page.events, cursor: page.cursor)
      cursor = page.cursor
      guard page.hasMore else { return }
    }
  }

  private func databaseCursor() async throws(ServerFailure) -> String? {
    do {
      return try await database.cursor()
    } catch {
      throw .unreadable("\(error)")
    }
  }

  /// Takes over the server's states, and gives the cursor that goes on from them.
  private func startFromSnapshots() async throws(ServerFailure) -> String? {
    var first: String?
    for type in types {
      var after: String?
      repeat {
        let page = try await server.snapshots(of: type, after: after)
        first = first ?? page.cursor
        try await restore(page.snapshots, cursor: nil)
        after = page.next
      } while after != nil
    }
    try await restore([], cursor: first)
    return first
  }

  private func followStream(_ isAlive: () -> Void) async throws {
    for try await message in server.live(since: try await database.cursor(), types: types) {
      switch message {
      case .open: await report(.connection(.online))
      case .event(let event, let cursor):
        isAlive()
        try await take([event], cursor: cursor)
      case .caughtUp(let cursor, let serverTime):
        isAlive()
        await database.noteServerTime(serverTime)
        try await take([], cursor: cursor)
      case .error(let code): throw ServerFailure.refused(status: 0, code: code, retryAfter: nil)
      }
    }
  }

  private func take(_ events: [LoggedEvent], cursor: String) async throws(ServerFailure) {
    let taken: (changed: Set<EntityKey>, late: Set<EntityKey>)
    do {
      taken = try await database.take(events, cursor: cursor)
    } catch {
      throw .unreadable("\(error)")
    }
    for key in taken.late {
      let page = try await server.snapshots(of: key.type, after: nil, entity: key.id)
      try await restore(page.snapshots, cursor: nil)
    }
    await report(.changed(taken.changed))
    await report(.synced(Date()))
  }

  private func restore(_ snapshots: [ServerSnapshot], cursor: String?) async throws(ServerFailure) {
    do {
      await report(.changed(try await database.restore(snapshots, cursor: cursor)))
    } catch {
      throw .unreadable("\(error)")
    }
  }

  // MARK: - Waiting

  /// How long a failure holds a loop, in seconds.
  private func wait(after error: any Error, _ backoff: inout Backoff) async -> Double {
    if !(error is CancellationError) { await report(.problem("\(error)")) }
    if case ServerFailure.refused(_, _, let after?) = error { return max(after, 0.1) }
    return backoff.next()
  }

  /// Rests for so many seconds, or until something wakes the engine.
  private func rest(_ seconds: Double?) async {
    guard !Task.isCancelled else { return }
    let id = UUID()
    let timer = seconds.map { seconds in
      Task {
        try? await Task.sleep(for: .seconds(seconds))
        self.end(id)
      }
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { sleeping[id] = $0 }
    } onCancel: {
      Task { await self.end(id) }
    }
    timer?.cancel()
  }

  private func end(_ id: UUID) {
    sleeping.removeValue(forKey: id)?.resume()
  }
}

/// Whether this device and the server hear each other.
public enum SyncConnection: Sendable, Hashable {
  /// The client has not been started, or has been closed.
  case stopped
  /// It is asking.
  case connecting
  /// It follows what others do.
  case online
  /// The server cannot be reached; it will be asked again.
  case offline
}
