import Foundation

/// Tells whoever listens which types of entities have changed.
final class ChangeHub: @unchecked Sendable {
  // A lock, because `Mutex` of the standard library is newer than the systems that this runs on.
  private let lock = NSLock()
  private var listeners: [UUID: (type: String, continuation: AsyncStream<Void>.Continuation)] = [:]

  /// These entities have changed.
  func send(_ keys: Set<EntityKey>) {
    guard !keys.isEmpty else { return }
    let types = Set(keys.map(\.type))
    let awake = lock.withLock { listeners.values.filter { types.contains($0.type) }.map(\.continuation) }
    for continuation in awake {
      continuation.yield()
    }
  }

  /// One element whenever entities of a type have changed; changes that nobody has looked at yet count once.
  func stream(of type: String) -> AsyncStream<Void> {
    AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      let id = UUID()
      lock.withLock { listeners[id] = (type, continuation) }
      continuation.onTermination = { [weak self] _ in
        guard let self else { return }
        self.lock.withLock { _ = self.listeners.removeValue(forKey: id) }
      }
    }
  }
}
