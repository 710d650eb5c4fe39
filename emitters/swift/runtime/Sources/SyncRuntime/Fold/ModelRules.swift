/// A model with the functions that the application brings to it.
public struct ModelRules<Model: SyncModel>: Sendable {
  /// Its custom effects and upcasts.
  public let functions: Model.Functions

  /// Of a model with functions.
  public init(functions: Model.Functions) {
    self.functions = functions
  }
}

extension ModelRules where Model.Functions == NoFunctions {
  /// Of a model without functions.
  public init() {
    self.init(functions: NoFunctions())
  }
}

extension ModelRules {
  /// An event of the log as this version has it; `nil` for one of a type that it does not know.
  ///
  /// - Throws: why its payload cannot be read.
  public func read(_ event: LoggedEvent) throws -> Model.Event? {
    let version = event.schemaVersion
    guard version <= Model.version else { throw WirePlace.root.refuse("it is of a newer version") }
    var payload = event.payload
    if version < Model.version, case .object(var object) = payload {
      try Model.lift(&object, of: "\(Model.entity).\(event.name)", from: version, functions)
      payload = .object(object)
    }
    return try Model.Event(name: event.name, payload: payload, at: .root)
  }

  /// A state of the server's, whatever version folded it.
  ///
  /// - Throws: why it cannot be read.
  func readState(_ state: JSONValue, version: Int) throws -> Model {
    guard version <= Model.version else { throw WirePlace.root.refuse("it is of a newer version") }
    guard version < Model.version, case .object(var object) = state else { return try Model(wire: state, at: .root) }
    try Model.lift(&object, of: nil, from: version, functions)
    return try Model(wire: .object(object), at: .root)
  }
}
