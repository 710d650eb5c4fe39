import CheckSupport
import Foundation
import SyncFixturesModels
import Testing

@testable import SyncRuntime

/// Rows, through the real server.
@Suite struct RowTests {
  @Test func rowsConverge() async throws {
    let tenant = freshTenant()
    let (one, two) = (try Device(tenant), try Device(tenant))
    let id = UUID()
    let made = try await one.client.contacts.create(.init(firstName: "Ada", email: "ada@x.org"), id: id)
    #expect(made?.firstName == "Ada")
    try await one.client.flush()
    try await two.client.flush()
    #expect(try await two.client.contacts.get(id)?.email == "ada@x.org")
    // Different fields never conflict; null is not what is left out.
    try await one.client.contacts.update(id, .init(lastName: .set("Lovelace")))
    try await two.client.contacts.update(id, .init(firstName: "Augusta", email: .set(nil)))
    for device in [one, two, one] { try await device.client.flush() }
    let (left, right) = (try await one.client.contacts.get(id), try await two.client.contacts.get(id))
    #expect(left?.wire == right?.wire)
    #expect(left?.firstName == "Augusta" && left?.lastName == "Lovelace" && left?.email == nil)
    for device in [one, two] {
      #expect(await device.client.status.pendingCount == 0)
      #expect(await device.client.status.conflicts.isEmpty)
      #expect(await device.client.status.rejections.isEmpty)
      #expect(try await device.unconfirmed() == 0)
    }
    // A delete hides the row at once.
    try await one.client.contacts.delete(id)
    #expect(try await one.client.contacts.get(id) == nil)
    try await one.client.flush()
    try await two.client.flush()
    #expect(try await two.client.contacts.all().isEmpty)
  }

  @Test func whatNeverLeftTheDeviceIsSentAsOne() async throws {
    let tenant = freshTenant()
    let device = try Device(tenant)
    let (kept, dropped) = (UUID(), UUID())
    try await device.client.contacts.create(.init(firstName: "A"), id: kept)
    for name in ["B", "C", "D"] { try await device.client.contacts.update(kept, .init(firstName: name)) }
    try await device.client.contacts.update(kept, .init(email: .set("d@x.org")))
    try await device.client.contacts.create(.init(firstName: "Nobody"), id: dropped)
    try await device.client.contacts.update(dropped, .init(firstName: "No one"))
    try await device.client.contacts.delete(dropped)
    try await device.client.flush()
    #expect(await device.client.status.pendingCount == 0)
    let first = try await device.client.contacts.history(of: kept)
    #expect(first.entries.map(\.logged.name) == ["created"])
    // Of one field the last value, with what the first expected; another field stays by itself.
    for name in ["E", "F"] { try await device.client.contacts.update(kept, .init(firstName: name)) }
    try await device.client.contacts.update(kept, .init(lastName: .set("L")))
    try await device.client.flush()
    #expect(await device.client.status.rejections.isEmpty)
    let then = try await device.client.contacts.history(of: kept)
    #expect(then.entries.map(\.logged.name) == ["created", "updated", "updated"])
    let other = try Device(tenant)
    try await other.client.flush()
    #expect(try await other.client.contacts.all().map(\.firstName) == ["F"])
    #expect(try await other.client.contacts.get(kept)?.wire == device.client.contacts.get(kept)?.wire)
  }

  @Test(arguments: ["mine", "theirs", "both"]) func aConflictWaitsForTheUser(_ end: String) async throws {
    let tenant = freshTenant()
    let (one, two) = (try Device(tenant), try Device(tenant))
    let id = UUID()
    try await one.client.contacts.create(.init(firstName: "A"), id: id)
    try await one.client.flush()
    try await two.client.flush()
    try await one.client.contacts.update(id, .init(firstName: "One"))
    try await two.client.contacts.update(id, .init(firstName: "Two"))
    try await two.client.contacts.update(id, .init(lastName: .set("Both")))
    try await one.client.flush()
    try await two.client.flush()
    // What is not contested went on.
    try await one.client.flush()
    #expect(try await one.client.contacts.get(id)?.lastName == "Both")
    let conflict = try #require(await two.client.status.conflicts.first)
    #expect(conflict.fields.map(\.field) == ["first_name"])
    #expect(conflict.fields.first?.mine == .string("Two"))
    #expect(conflict.fields.first?.theirs == .string("One"))
    #expect(try await two.client.contacts.get(id)?.firstName == "Two")
    #expect(await two.client.status.pendingCount == 1)
    switch end {
    case "mine": try await two.client.resolve(conflict, .keepMine)
    case "theirs": try await two.client.resolve(conflict, .keepServer)
    default: try await two.client.resolve(conflict, .merge(["first_name": .string("One and Two")]))
    }
    #expect(await two.client.status.conflicts.isEmpty)
    try await two.client.flush()
    try await one.client.flush()
    let expected = ["mine": "Two", "theirs": "One", "both": "One and Two"][end]
    for device in [one, two] {
      #expect(try await device.client.contacts.get(id)?.firstName == expected)
      #expect(await device.client.status.pendingCount == 0)
      #expect(try await device.unconfirmed() == 0)
    }
  }

  @Test func aConflictAtTheServerTakesItsValueAndIsReported() async throws {
    let tenant = freshTenant()
    let (one, two) = (try Device(tenant), try Device(tenant))
    let id = UUID()
    try await one.client.contacts.create(.init(firstName: "A"), id: id)
    try await one.client.flush()
    try await two.client.flush()
    try await two.client.contacts.update(id, .init(firstName: "Two", lastName: .set("Kept")))
    // It leaves before this device hears of the other's.
    let core = two.client.core
    let batch = try await core.database.nextBatch(limit: 10)
    try await one.client.contacts.update(id, .init(firstName: "One"))
    try await one.client.flush()
    let answer = try await core.server.postBatch(batch)
    _ = try await core.database.settle(accepted: answer.accepted, head: answer.head, rejected: answer.rejected)
    try await two.client.flush()
    #expect(try await two.client.contacts.get(id)?.firstName == "One")
    #expect(try await two.client.contacts.get(id)?.lastName == "Kept")
    let rejection = try #require(await two.client.status.rejections.first)
    #expect(rejection.code == "field_conflict")
    #expect(rejection.conflicts.first?.mine == .string("Two"))
    // Once more, over it.
    try await two.client.retry(rejection)
    try await two.client.flush()
    try await one.client.flush()
    #expect(try await one.client.contacts.get(id)?.firstName == "Two")
    #expect(await two.client.status.rejections.isEmpty)
    #expect(try await one.client.contacts.get(id)?.wire == two.client.contacts.get(id)?.wire)
  }

  @Test func whatARoleMayNotWriteLeavesTheRow() async throws {
    let tenant = freshTenant()
    let (editor, owner) = (try Device(tenant, role: "editor"), try Device(tenant))
    let id = UUID()
    try await owner.client.contacts.create(.init(firstName: "A", creditLimit: 5), id: id)
    try await owner.client.flush()
    try await editor.client.flush()
    #expect(try await editor.client.contacts.get(id)?.creditLimit == nil)
    try await editor.client.contacts.update(id, .init(creditLimit: .set(7)))
    #expect(try await editor.client.contacts.get(id)?.creditLimit == 7)
    try await editor.client.flush()
    #expect(try await editor.client.contacts.get(id)?.creditLimit == nil)
    let rejection = try #require(await editor.client.status.rejections.first)
    #expect(rejection.code == "forbidden")
    #expect(!Contact.canWrite(.updated(.init(creditLimit: .set(7))), as: ["editor"]))
    #expect(Contact.canWrite(.updated(.init(firstName: "B")), as: ["editor"]))
    #expect(!Contact.canWrite(.updated(.init(firstName: "B")), as: ["viewer"]))
    try await editor.client.discard(rejection)
    #expect(await editor.client.status.rejections.isEmpty)
  }

  @Test func aModelThatIsNotLocalFirstWaitsForTheServer() async throws {
    let tenant = freshTenant()
    let (one, two) = (try Device(tenant), try Device(tenant))
    let id = UUID()
    await one.client.start()
    await two.client.start()
    try await one.client.accounts.create(.init(name: "Cash"), id: id)
    // It is there when the mutation is done.
    let seen = try Device(tenant)
    try await seen.client.flush()
    #expect(try await seen.client.accounts.get(id)?.name == "Cash")
    #expect(try await eventually { try await two.client.accounts.get(id) != nil })
    // Both write at once: the higher stamp stays, and nothing is refused.
    async let left = one.client.accounts.update(id, .init(balanceCents: 1))
    async let right = two.client.accounts.update(id, .init(balanceCents: 2))
    _ = try await (left, right)
    #expect(
      try await eventually {
        let both = (try await one.client.accounts.get(id), try await two.client.accounts.get(id))
        let pending = (try await one.unconfirmed(), try await two.unconfirmed())
        return both.0?.wire == both.1?.wire && pending == (0, 0)
      })
    // A refusal is thrown, and the edit is gone by then.
    two.network.turn(off: true)
    let other = UUID()
    try await one.client.accounts.create(.init(name: "Mine"), id: other)
    let refused = Task { try await two.client.accounts.create(.init(name: "Yours"), id: other) }
    try await Task.sleep(for: .milliseconds(300))
    #expect(try await two.client.accounts.get(other)?.name == "Yours")
    two.network.turn(off: false)
    await two.client.wake()
    await #expect(throws: SyncError.self) { _ = try await refused.value }
    #expect(try await two.client.accounts.get(other)?.name != "Yours")
    #expect(await two.client.status.rejections.isEmpty)
    await one.client.stop()
    await two.client.stop()
  }

  @Test func aRefusedCreateHoldsWhatDependsOnIt() async throws {
    let tenant = freshTenant()
    let (one, two) = (try Device(tenant, role: "viewer"), try Device(tenant))
    let id = UUID()
    try await one.client.contacts.create(.init(firstName: "A"), id: id)
    _ = try await one.client.core.database.nextBatch(limit: 1)
    try await one.client.contacts.update(id, .init(firstName: "B"))
    try await one.client.flush()
    #expect(try await one.client.contacts.get(id) == nil)
    #expect(await one.client.status.rejections.map(\.code) == ["forbidden"])
    #expect(await one.client.status.pendingCount == 0)
    try await one.client.retry(try #require(await one.client.status.rejections.first))
    #expect(try await one.client.contacts.get(id)?.firstName == "B")
    try await one.client.flush()
    try await one.client.discard(try #require(await one.client.status.rejections.first))
    #expect(await one.client.status.rejections.isEmpty)
    #expect(await one.client.status.pendingCount == 0)
    try await two.client.flush()
    #expect(try await two.client.contacts.all().isEmpty)
  }

  @Test func otherRightsShowOtherFields() async throws {
    let tenant = freshTenant()
    let tokens = ChangingToken("dev:\(tenant):anna:editor")
    let (device, owner) = (try Device(tenant, tokens: tokens), try Device(tenant))
    let (id, unsent) = (UUID(), UUID())
    try await owner.client.contacts.create(.init(firstName: "A", creditLimit: 5), id: id)
    try await owner.client.flush()
    try await device.client.flush()
    try await device.client.contacts.create(.init(firstName: "Unsent"), id: unsent)
    // Another cursor: the server answers 410, and the device starts from snapshots.
    tokens.change(to: "dev:\(tenant):anna:owner")
    try await device.client.flush()
    #expect(try await device.client.contacts.get(id)?.creditLimit == 5)
    try await owner.client.flush()
    #expect(try await owner.client.contacts.get(unsent)?.firstName == "Unsent")
  }

  @Test func randomWritesConverge() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var dice = Dice(seed)
    let tenant = freshTenant()
    let devices = [try Device(tenant), try Device(tenant), try Device(tenant)]
    var ids: [UUID] = []
    for _ in 0..<120 {
      let device = devices[Int.random(in: 0..<3, using: &dice)]
      let known = ids.randomElement(using: &dice)
      switch Int.random(in: 0..<10, using: &dice) {
      case 0...1:
        let id = UUID()
        ids.append(id)
        try await device.client.contacts.create(.init(firstName: "\(ids.count)"), id: id)
      case 2...6:
        guard let known else { continue }
        let text = "\(Int.random(in: 0..<100, using: &dice))"
        let changes: ContactEvent.Updated =
          switch Int.random(in: 0..<3, using: &dice) {
          case 0: .init(firstName: text)
          case 1: .init(lastName: .set(text))
          default: .init(firstName: text, email: .set(nil))
          }
        // One that this device does not know yet, or no more, is refused.
        _ = try? await device.client.contacts.update(known, changes)
      case 7:
        guard let known, Int.random(in: 0..<3, using: &dice) == 0 else { continue }
        _ = try? await device.client.contacts.delete(known)
      default: try await device.client.flush()
      }
    }
    for round in 0..<6 {
      for device in devices {
        try await device.client.flush()
        for conflict in await device.client.status.conflicts {
          try await device.client.resolve(conflict, round % 2 == 0 ? .keepMine : .keepServer)
        }
        for rejection in await device.client.status.rejections { try await device.client.discard(rejection) }
      }
    }
    let fresh = try Device(tenant)
    try await fresh.client.flush()
    let expected = try await fresh.client.contacts.all().map(\.wire)
    #expect(!expected.isEmpty)
    for device in devices {
      #expect(try await device.unconfirmed() == 0, "seed \(seed)")
      #expect(try await device.client.contacts.all().map(\.wire) == expected, "seed \(seed)")
    }
  }

  @Test func aPlainModelIsAskedOfTheServer() async throws {
    let tenant = freshTenant()
    let (one, two) = (try Device(tenant), try Device(tenant))
    let id = UUID()
    let made = try await one.client.reports.create(.init(title: "November", score: 0.5), id: id)
    #expect(made?.title == "November" && made?.body == nil)
    #expect(try await two.client.reports.get(id)?.score == 0.5)
    try await two.client.reports.update(id, .init(body: .set("All well."), score: .set(nil)))
    #expect(try await one.client.reports.all().map(\.body) == ["All well."])
    #expect(try await one.client.reports.get(id)?.score == nil)
    await #expect(throws: SyncError.self) { try await two.client.reports.create(.init(title: "Again"), id: id) }
    try await one.client.reports.delete(id)
    #expect(try await two.client.reports.get(id) == nil)
    await #expect(throws: SyncError.self) { try await two.client.reports.delete(id) }
    two.network.turn(off: true)
    await #expect(throws: SyncError.self) { try await two.client.reports.all() }
  }
}

extension Device {
  /// How many writes lie over what the server has said.
  fileprivate func unconfirmed() async throws -> Int64 {
    try await client.core.database.number(
      "SELECT count(*) FROM _changes WHERE status IN ('pending', 'sent', 'conflicted')")
  }
}

/// Numbers that a seed repeats.
private struct Dice: RandomNumberGenerator {
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
