/// An integer of a declared width.
public protocol WireInteger: WireKey, Comparable {
  /// The value, in whatever width.
  var whole: Whole { get }
  /// `nil` where the type does not hold it.
  init?(_ whole: Whole)
  /// What the type holds.
  static var limits: ClosedRange<Whole> { get }
  /// Whether it has 64 bits or more: where its field is `big`, it is a string on the wire.
  static var isWide: Bool { get }
}

extension WireInteger {
  /// What a field of the type holds: all of the type where it is `big`, what every target holds exactly where it is not.
  static func bounds(big: Bool) -> ClosedRange<Whole> {
    big || !isWide ? limits : max(limits.lowerBound, -Whole.maxSafe)...Whole.maxSafe
  }

  /// A number, or a string where the field is `big`.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    let isText = place.style.bigIntegers && Self.isWide
    let number: Whole
    switch wire {
    case .string(let text) where isText:
      guard let digits = Whole(text) else { throw place.refuse("expected an integer as a string") }
      number = digits
    case _ where isText: throw place.expected("an integer as a string", wire)
    default:
      guard let int = wire.int else { throw place.expected("an integer", wire) }
      number = Whole(int)
    }
    let bounds = Self.bounds(big: isText)
    guard bounds.contains(number), let value = Self(number) else {
      throw place.refuse("expected an integer from \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    self = value
  }

  /// A number, or a string where the field is `big`.
  public func wire(_ style: WireStyle) -> JSONValue {
    if style.bigIntegers, Self.isWide { return .string(whole.description) }
    // What is beyond 64 bits is beyond the bounds of such a field too, and refused for it.
    return .int(whole.int64 ?? (whole.isNegative ? .min : .max))
  }

  /// By value.
  public func isSameOnWire(as other: Self) -> Bool { self == other }

  /// Its digits.
  public var keyText: String { whole.description }

  /// From its digits.
  public init(keyText: String, at place: WirePlace) throws(InvalidValue) {
    guard let value = Whole(keyText).flatMap({ Self($0) }) else {
      throw place.refuse("expected an integer as the key")
    }
    self = value
  }

  /// By value.
  public func precedes(_ other: Self) -> Bool { self < other }
}

extension WireInteger where Self: FixedWidthInteger {
  /// The value, in whatever width.
  public var whole: Whole { Whole(self) }

  /// `nil` where the type does not hold it.
  public init?(_ whole: Whole) {
    if let value = whole.int64 {
      self.init(exactly: value)
    } else if let value = whole.uint64 {
      self.init(exactly: value)
    } else {
      return nil
    }
  }

  /// What the type holds.
  public static var limits: ClosedRange<Whole> { Whole(Self.min)...Whole(Self.max) }
  /// Whether it has 64 bits.
  public static var isWide: Bool { bitWidth == 64 }
}

extension Int8: WireInteger {}
extension Int16: WireInteger {}
extension Int32: WireInteger {}
extension Int64: WireInteger {}
extension UInt8: WireInteger {}
extension UInt16: WireInteger {}
extension UInt32: WireInteger {}
extension UInt64: WireInteger {}

/// An integer of 128 bits with a sign, from -2^127 to 2^127-1.
public struct WideInt: WireInteger {
  /// The value.
  public let whole: Whole

  /// What the type holds.
  public static let limits = -(Whole.ones(127).plus(Whole(1)))...Whole.ones(127)
  /// A string on the wire, where its field is `big`.
  public static var isWide: Bool { true }
}

/// An integer of 128 bits without a sign, from 0 to 2^128-1.
public struct WideUInt: WireInteger {
  /// The value.
  public let whole: Whole

  /// What the type holds.
  public static let limits = Whole(0)...Whole.ones(128)
  /// A string on the wire, where its field is `big`.
  public static var isWide: Bool { true }
}

extension WideInt: LosslessStringConvertible, ExpressibleByIntegerLiteral {
  /// `nil` beyond 128 bits.
  public init?(_ whole: Whole) {
    guard Self.limits.contains(whole) else { return nil }
    self.whole = whole
  }

  /// Of decimal digits, after a minus or not; `nil` for other text and beyond 128 bits.
  public init?(_ text: String) {
    guard let whole = Whole(text) else { return nil }
    self.init(whole)
  }

  /// Of a literal that 64 bits hold; longer ones are text.
  public init(integerLiteral value: Int64) { whole = Whole(value) }

  /// Its decimal digits.
  public var description: String { whole.description }

  /// Smaller ones first.
  public static func < (left: Self, right: Self) -> Bool { left.whole < right.whole }
}

extension WideUInt: LosslessStringConvertible, ExpressibleByIntegerLiteral {
  /// `nil` for a negative one and beyond 128 bits.
  public init?(_ whole: Whole) {
    guard Self.limits.contains(whole) else { return nil }
    self.whole = whole
  }

  /// Of decimal digits; `nil` for other text and beyond 128 bits.
  public init?(_ text: String) {
    guard let whole = Whole(text) else { return nil }
    self.init(whole)
  }

  /// Of a literal that 64 bits hold; longer ones are text.
  public init(integerLiteral value: UInt64) { whole = Whole(value) }

  /// Its decimal digits.
  public var description: String { whole.description }

  /// Smaller ones first.
  public static func < (left: Self, right: Self) -> Bool { left.whole < right.whole }
}
