import Foundation
import SyncFixturesModels
import Testing

@testable import SyncRuntime

/// The store folds the same whatever order events arrive in, and keeps rows and cursor together.
@Suite struct StoreTests {
  private static let entity = "0a0a0a0a-0000-4000-8000-00000000000a"

  /// Events of an order as a server would have them, each with its position. Eighty are too few for any to be dropped.
  private static func history(
    _ dice: inout some RandomNumberGenerator, _ count: Int = 80
  ) throws -> [LoggedEvent] {
    let order = UUID(uuidString: entity)!
    var events: [OrderEvent] = [.created(OrderEvent.Created(tableNumber: 1))]
    for step in 1..<count {
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
      let stamp = try #require(Stamp("0017637120\(10_000 + index / 2).0000\(index % 2).9f3c2a10"))
      return LoggedEvent(
        id: UUID(), entityType: "order", entityID: entity, name: event.name, payload: event.payload, timestamp: stamp,
        schemaVersion: 1, userID: nil, seq: Int64(index + 1))
    }
  }

  private static func database() throws -> SyncDatabase {
    try SyncDatabase(.memory, models: [orders])
  }

  @Test func anyOrderOfArrivalGivesTheSameState() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var dice = SeededNumbers(seed)
    let history = try Self.history(&dice)
    let straight = try Self.database()
    _ = try await straight.take(history, cursor: "end")
    let expected = try #require(try await straight.state(of: Self.entity, orders))
    for _ in 0..<20 {
      let database = try Self.database()
      var left = history.shuffled(using: &dice)
      while !left.isEmpty {
        let count = min(left.count, Int.random(in: 1...20, using: &dice))
        _ = try await database.take(Array(left.prefix(count)), cursor: "\(left.count)")
        left.removeFirst(count)
      }
      let state = try await database.state(of: Self.entity, orders)
      #expect(state?.wire == expected.wire, "seed \(seed)")
    }
  }

  @Test func aSnapshotStandsForItsEvents() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var dice = SeededNumbers(seed)
    let history = try Self.history(&dice)
    let straight = try Self.database()
    _ = try await straight.take(history, cursor: "end")
    let expected = try await straight.state(of: Self.entity, orders)
    for cut in [1, 2, 40, 80] {
      let server = try Self.database()
      _ = try await server.take(Array(history.prefix(cut)), cursor: "")
      let state = try #require(try await server.state(of: Self.entity, orders))
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
      #expect(try await database.state(of: Self.entity, orders)?.wire == expected?.wire, "seed \(seed)")
    }
  }

  @Test func whatIsLateForASnapshotIsAskedFor() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var dice = SeededNumbers(seed)
    let history = try Self.history(&dice)
    let database = try Self.database()
    let last = history[79]
    let snapshot = try ServerSnapshot(
      wire: .object([
        "entity_type": .string("order"), "entity_id": .string(Self.entity), "state": .null,
        "last_hlc": .string(last.timestamp.description), "last_event_id": last.id.wire, "event_count": .int(79),
        "schema_version": .int(1), "seq": .int(1),
      ]))
    _ = try await database.restore([snapshot])
    _ = try await database.take([history[50]], cursor: "after")
    #expect(try await database.stale() == [EntityKey(type: "order", id: Self.entity)])
    #expect(try await database.cursor() == "after")
  }

  @Test func whatIsDroppedStaysInTheState() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var dice = SeededNumbers(seed)
    let history = try Self.history(&dice, 400)
    let rules = ModelRules<Order>()
    var expected = Folded<Order>.absent
    for event in history {
      expected.fold(try #require(try rules.read(event)), event.meta, rules.functions)
    }
    let database = try Self.database()
    // A late one here and there, as long as nothing before it was dropped.
    var left = history
    for at in stride(from: 5, to: 390, by: 17) {
      left.swapAt(at, at + Int.random(in: 1...5, using: &dice))
    }
    let arrived = left.enumerated().map { $1.at(Int64($0 + 1)) }
    for start in stride(from: 0, to: 400, by: 20) {
      _ = try await database.take(Array(arrived[start..<start + 20]), cursor: "\(start)")
    }
    #expect(try await database.stale().isEmpty)
    #expect(try await database.state(of: Self.entity, orders)?.wire == expected.state?.wire, "seed \(seed)")
    #expect(try await database.eventCount() < 120, "nothing was dropped")
    // All of it again does nothing: the snapshot stands for what is gone.
    _ = try await database.take(arrived, cursor: "again")
    #expect(try await database.state(of: Self.entity, orders)?.wire == expected.state?.wire, "seed \(seed)")
    // What nobody has seen and lies before it has to be asked for.
    let late = LoggedEvent(
      id: UUID(), entityType: "order", entityID: Self.entity, name: "tip_added", payload: .object(["by": .int(1)]),
      timestamp: history[10].timestamp, schemaVersion: 1, userID: nil, seq: 401)
    _ = try await database.take([late], cursor: "late")
    #expect(try await database.stale() == [EntityKey(type: "order", id: Self.entity)])
  }

  @Test func whatTheServerHasNotStays() async throws {
    let database = try Self.database()
    _ = try await database.record(.created(.init(tableNumber: 1)), on: Self.entity, of: orders)
    for _ in 0..<300 {
      _ = try await database.record(.tipAdded(.init(by: 1)), on: Self.entity, of: orders)
    }
    #expect(try await database.eventCount() == 301)
    // The feed brings two thirds of it back.
    let own = try await database.nextBatch(limit: 200)
    _ = try await database.take(own.enumerated().map { $1.at(Int64($0 + 1)) }, cursor: "two thirds")
    #expect(try await database.state(of: Self.entity, orders)?.tipCents == 300)
    #expect(try await database.summary().pending == 101)
    for _ in 0..<200 {
      _ = try await database.record(.tipAdded(.init(by: 1)), on: Self.entity, of: orders)
    }
    let rest = try await database.nextBatch(limit: 400)
    #expect(rest.count == 301)
    _ = try await database.take(rest.enumerated().map { $1.at(Int64($0 + 201)) }, cursor: "all")
    #expect(try await database.state(of: Self.entity, orders)?.tipCents == 500)
    #expect(try await database.eventCount() < 120)
    // Folded anew from what is left, it is the same.
    try await database.refoldAll()
    #expect(try await database.state(of: Self.entity, orders)?.tipCents == 500)
  }

  @Test func aStoreIsOneUsersAlone() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("owner-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try SyncStore.user("anna", of: "bistro", in: folder)
    let path = folder.appendingPathComponent("bistro-anna.sqlite")
    let database = try SyncDatabase(store, models: [orders])
    #expect(throws: SyncError.wrongOwner) { try SyncDatabase(.file(path, of: "bistro-bert"), models: [orders]) }
    _ = try await database.record(.created(.init(tableNumber: 1)), on: Self.entity, of: orders)
    await #expect(throws: SyncError.unsyncedChanges(1)) { try await database.erase(discardingUnsynced: false) }
    #expect(try await database.state(of: Self.entity, orders) != nil)
    try await database.writeThrough()
    try await database.erase(discardingUnsynced: true)
    await #expect(throws: SyncError.closed) { try await database.state(of: Self.entity, orders) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    // The file is free for whoever comes next.
    _ = try SyncDatabase(.file(path, of: "bistro-bert"), models: [orders])
  }

  @Test func aListFollowsItsEntities() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var dice = SeededNumbers(seed)
    let query = LiveList<Order>.Query(includes: { $0.guests > 1 }, precedes: { $0.tipCents > $1.tipCents })
    var list = LiveList(query, [])
    var all: [UUID: Order] = [:]
    let ids = (0..<20).map { _ in UUID() }
    for _ in 0..<500 {
      let id = ids[Int.random(in: 0..<20, using: &dice)]
      if Int.random(in: 0..<5, using: &dice) == 0 {
        all[id] = nil
      } else {
        let (guests, tip) = (Int32.random(in: 1...3, using: &dice), Int64.random(in: 0...4, using: &dice))
        all[id] = Order(
          id: id, tableNumber: 1, tipCents: tip, guests: guests, createdAt: Date(milliseconds: 0),
          updatedAt: Date(milliseconds: 0))
      }
      let before = list.models
      let changed = list.update(id.wireText, to: all[id])
      let expected = all.values.filter { $0.guests > 1 }.sorted {
        ($1.tipCents, $0.id.wireText) < ($0.tipCents, $1.id.wireText)
      }
      #expect(list.models == expected, "seed \(seed)")
      #expect(changed == (before != expected), "seed \(seed)")
    }
  }

  @Test func overtakenChangesAreListedUntilTheyAreDismissed() async throws {
    let database = try Self.database()
    _ = try await database.record(.created(.init(tableNumber: 1)), on: Self.entity, of: orders)
    let created = try #require(try await database.nextBatch(limit: 1).first)
    try await Task.sleep(for: .milliseconds(5))
    _ = try await database.record(.stateChanged(.init(newStatus: .sent)), on: Self.entity, of: orders)
    let own = try await database.nextBatch(limit: 2)
    // Somebody else's cancellation lies before it, and arrives later.
    let between = Stamp(milliseconds: created.timestamp.milliseconds + 1, counter: 0, node: 7)
    let cancelled = OrderEvent.stateChanged(.init(newStatus: .cancelled))
    let other = LoggedEvent(
      id: UUID(), entityType: "order", entityID: Self.entity, name: cancelled.name, payload: cancelled.payload,
      timestamp: between, schemaVersion: 1, userID: "bert", seq: 3)
    _ = try await database.take([own[0].at(1), own[1].at(2), other], cursor: "3")
    #expect(try await database.state(of: Self.entity, orders)?.status == .cancelled)
    let overtaken = try await database.summary().overtaken
    #expect(overtaken.map(\.id) == [own[1].id])
    try await database.dismiss(own[1].id)
    #expect(try await database.summary().overtaken.isEmpty)
  }

  @Test func textIsEqualByCodePoint() {
    let (one, two) = (OrderEvent.NoteChanged(note: "caf\u{e9}"), OrderEvent.NoteChanged(note: "cafe\u{301}"))
    #expect(one != two)
    #expect(OrderEvent.noteChanged(one) != .noteChanged(two))
    #expect(Set([one, two]).count == 2)
    var order = Order(id: UUID(), tableNumber: 1, createdAt: Date(milliseconds: 0), updatedAt: Date(milliseconds: 0))
    order.note = one.note
    var other = order
    #expect(order == other)
    other.note = two.note
    #expect(order != other)
  }

  @Test func olderVersionsAreLifted() async throws {
    let shifts: AnyMode<Shift> = EventMode(
      rules: ModelRules<Shift>(functions: ShiftFunctions(tipsSplit: { _, _, _ in })))
    let database = try SyncDatabase(.memory, models: [shifts])
    let payload: JSONObject = ["name": .string("Ana"), "opened_on": .string("2026-11-21")]
    let made = try LoggedEvent(
      id: UUID(), entityType: "shift", entityID: Self.entity, name: "created", payload: .object(payload),
      timestamp: #require(Stamp("001763712001000.00000.9f3c2a10")), schemaVersion: 1, userID: nil, seq: 1)
    _ = try await database.take([made], cursor: "1")
    #expect(try await database.state(of: Self.entity, shifts)?.waiter == "Ana")
    // A later version is kept, and does nothing until an update can read it.
    let newer = try LoggedEvent(
      id: UUID(), entityType: "shift", entityID: Self.entity, name: "takings_changed",
      payload: .object(["takings": .string("5")]), timestamp: #require(Stamp("001763712002000.00000.9f3c2a10")),
      schemaVersion: 3, userID: nil, seq: 2)
    _ = try await database.take([newer], cursor: "2")
    #expect(try await database.state(of: Self.entity, shifts)?.takings == 0)
    #expect(try await database.summary().needsUpdate)
  }

  @Test func rowsAndCursorMoveTogether() async throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).sqlite").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let seed = UInt64.random(in: 0 ... .max)
    var dice = SeededNumbers(seed)
    let history = try Self.history(&dice)
    let database = try SyncDatabase(.file(URL(fileURLWithPath: path)), models: [orders])
    _ = try await database.take(Array(history.prefix(3)), cursor: "three")
    let before = try await database.state(of: Self.entity, orders)
    // Another connection forbids the end of the page: nothing of it stays.
    let other = try SQLiteConnection(path: path)
    try other.execute(
      script: "CREATE TRIGGER no BEFORE INSERT ON meta WHEN new.value = 'six' BEGIN SELECT raise(ABORT, 'no'); END")
    await #expect(throws: SyncError.self) { _ = try await database.take(Array(history.prefix(6)), cursor: "six") }
    #expect(try await database.cursor() == "three")
    #expect(try await database.state(of: Self.entity, orders)?.wire == before?.wire)
    try other.execute(script: "DROP TRIGGER no")
    _ = try await database.take(history, cursor: "six")
    #expect(try await database.cursor() == "six")
  }

  @Test func aWrongClockMovesWhatWasNeverSent() async throws {
    let database = try Self.database()
    _ = try await database.record(.created(.init(tableNumber: 1)), on: Self.entity, of: orders)
    _ = try await database.record(.tipAdded(.init(by: 3)), on: Self.entity, of: orders)
    let now = Date().milliseconds
    let changed = try await database.noteServerTime(now + 3_600_000)
    #expect(changed.count == 1)
    let batch = try await database.nextBatch(limit: 10)
    #expect(batch.map(\.name) == ["created", "tip_added"])
    #expect(batch.allSatisfy { abs($0.timestamp.milliseconds - now - 3_600_000) < 60_000 })
    // What has left stays.
    #expect(try await database.noteServerTime(now).isEmpty)
    #expect(try await database.nextBatch(limit: 10).map(\.timestamp) == batch.map(\.timestamp))
    #expect(try await database.state(of: Self.entity, orders)?.tipCents == 3)
  }
}

/// Orders, as a store has them.
private let orders: AnyMode<Order> = EventMode(rules: ModelRules<Order>())

extension SyncDatabase {
  /// How many events are in the log.
  fileprivate func eventCount() throws -> Int64 {
    try store.database.first("SELECT count(*) FROM events") { $0.int(0) } ?? 0
  }

  /// Folds everything anew.
  fileprivate func refoldAll() throws {
    let ids = try store.database.all("SELECT entity_type, entity_id FROM states") { row in
      (row.text(0) ?? "", row.text(1) ?? "")
    }
    for (type, id) in ids {
      try models[type]?.refold(id, in: store)
    }
  }
}

extension LoggedEvent {
  /// As the feed brings it, at a position of the log.
  fileprivate func at(_ seq: Int64) -> LoggedEvent {
    LoggedEvent(
      id: id, entityType: entityType, entityID: entityID, name: name, payload: payload, timestamp: timestamp,
      schemaVersion: schemaVersion, userID: "anna", seq: seq)
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
