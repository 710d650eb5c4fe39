import Foundation

/// Where a client keeps its data: one place for each user, because what one has recorded is nobody else's.
public struct SyncStore: Sendable, Hashable {
  /// As SQLite is told it.
  let path: String
  /// Whose it is, where that is known: another's is refused.
  let owner: String?

  /// In memory: for previews and tests. It is gone with the client.
  public static let memory = SyncStore(path: ":memory:", owner: nil)

  /// A file. Where it is said whose it is, the file remembers it, and is refused to anybody else.
  public static func file(_ url: URL, of owner: String? = nil) -> SyncStore {
    SyncStore(path: url.path, owner: owner)
  }

  /// A file of its own for a user of a tenant, in the folder `Sync` of the app's support folder.
  ///
  /// - Throws: why the folder cannot be made.
  public static func user(_ user: String, of tenant: String) throws -> SyncStore {
    let support = try FileManager.default.url(
      for: .applicationSupportDirectory, in: .userDomainMask, appropriateFor: nil, create: true)
    return try SyncStore.user(user, of: tenant, in: support.appendingPathComponent("Sync"))
  }

  /// The same in another folder.
  ///
  /// - Throws: why the folder cannot be made.
  public static func user(_ user: String, of tenant: String, in folder: URL) throws -> SyncStore {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // Ids are the application's own: whatever a file name cannot hold is written as hex.
    let name = [tenant, user].map(Self.fileName).joined(separator: "-")
    return .file(folder.appendingPathComponent("\(name).sqlite"), of: name)
  }

  /// Takes away what is kept there. Nobody may have it open.
  func erase() {
    guard path != SyncStore.memory.path else { return }
    for end in ["", "-wal", "-shm"] {
      // What is not there need not go.
      try? FileManager.default.removeItem(atPath: path + end)
    }
  }

  private static func fileName(_ id: String) -> String {
    id.utf8.map { byte in
      switch byte {
      case 48...57, 65...90, 95, 97...122: String(UnicodeScalar(byte))
      default: "%" + String(byte, radix: 16)
      }
    }.joined()
  }
}
