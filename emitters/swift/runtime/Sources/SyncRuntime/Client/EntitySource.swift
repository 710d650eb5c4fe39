/// Where the entities of a collection are looked at and changed.
enum EntitySource<Model: SyncModel>: Sendable {
  /// On this device, which keeps them.
  case device(SyncDatabase, AnyMode<Model>)
  /// At the server.
  case server(PlainAPI<Model>)

  /// An entity; `nil` where there is none, or no more.
  func get(_ id: String) async throws(SyncError) -> Model? {
    switch self {
    case .device(let database, let mode): try await database.state(of: id, mode)
    case .server(let server): try await server.get(id)
    }
  }

  /// Some of them; `nil` for those that there are not.
  func get(_ ids: [String]) async throws(SyncError) -> [(id: String, model: Model?)] {
    switch self {
    case .device(let database, let mode): return try await database.states(of: ids, mode)
    case .server(let server):
      var found: [(id: String, model: Model?)] = []
      for id in ids {
        found.append((id, try await server.get(id)))
      }
      return found
    }
  }

  /// All of them, in order of their ids.
  func all() async throws(SyncError) -> [(id: String, model: Model)] {
    switch self {
    case .device(let database, let mode): try await database.states(mode)
    case .server(let server): try await server.all()
    }
  }
}
