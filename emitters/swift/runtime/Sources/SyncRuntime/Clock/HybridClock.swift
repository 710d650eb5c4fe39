/// The hybrid logical clock of one node.
///
/// After Kulkarni, Demirbas et al., *Logical Physical Clocks and Consistent Snapshots in Globally Distributed Databases*
/// (2014), with a counter of five decimal digits that carries into the milliseconds.
public struct HybridClock: Sendable {
  /// How far ahead of the wall clock a stamp may be where drift is checked, in milliseconds.
  public static let defaultMaxDrift: Int64 = 60_000

  /// This writer's eight hex digits.
  public let node: UInt32
  private var milliseconds: Int64 = 0
  private var counter = 0

  /// A stamp further ahead of the wall clock than allowed.
  public struct Drift: Error {}

  /// A clock that has seen nothing, or has already reached a stamp.
  public init(node: UInt32, reached stamp: Stamp? = nil) {
    self.node = node
    if let stamp {
      (milliseconds, counter) = (stamp.milliseconds, stamp.counter)
    }
  }

  /// A new stamp, later than all that the clock has given or taken in.
  public mutating func now(wall: Int64) -> Stamp {
    if wall > milliseconds {
      (milliseconds, counter) = (wall, 0)
    } else {
      count()
    }
    return Stamp(milliseconds: milliseconds, counter: counter, node: node)
  }

  /// Takes in another node's stamp.
  ///
  /// - Parameters:
  ///   - remote: the stamp.
  ///   - wall: this node's wall clock, in Unix milliseconds.
  ///   - maxDrift: how far ahead the stamp may be; `nil` takes any, as a client does with whatever the server sends.
  /// - Throws: ``Drift``, and nothing has changed.
  public mutating func receive(_ remote: Stamp, wall: Int64, maxDrift: Int64? = nil) throws(Drift) {
    if let maxDrift, remote.milliseconds > wall + maxDrift { throw Drift() }
    let latest = max(milliseconds, remote.milliseconds, wall)
    switch (latest == milliseconds, latest == remote.milliseconds) {
    case (true, true): counter = max(counter, remote.counter)
    case (true, false): break
    case (false, true): (milliseconds, counter) = (latest, remote.counter)
    case (false, false):
      (milliseconds, counter) = (latest, 0)
      return
    }
    count()
  }

  /// Takes in a stamp that the server or this device's own store holds, however far ahead.
  mutating func takeIn(_ stamp: Stamp, wall: Int64) {
    // Without a bound nothing drifts.
    try? receive(stamp, wall: wall)
  }

  private mutating func count() {
    if counter >= 99_999 {
      milliseconds += 1
      counter = 0
    } else {
      counter += 1
    }
  }
}
