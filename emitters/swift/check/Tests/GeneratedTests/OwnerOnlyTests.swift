import EmitModels
import Foundation
import Testing

@testable import SyncRuntime

/// What a device shows of fields that an owner alone sees.
@Suite struct OwnerOnlyTests {
  private let server = HidingServer()
  private let theirs = UUID()

  private func device(_ store: SyncStore = .memory) throws -> EmitClient {
    try EmitClient(
      server: URL(string: "http://server.invalid/api/v1")!, tokens: StaticToken(""), store: store,
      repairFunctions: RepairFunctions(doubled: { _, _, _ in }, upcastFrom1: { _, _ in }), transport: server)
  }

  private func create(_ id: UUID, on device: EmitClient) async throws {
    try await device.repairs.create(RepairEvent.Created(first: "Ana", last: "Diaz"), id: id)
  }

  /// What is shown of the hidden counter, list and machine.
  private func shown(_ id: UUID, on device: EmitClient) async throws -> [String] {
    guard let repair = try await device.repairs.get(id) else { return ["nothing"] }
    return [repair.rebatesCents.map(String.init), repair.flags.map { "\($0)" }, repair.audit?.wire.string]
      .map { $0 ?? "hidden" }
  }

  private static let hidden = ["hidden", "hidden", "hidden"]
  private static let defaults = ["0", "[]", "open"]

  @Test func isNotShownAtItsDefaultToWhoeverIsNoOwner() async throws {
    let device = try device()
    try await device.flush()
    server.append(created: theirs)
    try await device.flush()
    #expect(try await shown(theirs, on: device) == Self.hidden)
    // On the device that makes an entity neither.
    let own = UUID()
    try await create(own, on: device)
    #expect(try await shown(own, on: device) == Self.hidden)
    try await device.flush()
    #expect(try await shown(own, on: device) == Self.hidden)
    #expect(server.questions == 1, "the word on one stands for all")
    // What is set is no default.
    server.append("rebated", ["by": .int(7)], on: theirs)
    server.append("updated", ["first": .string("Eva")], on: theirs)
    try await device.flush()
    #expect(try await device.repairs.get(theirs)?.first == "Eva")
    #expect(try await shown(theirs, on: device) == Self.hidden)
  }

  @Test func isAtItsDefaultForAnOwner() async throws {
    server.showAll()
    let device = try device()
    try await device.flush()
    server.append(created: theirs)
    try await device.flush()
    #expect(try await shown(theirs, on: device) == Self.defaults)
    #expect(server.questions == 1)
    // A store that begins with the server's states has nothing to ask.
    let fresh = try self.device()
    try await fresh.flush()
    #expect(try await shown(theirs, on: fresh) == Self.defaults)
    #expect(server.questions == 1)
  }

  @Test func isAtItsDefaultWhereItWasMadeBeforeTheServerHasTold() async throws {
    let device = try device()
    let own = UUID()
    try await create(own, on: device)
    #expect(try await shown(own, on: device) == Self.defaults)
    // The server's word on it is the answer.
    try await device.flush()
    #expect(try await shown(own, on: device) == Self.hidden)
  }

  @Test func isAskedAfterOnceOverRestarts() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rights-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = try device(.user("anna", of: "bistro", in: folder))
    try await first.flush()
    server.append(created: theirs)
    try await first.flush()
    #expect(server.questions == 1)
    let later = UUID()
    server.append(created: later)
    // Enough for snapshots, which hide it as well.
    for _ in 0..<120 { server.append("paid", ["by": .int(1)], on: theirs) }
    let again = try device(.user("anna", of: "bistro", in: folder))
    try await again.flush()
    #expect(try await shown(later, on: again) == Self.hidden)
    #expect(try await shown(theirs, on: again) == Self.hidden)
    #expect(try await again.repairs.get(theirs)?.paidCents == 120)
    #expect(server.questions == 1)
  }

  @Test func comesWhenTheUserBecomesAnOwnerAndGoesAgain() async throws {
    server.append(created: theirs)
    let device = try device()
    try await device.flush()
    #expect(try await shown(theirs, on: device) == Self.hidden)
    server.showAll()
    try await device.flush()
    #expect(try await shown(theirs, on: device) == Self.defaults)
    server.showAll(false)
    try await device.flush()
    #expect(try await shown(theirs, on: device) == Self.hidden)
  }
}

/// A server of repairs that shows its user what an owner sees, or not.
private final class HidingServer: SyncTransport, @unchecked Sendable {
  private let lock = NSLock()
  private var log: [JSONValue] = []
  private var folded: [String: Folded<Repair>] = [:]
  private var isOwner = false
  /// Cursors of other rights are none.
  private var epoch = 0
  private var asked = 0
  private let rules = ModelRules<Repair>(
    functions: RepairFunctions(doubled: { _, _, _ in }, upcastFrom1: { _, _ in }))

  /// How often it was asked for one entity's state.
  var questions: Int { lock.withLock { asked } }

  func showAll(_ isOwner: Bool = true) {
    lock.withLock {
      self.isOwner = isOwner
      epoch += 1
    }
  }

  func append(created id: UUID) { append("created", ["first": .string("Bo"), "last": .string("Li")], on: id) }

  func append(_ name: String, _ payload: JSONObject, on id: UUID) {
    lock.withLock {
      let stamp = Stamp(milliseconds: 1_763_712_000_000 + Int64(log.count), counter: 0, node: 1)
      take([
        "id": UUID().wire, "event_type": .string("repair.\(name)"), "entity_type": .string("repair"),
        "entity_id": id.wire, "payload": .object(payload), "schema_version": .int(Int64(Repair.version)),
        "timestamp": .string(stamp.description),
      ])
    }
  }

  private func take(_ event: JSONObject) {
    var event = event
    event["seq"] = .int(Int64(log.count + 1))
    event["user_id"] = .string("bert")
    log.append(.object(event))
    guard let logged = try? LoggedEvent(wire: .object(event)), let known = try? rules.read(logged) else { return }
    folded[logged.entityID, default: .absent].fold(known, logged.meta, rules.functions)
  }

  func send(_ request: TransportRequest) async throws -> TransportAnswer {
    let query = URLComponents(url: request.url, resolvingAgainstBaseURL: false)?.queryItems ?? []
    let value = { (name: String) in query.first { $0.name == name }?.value }
    return lock.withLock {
      switch request.url.lastPathComponent {
      case "batch": answer(batch: request.body ?? Data())
      case "snapshots": answer(snapshotsOf: value("entity_id"))
      default: answer(since: value("since"))
      }
    }
  }

  func stream(_ request: TransportRequest) -> AsyncThrowingStream<StreamPiece, any Error> {
    AsyncThrowingStream { $0.finish(throwing: URLError(.cannotConnectToHost)) }
  }

  private var end: JSONObject { ["cursor": .string("\(epoch).\(log.count)"), "seq": .int(Int64(log.count))] }

  private func answer(since cursor: String?) -> TransportAnswer {
    let parts = (cursor ?? "\(epoch).0").split(separator: ".").compactMap { Int($0) }
    guard parts.count == 2, parts[0] == epoch else { return TransportAnswer(status: 410) }
    var page = end
    page["events"] = .array(log.dropFirst(parts[1]).map(shown))
    page["has_more"] = .bool(false)
    page["server_time"] = .int(Date().milliseconds)
    return json(page)
  }

  private func answer(snapshotsOf id: String?) -> TransportAnswer {
    if id != nil { asked += 1 }
    var page = end
    page["next"] = .null
    page["snapshots"] = .array(
      folded.filter { id == nil || $0.key == id }.compactMap { key, value in
        guard case .object(var state) = value.state?.wire else { return nil }
        let mine = log.filter { $0.object?["entity_id"]?.string == key }
        guard let last = mine.last?.object else { return nil }
        // An owner's states have all keys, everybody else's lack the hidden ones.
        for field in Repair.access?.ownerOnly ?? [] {
          state[field] = isOwner ? state[field] ?? .null : nil
        }
        return .object([
          "entity_type": .string("repair"), "entity_id": .string(key), "state": .object(state),
          "last_hlc": last["timestamp"] ?? .null, "last_event_id": last["id"] ?? .null,
          "event_count": .int(Int64(mine.count)), "schema_version": .int(Int64(Repair.version)),
          "seq": .int(Int64(log.count)),
        ])
      })
    return json(page)
  }

  private func answer(batch body: Data) -> TransportAnswer {
    let sent = (try? JSONValue(parsing: String(decoding: body, as: UTF8.self)))?.object?["events"]?.array ?? []
    for event in sent.compactMap(\.object) { take(event) }
    return json([
      "accepted": .array(sent.compactMap { $0.object?["id"] }), "rejected": .array([]),
      "seq": .int(Int64(log.count)), "server_time": .int(Date().milliseconds),
    ])
  }

  /// An event as its user may see it.
  private func shown(_ event: JSONValue) -> JSONValue {
    guard !isOwner, var object = event.object, var payload = object["payload"]?.object else { return event }
    for field in Repair.access?.ownerOnly ?? [] { payload[field] = nil }
    if object["event_type"]?.string == "repair.rebated" { payload["by"] = nil }
    object["payload"] = .object(payload)
    return .object(object)
  }

  private func json(_ object: JSONObject) -> TransportAnswer {
    TransportAnswer(status: 200, body: Data(JSONValue.object(object).text.utf8))
  }
}
