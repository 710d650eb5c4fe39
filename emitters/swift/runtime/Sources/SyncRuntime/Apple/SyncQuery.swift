#if canImport(SwiftUI)
  import SwiftUI

  /// The entities of a collection in a view, which is drawn again when they change.
  ///
  /// ```swift
  /// @SyncQuery(\PosClient.orders, where: { $0.status == .open }, by: { $0.tableNumber < $1.tableNumber })
  /// private var orders
  /// ```
  ///
  /// The client comes from the environment: `.environment(client)`. The projected value says whether the list was read.
  @propertyWrapper
  public struct SyncQuery<Client: SyncClient, Model: SyncModel>: DynamicProperty {
    @Environment(Client.self) private var client
    @State private var list = LiveModels<Model>()
    private let collection: KeyPath<Client, SyncCollection<Model>>
    private let includes: @Sendable (Model) -> Bool
    private let precedes: (@Sendable (Model, Model) -> Bool)?

    /// Of a collection: which of its entities, in which order; by id where nothing is said.
    public init(
      _ collection: KeyPath<Client, SyncCollection<Model>>,
      where includes: @escaping @Sendable (Model) -> Bool = { _ in true },
      by precedes: (@Sendable (Model, Model) -> Bool)? = nil
    ) {
      self.collection = collection
      self.includes = includes
      self.precedes = precedes
    }

    /// What the query gives; empty until it was first read.
    @MainActor public var wrappedValue: [Model] { list.models }

    /// The list itself: whether it has been read, and what is wrong.
    @MainActor public var projectedValue: LiveModels<Model> { list }

    /// Begins to follow, before the view is first drawn.
    public func update() {
      // SwiftUI calls this on the main actor, and does not say so in its interface.
      let (list, entities, includes, precedes) = (list, client[keyPath: collection], includes, precedes)
      MainActor.assumeIsolated { list.follow(entities, where: includes, by: precedes) }
    }
  }
#endif
