#if canImport(SwiftUI)
  import PosModels
  import SwiftUI

  /// The tables that are being served.
  public struct OrdersView: View {
    @Environment(PosClient.self) private var client
    @SyncQuery(\PosClient.orders, where: \.isBeingServed, by: { $0.tableNumber < $1.tableNumber })
    private var orders
    @State private var problem: String?

    /// Of the client in the environment.
    public init() {}

    /// A list of orders, and how the synchronisation stands.
    public var body: some View {
      NavigationStack {
        List(orders) { order in
          NavigationLink("Table \(order.tableNumber): \(order.items.count) items", value: order.id)
        }
        .navigationDestination(for: UUID.self) { id in OrderView(id: id) }
        .navigationTitle("Tables")
        .toolbar {
          Button("Open a table") {
            attempt { try await client.orders.create(.init(tableNumber: freeTable)) }
          }
        }
        .safeAreaInset(edge: .bottom) { StatusView(problem: problem) }
      }
    }

    private var freeTable: Int32 {
      let taken = Set(orders.map(\.tableNumber))
      return (1...).first { !taken.contains($0) } ?? 1
    }

    private func attempt(_ change: @escaping () async throws -> Void) {
      Task {
        do {
          try await change()
          problem = nil
        } catch {
          problem = error.localizedDescription
        }
      }
    }
  }

  extension Order {
    /// Whether there is still something to do.
    var isBeingServed: Bool { status == .open || status == .sent }
  }
#endif
