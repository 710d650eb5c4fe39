import Foundation
import SyncFixturesModels
import Testing

@testable import SyncRuntime

/// Changes that come at once share a transaction, and each is told what became of its own.
@Suite struct SavingTests {
  private static let orders: AnyMode<Order> = EventMode(rules: ModelRules<Order>())
  private let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).sqlite")

  private func open() throws -> SyncDatabase { try SyncDatabase(.file(path), models: [Self.orders]) }

  /// Adds these tips at once, each by a task of its own; gives those that were saved.
  private func add(_ tips: [Int64], to ids: [String], of database: SyncDatabase) async -> [Int64] {
    await withTaskGroup(of: Int64?.self) { group in
      for (index, tip) in tips.enumerated() {
        let id = ids[index % ids.count]
        group.addTask {
          let recorded = try? await database.record(.tipAdded(.init(by: tip)), on: id, of: Self.orders)
          return recorded == nil ? nil : tip
        }
      }
      return await group.reduce(into: []) { saved, tip in saved += tip.map { [$0] } ?? [] }
    }
  }

  private func tips(of ids: [String], in database: SyncDatabase) async throws -> Int64 {
    var sum: Int64 = 0
    for id in ids {
      sum += try await database.state(of: id, Self.orders)?.tipCents ?? 0
    }
    return sum
  }

  @Test func changesAtOnceAreAllSaved() async throws {
    defer { try? FileManager.default.removeItem(at: path) }
    let database = try open()
    let ids = (0..<7).map { _ in UUID().wireText }
    for id in ids {
      _ = try await database.record(.created(.init(tableNumber: 1)), on: id, of: Self.orders)
    }
    // One in eight is of an order that there is not, and is refused; the others do not notice.
    let saved = await add(Array(repeating: 1, count: 400), to: ids + [UUID().wireText], of: database)
    #expect(saved.count == 350)
    #expect(try await tips(of: ids, in: database) == 350)
    #expect(database.pending.value == 357)
    #expect(try await database.summary().pending == 357)
    #expect(try await tips(of: ids, in: try open()) == 350)
  }

  @Test func whatIsNotSavedIsSaidToAllWhoShareIt() async throws {
    defer { try? FileManager.default.removeItem(at: path) }
    let database = try open()
    let id = UUID().wireText
    _ = try await database.record(.created(.init(tableNumber: 1)), on: id, of: Self.orders)
    let other = try SQLiteConnection(path: path.path)
    try other.execute(
      script: """
        CREATE TRIGGER no BEFORE INSERT ON events WHEN new.payload = '{"by":13}' BEGIN SELECT raise(ABORT, 'no'); END
        """)
    let tips = (0..<200).map { Int64($0 % 40 == 20 ? 13 : 1) }
    let saved = await add(tips, to: [id], of: database)
    #expect(!saved.contains(13))
    // What is shown, what is counted, and what is on the disk is what was said to be saved.
    #expect(try await self.tips(of: [id], in: database) == saved.reduce(0, +))
    #expect(try await self.tips(of: [id], in: try open()) == saved.reduce(0, +))
    #expect(database.pending.value == saved.count + 1)
    _ = try await database.record(.tipAdded(.init(by: 1)), on: id, of: Self.orders)
    #expect(try await self.tips(of: [id], in: database) == saved.reduce(1, +))
  }
}
