import CheckSupport
import Foundation
import SyncFixturesModels
import Testing

@testable import SyncRuntime

/// What the real server refuses, and what becomes of it.
@Suite struct RefusalTests {
  @Test func whatIsTooMuchAtOnceGoesInParts() async throws {
    let tenant = freshTenant()
    let device = try Device(tenant)
    let id = UUID()
    try await device.client.orders.create(OrderEvent.Created(tableNumber: 1), id: id)
    // Fifty of these are ten megabytes; the server takes four.
    let long = String(repeating: "x", count: 200_000)
    for step in 0..<50 {
      try await device.client.orders.changeNote(of: id, to: "\(step) \(long)")
    }
    try await device.client.flush()
    #expect(await device.client.status.pendingCount == 0)
    #expect(await device.client.status.rejections.isEmpty)
    let other = try Device(tenant)
    try await other.client.flush()
    #expect(try await other.client.orders.get(id)?.note?.hasPrefix("49 ") == true)
  }

  @Test func aSingleChangeThatIsTooLargeWaitsForTheUser() async throws {
    let device = try Device(freshTenant())
    let id = UUID()
    try await device.client.orders.create(OrderEvent.Created(tableNumber: 1), id: id)
    try await device.client.orders.changeNote(of: id, to: String(repeating: "x", count: 5_000_000))
    try await device.client.orders.addTip(3, to: id)
    try await device.client.flush()
    let rejections = await device.client.status.rejections
    #expect(rejections.map(\.code) == ["batch_too_large"])
    #expect(await device.client.status.pendingCount == 0)
    #expect(try await device.client.orders.get(id)?.note == nil)
    #expect(try await device.client.orders.get(id)?.tipCents == 3)
    try await device.client.discard(try #require(rejections.first))
    #expect(await device.client.status.rejections.isEmpty)
  }

  @Test func whatTheServerCannotReadIsSetAside() async throws {
    let device = try Device(freshTenant())
    let id = UUID()
    try await device.client.orders.create(OrderEvent.Created(tableNumber: 1), id: id)
    try await device.client.orders.changeNote(of: id, to: "garbled")
    try await device.client.orders.addTip(3, to: id)
    // On the way the second one's id is lost: the server answers 422 and names its index.
    device.network.garble { body in
      guard let note = body.range(of: "\"note_changed\"") ?? body.range(of: "order.note_changed") else { return body }
      let start = body.range(of: "{\"id\":\"", options: .backwards, range: body.startIndex..<note.lowerBound)
      guard let start else { return body }
      let lost = start.upperBound..<body.index(start.upperBound, offsetBy: 8)
      return body.replacingCharacters(in: lost, with: "nonsense")
    }
    try await device.client.flush()
    #expect(await device.client.status.rejections.map(\.code) == ["invalid_event"])
    #expect(await device.client.status.pendingCount == 0)
    #expect(try await device.client.orders.get(id)?.tipCents == 3)
    #expect(try await device.client.orders.get(id)?.note == nil)
  }

  @Test(arguments: [3_600_000, -3_600_000] as [Int64]) func aWrongClockIsNoticedByNobody(_ off: Int64) async throws {
    let tenant = freshTenant()
    let (wrong, right) = (try WrongClock(tenant, off), try Device(tenant))
    let id = UUID()
    try await right.client.orders.create(OrderEvent.Created(tableNumber: 1), id: id)
    try await right.client.flush()
    try await wrong.core.flush()
    for _ in 0..<20 {
      try await wrong.orders.addTip(1, to: id)
    }
    try await wrong.core.flush()
    #expect(await wrong.core.status.pendingCount == 0)
    #expect(await wrong.core.status.rejections.isEmpty)
    try await right.client.flush()
    #expect(try await right.client.orders.get(id)?.tipCents == 20)
    // The times are those of the server.
    let updated = try #require(try await right.client.orders.get(id)?.updatedAt)
    #expect(abs(updated.timeIntervalSinceNow) < 60)
    #expect(try await wrong.orders.get(id)?.wire == right.client.orders.get(id)?.wire)
  }

  @Test func whatWasSentWithAWrongStampIsStampedAnew() async throws {
    let tenant = freshTenant()
    let wrong = try WrongClock(tenant, 3_600_000)
    let id = UUID()
    try await wrong.orders.create(OrderEvent.Created(tableNumber: 1), id: id)
    try await wrong.orders.addTip(2, to: id)
    // As if it had been sent and the answer lost, so that it may not be moved.
    _ = try await wrong.core.database.nextBatch(limit: 10)
    await wrong.core.start()
    #expect(try await eventually { await wrong.core.status.pendingCount == 0 })
    #expect(await wrong.core.status.rejections.isEmpty)
    await wrong.core.stop()
    let right = try Device(tenant)
    try await right.client.flush()
    #expect(try await right.client.orders.get(id)?.tipCents == 2)
    #expect(try await wrong.orders.get(id)?.wire == right.client.orders.get(id)?.wire)
  }

  @Test func olderPayloadsAreLifted() async throws {
    let tenant = freshTenant()
    let (device, other) = (try Device(tenant), try Device(tenant))
    // It has a cursor, so that it reads the event; the other one reads a snapshot.
    try await device.client.flush()
    let id = UUID()
    let event: JSONObject = [
      "id": UUID().wire, "event_type": .string("shift.created"), "entity_type": .string("shift"), "entity_id": id.wire,
      "payload": .object(["name": .string("Ana"), "opened_on": .string("2026-11-21")]),
      "timestamp": .string(Stamp(milliseconds: Date().milliseconds, counter: 0, node: 7).description),
      "schema_version": .int(1),
    ]
    let body = JSONValue.object(["events": .array([.object(event)])]).text
    let answer = try await URLSessionTransport().send(
      TransportRequest(
        method: "POST", url: try Device.server().appendingPathComponent("events/batch"),
        headers: ["Authorization": "Bearer dev:\(tenant):anna:owner", "Content-Type": "application/json"],
        body: Data(body.utf8)))
    #expect(answer.status == 200)
    for device in [device, other] {
      try await device.client.flush()
      #expect(try await device.client.shifts.get(id)?.waiter == "Ana")
    }
  }

  @Test func whoSignsOutLosesNothingUnasked() async throws {
    let tenant = freshTenant()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("out-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    let device = try Device(tenant, store: try .user("anna", of: tenant, in: folder))
    await device.client.start()
    device.network.turn(off: true)
    let id = UUID()
    try await device.client.orders.create(OrderEvent.Created(tableNumber: 1), id: id)
    await #expect(throws: SyncError.unsyncedChanges(1)) { try await device.client.signOut() }
    // It goes on.
    device.network.turn(off: false)
    await device.client.wake()
    #expect(try await eventually { await device.client.status.pendingCount == 0 })
    try await device.client.signOut()
    await #expect(throws: SyncError.closed) { try await device.client.orders.all() }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    let again = try Device(tenant, store: try .user("anna", of: tenant, in: folder))
    try await again.client.flush()
    #expect(try await again.client.orders.get(id) != nil)
  }

  @Test func theHistoryIsReadInPages() async throws {
    let device = try Device(freshTenant())
    let id = UUID()
    try await device.client.orders.create(OrderEvent.Created(tableNumber: 1), id: id)
    try await device.client.orders.changeState(of: id, to: .sent)
    try await device.client.orders.addTip(2, to: id)
    try await device.client.flush()
    let page = try await device.client.orders.history(of: id, limit: 2)
    #expect(page.entries.map(\.applied) == [true, true])
    #expect(page.entries.first?.event == .stateChanged(.init(newStatus: .sent)))
    let earlier = try await device.client.orders.history(of: id, before: try #require(page.earlier))
    #expect(earlier.entries.map(\.logged.name) == ["created"])
    #expect(earlier.earlier == nil)
  }

  @Test func whatComesLateForWhatWasDroppedIsFetched() async throws {
    let tenant = freshTenant()
    let (late, busy, reader) = (try Device(tenant), try Device(tenant), try Device(tenant))
    let id = UUID()
    try await busy.client.orders.create(OrderEvent.Created(tableNumber: 1), id: id)
    for device in [busy, late, reader] {
      try await device.client.flush()
    }
    try await late.client.orders.addTip(1_000, to: id)
    for _ in 0..<300 {
      try await busy.client.orders.addTip(1, to: id)
    }
    for device in [busy, reader, late, busy, reader] {
      try await device.client.flush()
    }
    for device in [busy, reader, late] {
      #expect(try await device.client.orders.get(id)?.tipCents == 1_300)
    }
    #expect(try await reader.client.core.database.number("SELECT count(*) FROM events") < 150)
  }
}

/// A device whose clock is wrong.
private struct WrongClock {
  let core: SyncClientCore
  let orders: SyncCollection<Order>

  init(_ tenant: String, _ off: Int64) throws {
    let rules = ModelRules<Order>()
    core = try SyncClientCore(
      server: try Device.server(), tokens: StaticToken("dev:\(tenant):anna:owner"), store: .memory,
      transport: URLSessionTransport(), models: [ModelRegistration(rules)], time: { Date().milliseconds + off })
    orders = core.collection(rules)
  }
}
