import Foundation
import SyncFixturesModels
import Testing

/// Clients against the real server.
@Suite struct ServerTests {
  @Test func twoDevicesConverge() async throws {
    let tenant = freshTenant()
    let (one, two) = (try Device(tenant), try Device(tenant, user: "bert"))
    await one.client.start()
    await two.client.start()
    let id = UUID()
    try await one.client.orders.create(OrderEvent.Created(tableNumber: 4), id: id)
    try await one.client.orders.addItem(OrderItem.Draft(name: "Cafe\u{301}", priceCents: 250), to: id)
    #expect(try await eventually { try await two.client.orders.get(id)?.items.count == 1 })
    try await two.client.orders.changeNote(of: id, to: "caf\u{e9}")
    #expect(try await eventually { try await one.client.orders.get(id)?.note != nil })
    #expect(try await eventually { await one.client.status.pendingCount == 0 })
    let (left, right) = (try await one.client.orders.get(id), try await two.client.orders.get(id))
    #expect(left?.wire.text == right?.wire.text)
    await one.client.stop()
    await two.client.stop()
  }

  @Test func offlineAndBack() async throws {
    let tenant = freshTenant()
    let (one, two) = (try Device(tenant), try Device(tenant))
    await one.client.start()
    await two.client.start()
    let id = UUID()
    try await one.client.orders.create(OrderEvent.Created(tableNumber: 4), id: id)
    #expect(try await eventually { try await two.client.orders.get(id) != nil })
    one.network.turn(off: true)
    two.network.turn(off: true)
    for _ in 0..<20 {
      try await one.client.orders.addTip(10, to: id)
      try await two.client.orders.addTip(1, to: id)
    }
    #expect(try await one.client.orders.get(id)?.tipCents == 200)
    #expect(await one.client.status.pendingCount == 20)
    for device in [one, two] {
      device.network.turn(off: false)
      await device.client.wake()
    }
    for device in [one, two] {
      #expect(try await eventually { try await device.client.orders.get(id)?.tipCents == 220 })
      #expect(try await eventually { await device.client.status.pendingCount == 0 })
    }
    #expect(try await one.client.orders.get(id)?.wire == two.client.orders.get(id)?.wire)
    await one.client.stop()
    await two.client.stop()
  }

  @Test func aLostAnswerCountsOnce() async throws {
    let tenant = freshTenant()
    let device = try Device(tenant)
    let id = UUID()
    try await device.client.orders.create(OrderEvent.Created(tableNumber: 4), id: id)
    try await device.client.orders.addTip(5, to: id)
    device.network.loseAnswers(1)
    await #expect(throws: SyncError.self) { try await device.client.flush() }
    #expect(try await device.client.orders.get(id)?.tipCents == 5)
    try await device.client.orders.addTip(7, to: id)
    try await device.client.flush()
    #expect(await device.client.status.pendingCount == 0)
    #expect(try await device.client.orders.get(id)?.tipCents == 12)
    let fresh = try Device(tenant)
    try await fresh.client.flush()
    #expect(try await fresh.client.orders.get(id)?.wire == device.client.orders.get(id)?.wire)
  }

  @Test func aRefusedCreateBlocksWhatDependsOnIt() async throws {
    let tenant = freshTenant()
    let (one, two) = (try Device(tenant), try Device(tenant))
    let id = UUID()
    try await one.client.orders.create(OrderEvent.Created(tableNumber: 1), id: id)
    try await two.client.orders.create(OrderEvent.Created(tableNumber: 2), id: id)
    for _ in 0..<60 {
      try await two.client.orders.addTip(1, to: id)
    }
    try await one.client.flush()
    try await two.client.flush()
    let rejections = await two.client.status.rejections
    #expect(rejections.map(\.code) == ["entity_exists"])
    #expect(await two.client.status.pendingCount == 0)
    // The other's order is there, with the tips that went with the create; the rest is blocked under it.
    #expect(try await two.client.orders.get(id)?.tableNumber == 1)
    #expect(try await two.client.orders.get(id)?.tipCents == 49)
    let rejection = try #require(rejections.first)
    try await two.client.retry(rejection)
    #expect(await two.client.status.pendingCount == 12)
    try await two.client.flush()
    #expect(await two.client.status.rejections.map(\.code) == ["entity_exists"])
    try await two.client.discard(rejection)
    #expect(await two.client.status.rejections.isEmpty)
    try await one.client.flush()
    #expect(try await one.client.orders.get(id)?.tipCents == 60)
    #expect(try await two.client.orders.get(id)?.wire == one.client.orders.get(id)?.wire)
  }

  @Test func otherRightsStartFromSnapshots() async throws {
    let tenant = freshTenant()
    let tokens = ChangingToken("dev:\(tenant):anna:waiter")
    let (device, other) = (try Device(tenant, tokens: tokens), try Device(tenant))
    let (seen, unsynced) = (UUID(), UUID())
    try await other.client.orders.create(OrderEvent.Created(tableNumber: 3), id: seen)
    try await other.client.flush()
    try await device.client.flush()
    #expect(try await device.client.orders.get(seen) != nil)
    try await device.client.orders.create(OrderEvent.Created(tableNumber: 5), id: unsynced)
    // A cursor of a waiter's feed is none of the owner's: the server answers 410.
    tokens.change(to: "dev:\(tenant):anna:owner")
    try await other.client.orders.addTip(2, to: seen)
    try await other.client.flush()
    try await device.client.flush()
    #expect(try await device.client.orders.get(seen)?.wire == other.client.orders.get(seen)?.wire)
    #expect(try await device.client.orders.get(unsynced)?.tableNumber == 5)
  }

  @Test func withoutStreamsTheFeedIsAsked() async throws {
    let tenant = freshTenant()
    let (one, two) = (try Device(tenant), try Device(tenant))
    two.network.forbidStreams()
    await two.client.start()
    let id = UUID()
    try await one.client.orders.create(OrderEvent.Created(tableNumber: 8), id: id)
    try await one.client.flush()
    #expect(try await eventually { try await two.client.orders.get(id) != nil })
    await two.client.stop()
  }

  @Test func fiveThousandEventsAreReadAfterwards() async throws {
    let tenant = freshTenant()
    let (one, two) = (try Device(tenant), try Device(tenant))
    // It has a cursor, so that it reads events and no snapshots.
    try await two.client.flush()
    var ids: [UUID] = []
    for table in 0..<20 {
      let id = UUID()
      ids.append(id)
      try await one.client.orders.create(OrderEvent.Created(tableNumber: Int32(table)), id: id)
      for _ in 0..<249 {
        try await one.client.orders.addTip(1, to: id)
      }
    }
    try await one.client.flush()
    try await two.client.flush()
    #expect(try await two.client.orders.all().count == 20)
    for id in ids {
      #expect(try await two.client.orders.get(id)?.wire == one.client.orders.get(id)?.wire)
    }
  }

  @Test func anOldTokenIsAskedForAnew() async throws {
    let tenant = freshTenant()
    let tokens = ChangingToken("expired", refreshed: "dev:\(tenant):anna:owner")
    let device = try Device(tenant, tokens: tokens)
    try await device.client.orders.create(OrderEvent.Created(tableNumber: 8))
    try await device.client.flush()
    #expect(await device.client.status.pendingCount == 0)
    let stranger = try Device(tenant, tokens: StaticToken("nobody"))
    await #expect(throws: SyncError.unauthorized) { try await stranger.client.flush() }
  }

  @Test func whatWasSavedOutlivesAKill() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kill-\(UUID())")
    let store = try SyncStore.user("anna", of: "kill", in: folder)
    let id = UUID()
    let saved = try await killedScribe(folder.appendingPathComponent("kill-anna.sqlite").path, id)
    let tenant = freshTenant()
    let device = try Device(tenant, store: store)
    let tips = try #require(try await device.client.orders.get(id)?.tipCents)
    // More may have been saved than was read.
    #expect(tips >= saved)
    try await device.client.flush()
    let other = try Device(tenant)
    try await other.client.flush()
    #expect(try await other.client.orders.get(id)?.tipCents == tips)
    try? FileManager.default.removeItem(at: folder)
  }

  /// Lets a process record, kills it in the middle, and gives the last number that it had printed.
  private func killedScribe(_ path: String, _ order: UUID) async throws -> Int64 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: ".build/debug/sync-scribe")
    process.arguments = [path, order.uuidString]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    var printed = Data()
    while printed.filter({ $0 == UInt8(ascii: "\n") }).count < 50 {
      let more = pipe.fileHandleForReading.availableData
      guard !more.isEmpty else { throw Missing(what: "the scribe's lines") }
      printed.append(more)
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    printed.append(try pipe.fileHandleForReading.readToEnd() ?? Data())
    let lines = String(decoding: printed, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: true)
    // The last line may be half a one.
    return try #require(lines.dropLast().last.flatMap { Int64($0) })
  }
}
