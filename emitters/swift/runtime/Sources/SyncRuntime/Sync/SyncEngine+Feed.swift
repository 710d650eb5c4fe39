import Foundation

/// Reading what others did: the feed, and the server's snapshots where there is no cursor to go on from.
extension SyncEngine {
  /// Reads the feed up to its end.
  func catchUp() async throws {
    do {
      try await readFeed()
    } catch {
      guard (error as? ServerFailure)?.endsCursor == true else { throw error }
      try await startFromSnapshots(types)
    }
    try await refetchStale()
    noteUpToDate()
  }

  private func readFeed() async throws {
    // A type that this version is the first to know begins with its snapshots; the feed then brings what they lack.
    let new = try await database.newTypes(of: types)
    if !new.isEmpty { try await startFromSnapshots(new) }
    while !Task.isCancelled {
      let page = try await server.feed(since: try await database.cursor(), types: types, limit: Self.page)
      try await note(page.serverTime)
      try await take(page.events, cursor: page.cursor, seq: page.seq)
      if !page.hasMore { return }
    }
  }

  /// Takes over the server's states, and goes on from where they were read.
  private func startFromSnapshots(_ types: [String]) async throws {
    // Who reads from the start anew may be another than before.
    if types.count == self.types.count { await tell(try await database.noteRights(nil)) }
    var first: (cursor: String, seq: Int64)?
    var there: [String: RestoredIDs] = [:]
    for type in types {
      var after: String?
      repeat {
        let page = try await server.snapshots(of: type, after: after)
        first = first ?? (page.cursor, page.seq)
        // Whatever is newer than the type's first page may be missing in it.
        there[type, default: RestoredIDs(seq: page.seq)].ids.formUnion(page.snapshots.map(\.key.id))
        await tell(try await database.restore(page.snapshots))
        after = page.next
      } while after != nil && !Task.isCancelled
    }
    try Task.checkCancellation()
    // The older cursor of the other types stays: what is read twice does nothing.
    let goesOn = types.count < self.types.count ? nil : first
    await tell(try await database.endRestoring(there, cursor: goesOn?.cursor, seq: goesOn?.seq ?? 0))
  }

  /// Asks for the snapshots of entities of which something lies before what this device kept.
  func refetchStale() async throws {
    for key in try await database.stale() {
      let page = try await server.snapshots(of: key.type, after: nil, entity: key.id)
      await tell(try await database.restore(page.snapshots))
    }
    guard let witness = try await database.witness() else { return }
    // Asked for what it tells of the user alone, it does not take the place of the events that are held.
    let page = try await server.snapshots(of: witness.type, after: nil, entity: witness.id)
    await tell(try await database.noteRights(page.snapshots))
  }
}
