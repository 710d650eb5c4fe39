/// An integer from -(2^128-1) to 2^128-1: what the arithmetic of every declared width is done in.
///
/// `Int128` of the standard library is newer than the systems that this runs on.
public struct Whole: Sendable, Hashable {
  /// Never of zero.
  let isNegative: Bool
  private let high: UInt64
  private let low: UInt64

  /// The largest integer that every target holds exactly in a JSON number: 2^53 - 1.
  static let maxSafe = Whole(9_007_199_254_740_991 as Int64)

  private init(isNegative: Bool, high: UInt64, low: UInt64) {
    self.isNegative = isNegative && (high, low) != (0, 0)
    self.high = high
    self.low = low
  }

  /// Of an integer of at most 64 bits.
  init<Integer: FixedWidthInteger>(_ value: Integer) {
    self.init(isNegative: value < 0, high: 0, low: UInt64(value.magnitude))
  }

  /// Of decimal digits with or without a minus before them; `nil` for anything else, and for more than 40 digits.
  init?(_ text: String) {
    var digits = text.utf8[...]
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative { digits.removeFirst() }
    guard (1...40).contains(digits.count) else { return nil }
    var (high, low) = (0 as UInt64, 0 as UInt64)
    for byte in digits {
      guard 48...57 ~= byte else { return nil }
      let lower = low.multipliedFullWidth(by: 10)
      let (upper, overflow) = high.multipliedReportingOverflow(by: 10)
      let (sum, carry) = lower.low.addingReportingOverflow(UInt64(byte - 48))
      let (carried, overflowCarried) = upper.addingReportingOverflow(lower.high + (carry ? 1 : 0))
      guard !overflow, !overflowCarried else { return nil }
      (high, low) = (carried, sum)
    }
    self.init(isNegative: isNegative, high: high, low: low)
  }

  /// Two to the power of so many bits, less one.
  static func ones(_ bits: Int) -> Whole {
    if bits == 128 { return Whole(isNegative: false, high: .max, low: .max) }
    if bits >= 64 { return Whole(isNegative: false, high: (1 << UInt64(bits - 64)) - 1, low: .max) }
    return Whole(isNegative: false, high: 0, low: (1 << UInt64(bits)) - 1)
  }

  /// The same with the other sign.
  static prefix func - (value: Whole) -> Whole {
    Whole(isNegative: !value.isNegative, high: value.high, low: value.low)
  }

  /// The sum; what is beyond the limits ends at them.
  func plus(_ other: Whole) -> Whole {
    if isNegative == other.isNegative {
      let (low, carry) = self.low.addingReportingOverflow(other.low)
      let (high, overflow) = self.high.addingReportingOverflow(other.high)
      let (carried, overflowCarried) = high.addingReportingOverflow(carry ? 1 : 0)
      if overflow || overflowCarried { return Whole(isNegative: isNegative, high: .max, low: .max) }
      return Whole(isNegative: isNegative, high: carried, low: low)
    }
    let isLarger = !precedesIgnoringSign(other)
    let (large, small) = isLarger ? (self, other) : (other, self)
    let (low, borrow) = large.low.subtractingReportingOverflow(small.low)
    return Whole(isNegative: large.isNegative, high: large.high - small.high - (borrow ? 1 : 0), low: low)
  }

  /// In 64 bits with a sign, where it fits.
  var int64: Int64? {
    guard high == 0 else { return nil }
    if isNegative { return low <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- low) : nil }
    return Int64(exactly: low)
  }

  /// In 64 bits without a sign, where it fits.
  var uint64: UInt64? {
    high == 0 && !isNegative ? low : nil
  }
}

extension Whole: Comparable {
  /// Smaller ones first.
  public static func < (left: Whole, right: Whole) -> Bool {
    switch (left.isNegative, right.isNegative) {
    case (false, false): left.precedesIgnoringSign(right)
    case (true, true): right.precedesIgnoringSign(left)
    case (let isNegative, _): isNegative
    }
  }

  fileprivate func precedesIgnoringSign(_ other: Whole) -> Bool {
    (high, low) < (other.high, other.low)
  }
}

extension Whole: CustomStringConvertible {
  /// Decimal digits, with a minus before those of a negative one.
  public var description: String {
    // 10^19 is the largest power of ten in 64 bits.
    let chunk: UInt64 = 10_000_000_000_000_000_000
    var (high, low) = (high, low)
    var digits = ""
    repeat {
      let upper = high.quotientAndRemainder(dividingBy: chunk)
      let lower = chunk.dividingFullWidth((upper.remainder, low))
      (high, low) = (upper.quotient, lower.quotient)
      let part = String(lower.remainder)
      let isLast = (high, low) == (0, 0)
      digits = (isLast ? "" : String(repeating: "0", count: 19 - part.count)) + part + digits
    } while (high, low) != (0, 0)
    return (isNegative ? "-" : "") + digits
  }
}
