#if canImport(SwiftUI)
  import PosModels
  import SwiftUI

  /// One table's order.
  struct OrderView: View {
    @Environment(PosClient.self) private var client
    @SyncQuery<PosClient, Order> private var orders: [Order]
    @State private var dish = ""
    @State private var problem: String?
    private let id: UUID

    init(id: UUID) {
      self.id = id
      _orders = SyncQuery(\PosClient.orders, where: { $0.id == id })
    }

    var body: some View {
      if let order = orders.first {
        List {
          ForEach(order.items) { item in
            Text("\(item.quantity) × \(item.name), \(item.priceCents.asPrice)")
          }
          .onDelete { places in
            let removed = places.map { order.items[$0].id }
            attempt {
              for item in removed { try await client.orders.removeItem(item, from: id) }
            }
          }
          TextField("Dish", text: $dish)
          Button("Add") {
            let item = OrderItem.Draft(name: dish, priceCents: 1250)
            attempt { try await client.orders.addItem(item, to: id) }
          }
          .disabled(dish.isEmpty)
          ForEach(order.statusSuccessors, id: \.name) { status in
            Button(status.name) { attempt { try await client.orders.changeState(of: id, to: status) } }
          }
          if let problem { Text(problem) }
        }
        .navigationTitle("Table \(order.tableNumber)")
      } else {
        Text("This order is gone.")
      }
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

  extension Int64 {
    /// Cents as people read them.
    var asPrice: String { "\(self / 100).\(String(abs(self % 100) + 100).dropFirst())" }
  }
#endif
