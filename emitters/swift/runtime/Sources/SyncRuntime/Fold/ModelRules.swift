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

/// A model whose type is known by its entity.
protocol AnyModelRules: Sendable {
  /// The name on the wire.
  var entity: String { get }
  /// Brings what is stored in line with this declaration.
  func update(_ store: EventStore) throws(SyncError)
  /// Stores and folds an event; says whether it was new.
  func append(
    _ event: LoggedEvent, status: EventStatus, at time: Int64, in store: EventStore
  ) throws(SyncError) -> Bool
  /// Folds an entity anew from before a place.
  func refold(_ id: String, from place: Place, in store: EventStore) throws(SyncError)
  /// Takes over what the server holds of an entity.
  func restore(_ snapshot: ServerSnapshot, in store: EventStore) throws(SyncError)
  /// Takes out what the server no longer holds.
  func keepOnly(_ ids: Set<String>, in store: EventStore) throws(SyncError) -> Set<EntityKey>
  /// Whether an event makes its entity.
  func isCreate(_ event: LoggedEvent) -> Bool
}

extension ModelRules: AnyModelRules {
  var entity: String { Model.entity }

  func update(_ store: EventStore) throws(SyncError) { try store.update(to: self) }

  func append(
    _ event: LoggedEvent, status: EventStatus, at time: Int64, in store: EventStore
  ) throws(SyncError) -> Bool {
    try store.append(event, of: self, status: status, recordedAt: time)
  }

  func refold(_ id: String, from place: Place, in store: EventStore) throws(SyncError) {
    try store.refold(EntityKey(type: Model.entity, id: id), from: place, of: self)
  }

  func restore(_ snapshot: ServerSnapshot, in store: EventStore) throws(SyncError) {
    try store.restore(snapshot, of: self)
  }

  func keepOnly(_ ids: Set<String>, in store: EventStore) throws(SyncError) -> Set<EntityKey> {
    try store.keepOnly(ids, of: self)
  }

  func isCreate(_ event: LoggedEvent) -> Bool { (try? read(event))??.isCreate ?? false }
}
