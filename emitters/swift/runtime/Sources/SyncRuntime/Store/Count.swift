import Foundation

/// A number that many threads count.
final class Count: @unchecked Sendable {
  // A lock, because `Mutex` of the standard library is newer than the systems that this runs on.
  private let lock = NSLock()
  private var count = 0

  /// What it is now.
  var value: Int { lock.withLock { count } }

  /// Counts on; gives what it is then.
  @discardableResult
  func add(_ more: Int) -> Int {
    lock.withLock {
      count += more
      return count
    }
  }

  /// Begins anew.
  func set(_ count: Int) { lock.withLock { self.count = count } }
}
