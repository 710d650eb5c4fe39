#if canImport(SwiftUI)
  import PosModels
  import SwiftUI

  /// The restaurant on a phone. `@main` stands in the app's own target.
  public struct PosApp: App {
    @State private var client: PosClient?
    @State private var problem: String?
    @Environment(\.scenePhase) private var phase

    /// Without a client until the store is open.
    public init() {}

    /// The tables, or why there are none.
    public var body: some Scene {
      WindowGroup {
        if let client {
          OrdersView().environment(client)
        } else {
          Text(problem ?? "Opening…").task { await open() }
        }
      }
      .onChange(of: phase) { _, now in
        guard now == .active else { return }
        Task { await client?.wake() }
      }
    }

    private func open() async {
      do {
        let opened = try PosClient(
          server: URL(string: "https://pos.example/api/v1")!,
          tokens: KeychainToken(service: "pos.example", account: "anna", renew: { "dev:bistro:anna:waiter" }),
          store: .user("anna", of: "bistro"))
        await opened.start()
        client = opened
      } catch {
        problem = error.localizedDescription
      }
    }
  }
#endif
