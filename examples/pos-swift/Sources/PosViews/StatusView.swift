#if canImport(SwiftUI)
  import PosModels
  import SwiftUI

  /// How the synchronisation stands, and what the server has refused.
  struct StatusView: View {
    @Environment(PosClient.self) private var client
    let problem: String?

    var body: some View {
      VStack {
        if let problem { Text(problem) }
        ForEach(client.status.rejections) { rejection in
          HStack {
            Text(rejection.reason)
            Button("Again") { Task { try await client.retry(rejection) } }
            Button("Drop") { Task { try await client.discard(rejection) } }
          }
        }
        Text(client.status.pendingCount == 0 ? "Saved" : "\(client.status.pendingCount) to send")
      }
    }
  }
#endif
