import Foundation

/// What others did, as the engine brings it.
extension SyncDatabase {
  /// Takes in a page of the feed, with the cursor that stands for it, in one transaction.
  ///
  /// - Returns: the entities whose state may have changed.
  func take(_ events: [LoggedEvent], cursor: String, seq: Int64 = 0) throws(SyncError) -> Set<EntityKey> {
    var changed: Set<EntityKey> = []
    try transaction { () throws(SyncError) in
      for event in events {
        writer.clock.takeIn(event.timestamp, wall: writer.wall)
        changed.insert(EntityKey(type: event.entityType, id: event.entityID))
        if let model = models[event.entityType] {
          try model.take(event, in: store)
        } else if try !store.has(event.id) {
          // Of a type that this version does not know: kept for the one that does.
          let outcome = FoldOutcome(applied: false, readable: true)
          try store.insert(event, status: .synced, recordedAt: event.timestamp.milliseconds, outcome)
        }
      }
      try store.remember("cursor", cursor)
      try moveRows(cursor, seq)
    }
    return changed.union(try tellWaiters())
  }

  /// The entities whose snapshot the server has to be asked for.
  func stale() throws(SyncError) -> [EntityKey] { try store.stale() }

  /// Takes over some of the server's snapshots.
  func restore(_ snapshots: [ServerSnapshot]) throws(SyncError) -> Set<EntityKey> {
    let refolded = try noteRights(snapshots)
    try transaction { () throws(SyncError) in
      for snapshot in snapshots {
        try models[snapshot.key.type]?.restore(snapshot, in: store)
      }
    }
    return refolded.union(snapshots.map(\.key))
  }

  /// Ends a start from snapshots: what the server no longer has goes, and the feed goes on from the cursor.
  func endRestoring(_ there: [String: RestoredIDs], cursor: String?, seq: Int64 = 0) throws(SyncError) -> Set<EntityKey>
  {
    var changed: Set<EntityKey> = []
    try transaction { () throws(SyncError) in
      for (type, restored) in there {
        if let model = models[type] { changed.formUnion(try model.keepOnly(restored, in: store)) }
        try store.remember("type:\(type)", "known")
      }
      if let cursor {
        try store.remember("cursor", cursor)
        try moveRows(cursor, seq)
      }
    }
    return changed
  }

  /// Those types of which no snapshots have been taken yet.
  func newTypes(of types: [String]) throws(SyncError) -> [String] {
    var new: [String] = []
    for type in types where try store.remembered("type:\(type)") == nil {
      new.append(type)
    }
    return new
  }

  /// The place in the feed that this store has read up to.
  func cursor() throws(SyncError) -> String? { try store.remembered("cursor") }
}
