import Observation

/// A live list for views: what reads it is drawn again when it changes.
@MainActor @Observable
public final class LiveModels<Model: SyncModel> {
  /// What the query gives; empty until it was first read.
  public private(set) var models: [Model] = []
  /// Whether it has been read.
  public private(set) var isLoaded = false
  /// Why it can be read no more.
  public private(set) var problem: SyncError?

  @ObservationIgnored private var following: Task<Void, Never>?

  /// Follows nothing yet.
  public nonisolated init() {}

  deinit { following?.cancel() }

  /// Follows a collection from now on. What it follows already it goes on with.
  public func follow(
    _ collection: SyncCollection<Model>, where includes: @escaping @Sendable (Model) -> Bool = { _ in true },
    by precedes: (@Sendable (Model, Model) -> Bool)? = nil
  ) {
    guard following == nil else { return }
    let lists = collection.live(where: includes, by: precedes)
    following = Task { [weak self] in
      do {
        for try await models in lists {
          guard let self else { return }
          self.models = models
          self.isLoaded = true
        }
      } catch {
        self?.problem = SyncError(error)
      }
    }
  }
}
