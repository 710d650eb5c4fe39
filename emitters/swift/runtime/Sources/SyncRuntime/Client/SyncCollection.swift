import Foundation

/// The entities of one model on this device.
public struct SyncCollection<Model: SyncModel>: Sendable {
  private let core: SyncClientCore
  private let rules: ModelRules<Model>

  init(core: SyncClientCore, rules: ModelRules<Model>) {
    self.core = core
    self.rules = rules
  }

  /// The state of an entity; `nil` where there is none, or no more.
  public func get(_ id: Model.ID) async throws(SyncError) -> Model? {
    try await core.database.state(of: Model.self, id: Self.text(id))
  }

  /// All of them, in order of their ids.
  public func all() async throws(SyncError) -> [Model] {
    try await core.database.states(of: Model.self)
  }

  /// All of them now and after every change, with or without network, until the task ends.
  public func live() -> AsyncThrowingStream<[Model], any Error> {
    // Listening begins before the first look, so that no change falls between.
    let changes = core.changes(of: Model.entity)
    let database = core.database
    return AsyncThrowingStream { continuation in
      let task = Task {
        do {
          continuation.yield(try await database.states(of: Model.self))
          for await _ in changes {
            continuation.yield(try await database.states(of: Model.self))
          }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  /// Records that something happened to an entity. It is saved when this returns, and sent when the server can be reached.
  ///
  /// - Returns: the entity's state afterwards; `nil` once it is deleted.
  /// - Throws: ``SyncError/invalidPayload(_:)`` and ``SyncError/refused(code:reason:)`` where nothing was recorded.
  @discardableResult
  public func record(_ event: Model.Event, on id: Model.ID) async throws(SyncError) -> Model? {
    let key = EntityKey(type: Model.entity, id: Self.text(id))
    let state = try await core.database.record(event, on: key.id, of: rules)
    await core.recorded(key)
    return state
  }

  private static func text(_ id: Model.ID) -> String { id.wire.string ?? id.wire.text }
}

extension SyncClientCore {
  /// The collection of a model. Generated clients have one of each.
  public func collection<Model: SyncModel>(_ rules: ModelRules<Model>) -> SyncCollection<Model> {
    SyncCollection(core: self, rules: rules)
  }
}
