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
    case problem(SyncError)
  }

  private static let batchLimit = 50
  private static let pageLimit = 500
  /// How often the feed is asked where no stream can be had.
  private static let pollInterval = 2.0
  /// How many polls lie between two tries of the stream.
  private static let pollsPerTry = 30

  let database: SyncDatabase
  let server: ServerAPI
  let types: [String]
  private let report: @Sendable (Report) async -> Void

  private var loops: [Task<Void, Never>] = []
  private var limit = batchLimit
  private var sleeping: [UUID: CheckedContinuation<Void, Never>] = [:]
  private var isWorkWaiting = false
  /// Whether the server has said its time since the start or the last time offline: stamps are checked by it.
  private var knowsTime = false
  /// Whether the feed was read up to its end since then: rows are changed after what others did is known.
  private var isUpToDate = false
  /// How often in a row the stream could not be had while the feed could.
  private var lostStreams = 0

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

  /// Ends both loops; says whether there were any.
  @discardableResult
  func stop() async -> Bool {
    let ending = loops
    loops = []
    for loop in ending {
      loop.cancel()
    }
    wake()
    for loop in ending {
      await loop.value
    }
    return !ending.isEmpty
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
  func flush() async throws(SyncError) {
    do {
      // What others did since the last time is not known, unless the stream is being followed.
      isUpToDate = isUpToDate && !loops.isEmpty
      while try await sendBatch() {}
      try await catchUp()
    } catch {
      throw SyncError(error)
    }
  }

  /// Tells of changes, where there are any.
  func tell(_ keys: Set<EntityKey>) async {
    if !keys.isEmpty { await report(.changed(keys)) }
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
    guard try await database.summary().pending > 0 else { return false }
    if !isUpToDate, try await database.hasRowsToSend() { try await catchUp() }
    if !knowsTime { try await note(server.time()) }
    let batch = try await database.nextBatch(limit: limit)
    guard !batch.isEmpty else { return false }
    do {
      let answer = try await server.postBatch(batch)
      limit = min(Self.batchLimit, limit * 2)
      try await note(answer.serverTime)
      try await settle(answer)
    } catch ServerFailure.refused(status: 413, _, _, _, _) {
      try await shrink(batch)
    } catch ServerFailure.refused(status: 422, let code, let index?, _, _) {
      try await setAside(batch, at: Int(index), code: code, "The server cannot read this change.")
    }
    return true
  }

  private func settle(_ answer: ServerAPI.BatchAnswer) async throws {
    let final = answer.rejected.filter { !$0.isRetryable }
    await tell(try await database.settle(accepted: answer.accepted, head: answer.head, rejected: final))
    try await refetchStale()
    await report(.synced(Date()))
    // What is to be tried again waits, and so does what was stamped anew, lest the two go round without end.
    guard answer.rejected.contains(where: { $0.isRetryable || $0.code == "clock_drift" }) else { return }
    throw ServerFailure.refused(status: 503, code: "retryable")
  }

  /// Half as many events next time; a single one that is too large waits for the user.
  private func shrink(_ batch: [LoggedEvent]) async throws {
    if batch.count == 1 {
      try await setAside(batch, at: 0, code: "batch_too_large", "This change is too large for the server.")
    } else {
      limit = max(1, batch.count / 2)
    }
  }

  /// Puts one event on the list of the refused; the rest goes at once.
  private func setAside(_ batch: [LoggedEvent], at index: Int, code: String, _ reason: String) async throws {
    guard batch.indices.contains(index) else { throw ServerFailure.refused(status: 422, code: code) }
    let verdict = Verdict(id: batch[index].id, code: code, reason: reason, isRetryable: false)
    await tell(try await database.settle(accepted: [], head: 0, rejected: [verdict]))
    await report(.synced(Date()))
  }

  /// Notes that the feed has been read up to its end.
  func noteUpToDate() { isUpToDate = true }

  /// Notes what the server's clock says.
  func note(_ serverTime: Int64) async throws {
    knowsTime = true
    await tell(try await database.noteServerTime(serverTime))
  }

  // MARK: - Following

  private func followLoop() async {
    var backoff = Backoff()
    while !Task.isCancelled {
      do {
        await report(.connection(.connecting))
        try await catchUp()
        await report(.connection(.online))
        await report(.synced(Date()))
        backoff.reset()
        if lostStreams < 2 {
          try await followStream()
        } else {
          try await poll()
        }
      } catch {
        let hold = await wait(after: error, &backoff)
        guard !Task.isCancelled else { return }
        await report(.connection(Self.isUnauthorized(error) ? .unauthorized : .offline))
        knowsTime = false
        isUpToDate = false
        await rest(hold)
      }
    }
  }

  /// Follows the stream until it ends; one that never begins counts.
  private func followStream() async throws {
    var hasBegun = false
    do {
      for try await message in server.live(since: try await database.cursor(), types: types) {
        switch message {
        case .open: hasBegun = true
        case .event(let event, let cursor): try await take([event], cursor: cursor, seq: event.seq ?? 0)
        case .caughtUp(let cursor, let seq, let serverTime):
          lostStreams = 0
          try await note(serverTime)
          try await take([], cursor: cursor, seq: seq)
        case .error(let code): throw ServerFailure.refused(status: 0, code: code)
        }
      }
    } catch {
      if error is CancellationError || (error as? ServerFailure)?.endsCursor == true { throw error }
      // That the server is away says nothing of streams: the feed will say it.
      hasBegun = hasBegun && !(error is ServerFailure)
    }
    if !hasBegun { lostStreams += 1 }
    await rest(Double.random(in: 0.1...0.5))
  }

  /// Asks the feed again and again, where something on the way lets no stream through.
  private func poll() async throws {
    for _ in 0..<Self.pollsPerTry where !Task.isCancelled {
      await rest(Self.pollInterval)
      try await catchUp()
    }
    lostStreams = 1
  }

  func take(_ events: [LoggedEvent], cursor: String, seq: Int64) async throws {
    await tell(try await database.take(events, cursor: cursor, seq: seq))
    try await refetchStale()
    if !events.isEmpty { await report(.synced(Date())) }
  }

  /// Where the feed of this client goes on, in pages.
  static var page: Int { pageLimit }

  // MARK: - Waiting

  private static func isUnauthorized(_ error: any Error) -> Bool {
    if case ServerFailure.refused(status: 401, _, _, _, _) = error { true } else { false }
  }

  /// How long a failure holds a loop, in seconds.
  private func wait(after error: any Error, _ backoff: inout Backoff) async -> Double {
    if !(error is CancellationError), !Task.isCancelled { await report(.problem(SyncError(error))) }
    if case ServerFailure.refused(_, _, _, let after?, _) = error { return max(after, 0.1) }
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
  /// The server does not take the token; it will be asked again with a new one.
  case unauthorized
}
