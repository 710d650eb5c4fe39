import Foundation

/// The entities of one model on this device.
public struct SyncCollection<Model: SyncModel>: Sendable {
  private let core: SyncClientCore
  private let rules: ModelRules<Model>
  private let source: EntitySource<Model>

  init(core: SyncClientCore, rules: ModelRules<Model>) {
    self.core = core
    self.rules = rules
    source =
      if case .api(let id) = Model.mode {
        .server(PlainAPI(server: core.server, rules: rules, idKey: id))
      } else {
        .device(core.database, rules.kept)
      }
  }

  /// The state of an entity; `nil` where there is none, or no more.
  public func get(_ id: Model.ID) async throws(SyncError) -> Model? {
    try await source.get(Model.key(of: id))
  }

  /// All of them, in order of their ids.
  public func all() async throws(SyncError) -> [Model] {
    try await source.all().map(\.model)
  }

  /// Those of them that fit, now and after every change, with or without network, until the task ends.
  ///
  /// A change costs one look at what has changed, however many there are. Of lists that nobody has taken yet the last counts.
  ///
  /// - Parameters:
  ///   - includes: which of them; all where nothing is said.
  ///   - precedes: the order, as `sorted(by:)` wants it; by id where nothing is said.
  public func live(
    where includes: @escaping @Sendable (Model) -> Bool = { _ in true },
    by precedes: (@Sendable (Model, Model) -> Bool)? = nil
  ) -> AsyncThrowingStream<[Model], any Error> {
    // Listening begins before the first look, so that no change falls between.
    let changes = core.changes(of: Model.entity)
    let source = source
    return AsyncThrowingStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      let task = Task {
        do {
          let query = LiveList<Model>.Query(includes: includes, precedes: precedes)
          var list = LiveList(query, try await source.all())
          continuation.yield(list.models)
          for await _ in changes.wakes {
            let ids = changes.take().map(\.id)
            var isOther = false
            for (id, model) in try await source.get(ids) {
              isOther = list.update(id, to: model) || isOther
            }
            if isOther { continuation.yield(list.models) }
          }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  /// What the server's log has of an entity, the last events first to come, also those of before this device knew it.
  ///
  /// - Parameters:
  ///   - id: the entity's.
  ///   - limit: at most so many.
  ///   - page: the ``HistoryPage/earlier`` of the page behind it.
  public func history(
    of id: Model.ID, limit: Int = 100, before page: String? = nil
  ) async throws(SyncError) -> HistoryPage<Model> {
    do throws(ServerFailure) {
      return try await core.server.history(of: Model.key(of: id), limit: limit, before: page, rules)
    } catch {
      throw SyncError(error)
    }
  }

  /// Records that something happened to an entity. It is saved when this returns, and sent when the server can be reached.
  ///
  /// - Returns: the entity's state afterwards; `nil` once it is deleted.
  /// - Throws: ``SyncError/invalidPayload(_:)`` and ``SyncError/refused(code:reason:)`` where nothing was recorded.
  @discardableResult
  public func record(_ event: Model.Event, on id: Model.ID) async throws(SyncError) -> Model? {
    let key = EntityKey(type: Model.entity, id: Model.key(of: id))
    switch source {
    case .server(let server):
      let state = try await server.record(event, on: id)
      core.told(key)
      return state
    case .device(let database, let mode):
      let recorded = try await database.record(event, on: key.id, of: mode)
      core.recorded(key)
      guard mode.waitsForServer, let id = recorded.id else { return recorded.state }
      if let refusal = await database.answer(to: id) {
        core.told(key)
        throw refusal
      }
      return try await database.state(of: key.id, mode)
    }
  }
}

extension SyncClientCore {
  /// The collection of a model. Generated clients have one of each.
  public func collection<Model: SyncModel>(_ rules: ModelRules<Model>) -> SyncCollection<Model> {
    SyncCollection(core: self, rules: rules)
  }
}
