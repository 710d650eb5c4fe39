import Foundation
import PosModels

/// Does what a line says.
struct Waiter {
  let client: PosClient

  /// Says whether to go on.
  ///
  /// - Throws: why nothing was recorded.
  func obey(_ line: String) async throws -> Bool {
    let words = line.split(separator: " ", maxSplits: 3).map(String.init)
    switch (words.first, words.count) {
    case ("open", 2): try await client.orders.create(OrderEvent.Created(tableNumber: try number(words[1])))
    case ("add", 4):
      let item = OrderItem.Draft(name: words[3], priceCents: try number(words[2]))
      try await client.orders.addItem(item, to: try await order(words[1]).id)
    case ("send", 2): try await client.orders.changeState(of: try await order(words[1]).id, to: .sent)
    case ("pay", 2): try await client.orders.changeState(of: try await order(words[1]).id, to: .paid)
    case ("list", 1): break
    case ("status", 1):
      await showStatus()
      return true
    case ("quit", 1): return false
    case (nil, _): return true
    default: throw Misunderstood(line: line)
    }
    for (index, order) in try await orders().enumerated() {
      show(order, as: index + 1)
    }
    return true
  }

  /// The orders that are not done with, by table.
  private func orders() async throws -> [Order] {
    try await client.orders.all()
      .filter { $0.status == .open || $0.status == .sent }
      .sorted { ($0.tableNumber, $0.createdAt) < ($1.tableNumber, $1.createdAt) }
  }

  private func order(_ word: String) async throws -> Order {
    let (index, orders) = (try number(word) as Int, try await orders())
    guard orders.indices.contains(index - 1) else { throw Misunderstood(line: word) }
    return orders[index - 1]
  }

  private func number<Number: FixedWidthInteger>(_ word: String) throws -> Number {
    guard let number = Number(word) else { throw Misunderstood(line: word) }
    return number
  }

  private func show(_ order: Order, as number: Int) {
    print("\(number). table \(order.tableNumber), \(order.status.name)")
    for item in order.items {
      print("     \(item.quantity) × \(item.name) \(item.priceCents)")
    }
  }

  @MainActor private func showStatus() {
    let status = client.status
    print("\(status.connection), \(status.pendingCount) to send, \(status.rejections.count) refused")
    if let problem = status.problem { print("  \(problem.localizedDescription)") }
  }
}

/// What no command is.
struct Misunderstood: LocalizedError {
  let line: String

  var errorDescription: String? { "I do not understand \"\(line)\"." }
}
