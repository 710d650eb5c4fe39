/// The log of one device without a network: what it takes, it folds.
///
/// Below every check of a server's door. A client with an engine is built upon it.
public final class LocalStore {
  private let store: EventStore

  /// Opens a file, or a store in memory for `:memory:`.
  public init(path: String) throws(SyncError) {
    store = try EventStore(path: path)
  }

  /// Stores and folds an event; one that is there already changes nothing.
  public func take<Model: SyncModel>(_ event: LoggedEvent, of model: ModelRules<Model>) throws(SyncError) {
    let status: EventStatus = event.seq == nil ? .pending : .synced
    let store = store
    try store.transaction { () throws(SyncError) in
      _ = try store.append(event, of: model, status: status, recordedAt: event.timestamp.milliseconds)
    }
  }

  /// The state of a live entity.
  public func state<Model: SyncModel>(of model: Model.Type, id: String) throws(SyncError) -> Model? {
    try store.state(of: EntityKey(type: Model.entity, id: id), model)
  }
}
