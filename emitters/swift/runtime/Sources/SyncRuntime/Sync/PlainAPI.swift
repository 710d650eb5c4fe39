import Foundation

/// The entities of a model that is not synced: each look and each change is a request.
struct PlainAPI<Model: SyncModel>: Sendable {
  let server: ServerAPI
  let rules: ModelRules<Model>
  /// The key of the id on the wire.
  let idKey: String

  /// An entity; `nil` where there is none.
  func get(_ id: String) async throws(SyncError) -> Model? {
    do throws(ServerFailure) {
      return try await read(server.answer("GET", "\(Model.path)/\(id)", []))
    } catch {
      if case .refused(status: 404, _, _, _, _) = error { return nil }
      throw SyncError(refusing: error)
    }
  }

  /// All of them, page by page.
  func all() async throws(SyncError) -> [(id: String, model: Model)] {
    var found: [(id: String, model: Model)] = []
    var after: String?
    repeat {
      let query = [("limit", "1000")] + (after.map { [("after", $0)] } ?? [])
      do throws(ServerFailure) {
        let answer = try await server.answer("GET", Model.path, query)
        after = try server.read(answer) { value throws(InvalidValue) in
          var reader = try WireReader(value, at: .root)
          let states: [JSONValue] = try reader.required("data")
          for state in states {
            let model = try Model(wire: state, at: .root)
            found.append((Model.key(of: model.id), model))
          }
          return try reader.nullable("next")
        }
      } catch {
        throw SyncError(refusing: error)
      }
    } while after != nil
    return found
  }

  /// Has the server change something, and gives what comes of it.
  func record(_ event: Model.Event, on id: Model.ID) async throws(SyncError) -> Model? {
    try event.validate()
    let key = Model.key(of: id)
    do throws(ServerFailure) {
      if event.isDelete {
        _ = try await server.answer("DELETE", "\(Model.path)/\(key)", [])
        return nil
      }
      guard event.isCreate, case .object(var object) = event.payload else {
        return try await read(server.answer("PATCH", "\(Model.path)/\(key)", [], body: Data(event.payload.text.utf8)))
      }
      object[idKey] = id.wire
      let body = JSONValue.object(object).text
      return try await read(server.answer("POST", Model.path, [], body: Data(body.utf8)))
    } catch {
      throw SyncError(refusing: error)
    }
  }

  private func read(_ answer: Data) throws(ServerFailure) -> Model {
    try server.read(answer) { value throws(InvalidValue) in
      var reader = try WireReader(value, at: .root)
      let state: JSONValue = try reader.required("data")
      return try Model(wire: state, at: .root)
    }
  }
}

extension SyncError {
  /// Of a request for one change: what the server refuses is refused.
  fileprivate init(refusing failure: ServerFailure) {
    if case .refused(let status, let code, _, _, let reason) = failure, (400..<500).contains(status), status != 401,
      status != 429
    {
      self = .refused(code: code, reason: reason)
    } else {
      self.init(failure)
    }
  }
}
