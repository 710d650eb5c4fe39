import Foundation
import SyncFixturesModels
import Testing

@testable import SyncRuntime

/// The store folds the same whatever order events arrive in, and keeps rows and cursor together.
@Suite struct StoreTests {
  private static let entity = "0a0a0a0a-0000-4000-8000-00000000000a"

  /// A hundred events of an order as a server would have them, each with its position.
  private static func history(_ dice: inout some RandomNumberGenerator) throws -> [LoggedEvent] {
    let order = UUID(uuidString: entity)!
    var events: [OrderEvent] = [.created(OrderEvent.Created(tableNumber: 1))]
    for step in 0..<100 {
      switch Int.random(in: 0..<6, using: &dice) {
      case 0: events.append(.itemAdded(.init(item: .init(id: order, name: "Burger", priceCents: Int64(step)))))
      case 1: events.append(.itemRemoved(.init(itemID: order)))
      case 2: events.append(.noteChanged(.init(note: "note \(step)")))
      case 3: events.append(.stateChanged(.init(newStatus: .sent)))
      case 4: events.append(.stateChanged(.init(newStatus: .paid)))
      default: events.append(.tipAdded(.init(by: Int64(step))))
      }
    }
    return try events.enumerated().map { index, event in
      let stamp = try #require(Stamp("00176371200\(1_000 + index / 2).0000\(index % 2).9f3c2a10"))
      return LoggedEvent(
        id: UUID(), entityType: "order", entityID: entity, name: event.name, payload: event.payload, timestamp: stamp,
        schemaVersion: 1, userID: nil, seq: Int64(index + 1))
    }
  }

  private static func database() throws -> SyncDatabase {
    try SyncDatabase(path: ":memory:", models: [ModelRules<Order>()])
  }

  @Test func anyOrderOfArrivalGivesTheSameState() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var dice = SeededNumbers(seed)
    let history = try Self.history(&dice)
    let straight = try Self.database()
    _ = try await straight.take(history, cursor: "end")
    let expected = try #require(try await straight.state(of: Order.self, id: Self.entity))
    for _ in 0..<20 {
      let database = try Self.database()
      var left = history.shuffled(using: &dice)
      while !left.isEmpty {
        let count = min(left.count, Int.random(in: 1...20, using: &dice))
        _ = try await database.take(Array(left.prefix(count)), cursor: "\(left.count)")
        left.removeFirst(count)
      }
      let state = try await database.state(of: Order.self, id: Self.entity)
      #expect(state?.wire == expected.wire, "seed \(seed)")
    }
  }

  @Test func aSnapshotStandsForItsEvents() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var dice = SeededNumbers(seed)
    let history = try Self.history(&dice)
    let straight = try Self.database()
    _ = try await straight.take(history, cursor: "end")
    let expected = try await straight.state(of: Order.self, id: Self.entity)
    for cut in [1, 2, 50, 100] {
      let server = try Self.database()
      _ = try await server.take(Array(history.prefix(cut)), cursor: "")
      let state = try #require(try await server.state(of: Order.self, id: Self.entity))
      let last = history[cut - 1]
      let snapshot = try ServerSnapshot(
        wire: .object([
          "entity_type": .string("order"), "entity_id": .string(Self.entity), "state": state.wire,
          "last_hlc": .string(last.timestamp.description), "last_event_id": last.id.wire,
          "event_count": .int(Int64(cut)),
          "schema_version": .int(1), "seq": .int(Int64(cut)),
        ]))
      let database = try Self.database()
      _ = try await database.take(Array(history.prefix(cut / 2)), cursor: "")
      _ = try await database.restore([snapshot])
      // What it holds comes again, and does nothing.
      _ = try await database.take(Array(history.shuffled(using: &dice)), cursor: "")
      #expect(try await database.stale().isEmpty)
      #expect(try await database.state(of: Order.self, id: Self.entity)?.wire == expected?.wire, "seed \(seed)")
    }
  }

  @Test func whatIsLateForASnapshotIsAskedFor() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var dice = SeededNumbers(seed)
    let history = try Self.history(&dice)
    let database = try Self.database()
    let last = history[99]
    let snapshot = try ServerSnapshot(
      wire: .object([
        "entity_type": .string("order"), "entity_id": .string(Self.entity), "state": .null,
        "last_hlc": .string(last.timestamp.description), "last_event_id": last.id.wire, "event_count": .int(99),
        "schema_version": .int(1), "seq": .int(1),
      ]))
    _ = try await database.restore([snapshot])
    _ = try await database.take([history[50]], cursor: "after")
    #expect(try await database.stale() == [EntityKey(type: "order", id: Self.entity)])
    #expect(try await database.cursor() == "after")
  }

  @Test func rowsAndCursorMoveTogether() async throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).sqlite").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let seed = UInt64.random(in: 0 ... .max)
    var dice = SeededNumbers(seed)
    let history = try Self.history(&dice)
    let database = try SyncDatabase(path: path, models: [ModelRules<Order>()])
    _ = try await database.take(Array(history.prefix(3)), cursor: "three")
    let before = try await database.state(of: Order.self, id: Self.entity)
    // Another connection forbids the end of the page: nothing of it stays.
    let other = try SQLiteConnection(path: path)
    try other.execute(
      script: "CREATE TRIGGER no BEFORE INSERT ON meta WHEN new.value = 'six' BEGIN SELECT raise(ABORT, 'no'); END")
    await #expect(throws: SyncError.self) { _ = try await database.take(Array(history.prefix(6)), cursor: "six") }
    #expect(try await database.cursor() == "three")
    #expect(try await database.state(of: Order.self, id: Self.entity)?.wire == before?.wire)
    try other.execute(script: "DROP TRIGGER no")
    _ = try await database.take(history, cursor: "six")
    #expect(try await database.cursor() == "six")
  }

  @Test func aWrongClockMovesWhatWasNeverSent() async throws {
    let database = try Self.database()
    let rules = ModelRules<Order>()
    _ = try await database.record(.created(.init(tableNumber: 1)), on: Self.entity, of: rules)
    _ = try await database.record(.tipAdded(.init(by: 3)), on: Self.entity, of: rules)
    let now = Date().milliseconds
    let changed = try await database.noteServerTime(now + 3_600_000)
    #expect(changed.count == 1)
    let batch = try await database.nextBatch(limit: 10)
    #expect(batch.map(\.name) == ["created", "tip_added"])
    #expect(batch.allSatisfy { abs($0.timestamp.milliseconds - now - 3_600_000) < 60_000 })
    // What has left stays.
    #expect(try await database.noteServerTime(now).isEmpty)
    #expect(try await database.nextBatch(limit: 10).map(\.timestamp) == batch.map(\.timestamp))
    #expect(try await database.state(of: Order.self, id: Self.entity)?.tipCents == 3)
  }
}

/// Numbers that a seed repeats.
private struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
