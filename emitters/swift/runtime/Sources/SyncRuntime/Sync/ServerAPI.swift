import Foundation

/// The server's routes, as this client uses them. The one place that knows the shape of each answer.
struct ServerAPI: Sendable {
  let base: URL
  let tokens: any TokenProvider
  let transport: any SyncTransport

  /// The verdicts on a batch.
  struct BatchAnswer: Sendable {
    let accepted: [UUID]
    let rejected: [Verdict]
    /// The position of the last accepted event.
    let head: Int64
    let serverTime: Int64
  }

  /// A page of the feed.
  struct FeedPage: Sendable {
    let events: [LoggedEvent]
    let cursor: String
    let seq: Int64
    let hasMore: Bool
    let serverTime: Int64
  }

  /// A page of snapshots.
  struct SnapshotPage: Sendable {
    let snapshots: [ServerSnapshot]
    let next: String?
    let cursor: String
    let seq: Int64
  }

  func postBatch(_ events: [LoggedEvent]) async throws(ServerFailure) -> BatchAnswer {
    let body = JSONValue.object(["events": .array(events.map(\.wire))]).text
    let answer = try await answer("POST", "events/batch", [], body: Data(body.utf8))
    return try read(answer) { value throws(InvalidValue) in
      var reader = try WireReader(value, at: .root)
      let accepted: [UUID] = try reader.required("accepted")
      let rejected: [JSONValue] = try reader.required("rejected")
      var verdicts: [Verdict] = []
      for value in rejected {
        var reader = try WireReader(value, at: .root)
        var verdict = Verdict(
          id: try reader.required("id"), code: try reader.required("code"), reason: try reader.required("reason"),
          isRetryable: try reader.required("retryable"))
        let conflicts: [JSONValue]? = try reader.optional("conflicts")
        for conflict in conflicts ?? [] {
          verdict.conflicts.append(try FieldConflict(wire: conflict))
        }
        verdicts.append(verdict)
      }
      let head: Int64? = try reader.nullable("seq")
      return BatchAnswer(
        accepted: accepted, rejected: verdicts, head: head ?? 0, serverTime: try reader.required("server_time"))
    }
  }

  func feed(since cursor: String?, types: [String], limit: Int) async throws(ServerFailure) -> FeedPage {
    var query = [("entity_type", types.joined(separator: ",")), ("limit", String(limit))]
    if let cursor { query.append(("since", cursor)) }
    return try read(await answer("GET", "events/since", query)) { value throws(InvalidValue) in
      var reader = try WireReader(value, at: .root)
      let wires: [JSONValue] = try reader.required("events")
      var events: [LoggedEvent] = []
      for wire in wires {
        events.append(try LoggedEvent(wire: wire))
      }
      return FeedPage(
        events: events, cursor: try reader.required("cursor"), seq: try reader.required("seq"),
        hasMore: try reader.required("has_more"),
        serverTime: try reader.required("server_time"))
    }
  }

  /// What the server's clock says.
  func time() async throws(ServerFailure) -> Int64 {
    try read(await answer("GET", "events/since", [("limit", "1")])) { value throws(InvalidValue) in
      var reader = try WireReader(value, at: .root)
      return try reader.required("server_time")
    }
  }

  func snapshots(of type: String, after: String?, entity: String? = nil) async throws(ServerFailure) -> SnapshotPage {
    var query = [("entity_type", type)]
    if let after { query.append(("after", after)) }
    if let entity { query.append(("entity_id", entity)) }
    return try read(await answer("GET", "events/snapshots", query)) { value throws(InvalidValue) in
      var reader = try WireReader(value, at: .root)
      let wires: [JSONValue] = try reader.required("snapshots")
      var snapshots: [ServerSnapshot] = []
      for wire in wires {
        snapshots.append(try ServerSnapshot(wire: wire))
      }
      return SnapshotPage(
        snapshots: snapshots, next: try reader.nullable("next"), cursor: try reader.required("cursor"),
        seq: try reader.required("seq"))
    }
  }

  func history<Model: SyncModel>(
    of id: String, limit: Int, before page: String?, _ rules: ModelRules<Model>
  ) async throws(ServerFailure) -> HistoryPage<Model> {
    var query = [("limit", String(limit))]
    if let page { query.append(("before", page)) }
    return try read(await answer("GET", "events/history/\(Model.entity)/\(id)", query)) { value throws(InvalidValue) in
      var reader = try WireReader(value, at: .root)
      let wires: [JSONValue] = try reader.required("events")
      var entries: [HistoryEntry<Model>] = []
      for wire in wires {
        let logged = try LoggedEvent(wire: wire)
        let applied = wire.object?["applied"] == .bool(true)
        entries.append(HistoryEntry(logged: logged, event: (try? rules.read(logged)) ?? nil, applied: applied))
      }
      return HistoryPage(entries: entries, earlier: try reader.nullable("next"))
    }
  }

  /// The messages of the live stream, from a place in the feed on.
  func live(since cursor: String?, types: [String]) -> AsyncThrowingStream<LiveMessage, any Error> {
    AsyncThrowingStream { continuation in
      let task = Task {
        do {
          try await follow(since: cursor, types: types) { continuation.yield($0) }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  private func follow(since cursor: String?, types: [String], _ yield: (LiveMessage) -> Void) async throws {
    var query = [("channels", types.joined(separator: ","))]
    if let cursor { query.append(("since", cursor)) }
    var request = try await request("GET", "events/live", query, body: nil, refresh: false)
    request.headers["Accept"] = "text/event-stream"
    var parser = ServerSentEvents()
    for try await piece in transport.stream(request) {
      switch piece {
      case .status(200): yield(.open)
      case .status(let status): throw ServerFailure.refused(status: status)
      case .bytes(let data):
        for text in parser.feed(data) {
          if let message = try LiveMessage(text: text) { yield(message) }
        }
      }
    }
  }

  // MARK: - Requests

  private func request(
    _ method: String, _ path: String, _ query: [(String, String)], body: Data?, refresh: Bool
  ) async throws -> TransportRequest {
    guard var parts = URLComponents(url: base.appendingPathComponent(path), resolvingAgainstBaseURL: false) else {
      throw ServerFailure.unreadable("\(base) is no address")
    }
    if !query.isEmpty { parts.queryItems = query.map { URLQueryItem(name: $0.0, value: $0.1) } }
    // `+` stands for a space in a query, and URLComponents leaves it.
    parts.percentEncodedQuery = parts.percentEncodedQuery?.replacingOccurrences(of: "+", with: "%2B")
    guard let url = parts.url else { throw ServerFailure.unreadable("\(base) is no address") }
    var headers = ["Authorization": "Bearer \(try await tokens.token(refresh: refresh))", "Accept": "application/json"]
    if body != nil { headers["Content-Type"] = "application/json" }
    return TransportRequest(method: method, url: url, headers: headers, body: body)
  }

  /// The body of an answer.
  func answer(
    _ method: String, _ path: String, _ query: [(String, String)], body: Data? = nil
  ) async throws(ServerFailure) -> Data {
    do {
      var answer = try await transport.send(request(method, path, query, body: body, refresh: false))
      if answer.status == 401 {
        answer = try await transport.send(request(method, path, query, body: body, refresh: true))
      }
      guard (200..<300).contains(answer.status) else {
        let problem = (try? JSONValue(parsing: String(decoding: answer.body, as: UTF8.self)))?.object
        throw ServerFailure.refused(
          status: answer.status, code: problem?["code"]?.string ?? "", index: problem?["index"]?.int,
          retryAfter: answer.retryAfter, reason: problem?["detail"]?.string ?? "")
      }
      return answer.body
    } catch let failure as ServerFailure {
      throw failure
    } catch {
      throw .unreachable("\(error.localizedDescription)")
    }
  }

  /// Maps a body.
  func read<Value>(
    _ body: Data, _ map: (JSONValue) throws(InvalidValue) -> Value
  ) throws(ServerFailure) -> Value {
    do {
      return try map(JSONValue(parsing: String(decoding: body, as: UTF8.self)))
    } catch {
      throw .unreadable("\(error)")
    }
  }
}

/// Why the server gave no answer that helps.
enum ServerFailure: Error, Sendable {
  /// No answer came.
  case unreachable(String)
  /// It answered with a status of 400 or more.
  case refused(status: Int, code: String = "", index: Int64? = nil, retryAfter: Double? = nil, reason: String = "")
  /// It answered with what is no answer of its contract.
  case unreadable(String)
  /// Whether the server no longer goes on from the cursor: the client starts from snapshots.
  var endsCursor: Bool {
    switch self {
    case .refused(let status, let code, _, _, _):
      status == 410 || (status == 400 && code == "invalid_cursor") || code == "cursor_expired"
    default: false
    }
  }
}

/// A message of the live stream.
enum LiveMessage: Sendable {
  /// The server has begun to answer.
  case open
  /// An event, and the cursor behind it.
  case event(LoggedEvent, cursor: String)
  /// Everything up to here has been sent.
  case caughtUp(cursor: String, seq: Int64, serverTime: Int64)
  /// The stream ends for a reason.
  case error(code: String)

  /// `nil` for a message that this version does not know.
  init?(text: String) throws {
    let object = try JSONValue(parsing: text).object
    switch object?["type"]?.string {
    case "event":
      guard let event = object?["event"], let cursor = object?["cursor"]?.string else { return nil }
      self = .event(try LoggedEvent(wire: event), cursor: cursor)
    case "caught_up":
      guard let cursor = object?["cursor"]?.string, let seq = object?["seq"]?.int,
        let time = object?["server_time"]?.int
      else { return nil }
      self = .caughtUp(cursor: cursor, seq: seq, serverTime: time)
    case "error": self = .error(code: object?["code"]?.string ?? "")
    default: return nil
    }
  }
}
