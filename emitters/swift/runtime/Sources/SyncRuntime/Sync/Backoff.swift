/// Waits that double from one second to thirty, each somewhere in its upper half so that devices do not come all at once.
struct Backoff: Sendable {
  private var attempt = 0

  /// How long to wait next, in seconds.
  mutating func next() -> Double {
    let full = min(30, Double(1 << min(attempt, 5)))
    attempt += 1
    return full * .random(in: 0.5...1)
  }

  /// Something worked.
  mutating func reset() { attempt = 0 }
}
