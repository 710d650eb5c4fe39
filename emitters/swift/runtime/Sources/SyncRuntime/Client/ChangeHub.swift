import Foundation

/// Tells whoever listens which entities have changed.
final class ChangeHub: @unchecked Sendable {
  private struct Listener {
    let type: String
    let wake: AsyncStream<Void>.Continuation
    /// What has changed since the listener last looked.
    var changed: [EntityKey] = []
  }

  // A lock, because `Mutex` of the standard library is newer than the systems that this runs on.
  private let lock = NSLock()
  private var listeners: [UUID: Listener] = [:]

  /// These entities have changed.
  func send(_ keys: Set<EntityKey>) {
    guard !keys.isEmpty else { return }
    let awake = lock.withLock {
      var awake: [AsyncStream<Void>.Continuation] = []
      for (id, listener) in listeners {
        let changed = keys.filter { $0.type == listener.type }
        guard !changed.isEmpty else { continue }
        listeners[id]?.changed.append(contentsOf: changed)
        awake.append(listener.wake)
      }
      return awake
    }
    for continuation in awake {
      continuation.yield()
    }
  }

  /// Listens to the entities of a type, from now on.
  func listen(to type: String) -> Changes {
    let id = UUID()
    let stream = AsyncStream<Void>(bufferingPolicy: .bufferingNewest(1)) { continuation in
      lock.withLock { listeners[id] = Listener(type: type, wake: continuation) }
      continuation.onTermination = { [weak self] _ in
        guard let self else { return }
        self.lock.withLock { _ = self.listeners.removeValue(forKey: id) }
      }
    }
    return Changes(wakes: stream) { [weak self] in self?.take(id) ?? [] }
  }

  /// Nobody is told of anything any more.
  func finish() {
    let all = lock.withLock { listeners.values.map(\.wake) }
    for continuation in all {
      continuation.finish()
    }
  }

  private func take(_ id: UUID) -> Set<EntityKey> {
    lock.withLock {
      let changed = listeners[id]?.changed ?? []
      listeners[id]?.changed = []
      return Set(changed)
    }
  }
}

/// What changes of a type: changes that nobody has looked at yet count once.
struct Changes: Sendable {
  /// An element whenever there is something to take.
  let wakes: AsyncStream<Void>
  /// What has changed since it was last asked.
  let take: @Sendable () -> Set<EntityKey>
}
