/// The folds of the entities that were looked at last, so that one which changes often is not read from the disk each time.
///
/// In a transaction it may run ahead of the table of states, which follows before the transaction ends.
final class HeldFolds {
  /// So many entities; more than are changed at once by hand.
  private static let limit = 512

  private var held: [EntityKey: any HeldFoldKind] = [:]
  private var unsaved: [EntityKey: any HeldFoldKind] = [:]

  /// What is held of an entity.
  func find<Model: SyncModel>(_ key: EntityKey, _ model: Model.Type) -> HeldFold<Model>? {
    held[key] as? HeldFold<Model>
  }

  /// Holds a fold.
  func hold<Model: SyncModel>(_ head: FoldHead<Model>, of key: EntityKey) -> HeldFold<Model> {
    // What is not saved yet must not be read from the disk.
    if held.count >= Self.limit { held = unsaved }
    let fold = HeldFold(head)
    held[key] = fold
    return fold
  }

  /// Notes that the table of states lacks what is held.
  func markUnsaved(_ key: EntityKey, _ fold: any HeldFoldKind) { unsaved[key] = fold }

  /// Notes that it does not.
  func markSaved(_ key: EntityKey) { unsaved[key] = nil }

  /// Brings the table of states up to date.
  func save(to store: EventStore) throws(SyncError) {
    for (key, fold) in unsaved {
      try fold.save(to: store, as: key)
    }
    unsaved = [:]
  }

  /// The disk may say otherwise.
  func forget() {
    held = [:]
    unsaved = [:]
  }
}

/// The fold of one entity.
final class HeldFold<Model: SyncModel>: HeldFoldKind {
  /// Changed in place, so that no list of it has to be copied.
  var head: FoldHead<Model>

  init(_ head: FoldHead<Model>) { self.head = head }

  func save(to store: EventStore, as key: EntityKey) throws(SyncError) { try store.write(head, of: key) }
}

/// A held fold, whatever its model.
protocol HeldFoldKind: AnyObject {
  /// Writes it to the table of states.
  func save(to store: EventStore, as key: EntityKey) throws(SyncError)
}
