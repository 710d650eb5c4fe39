import Foundation

extension Bool: WireValue {
  /// `true` or `false`.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    guard case .bool(let value) = wire else { throw place.expected("true or false", wire) }
    self = value
  }

  /// `true` or `false`.
  public func wire(_ style: WireStyle) -> JSONValue { .bool(self) }
}

extension Double: WireValue {
  /// A number.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    switch wire {
    case .int(let value): self = Double(value)
    // Adding zero turns -0 into 0, which has one spelling only.
    case .double(let value): self = value + 0
    default: throw place.expected("a number", wire)
    }
  }

  /// A number.
  public func wire(_ style: WireStyle) -> JSONValue { .double(self) }
}

extension Float: WireValue {
  /// A number that 32 bits hold.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    let value = Float(try Double(wire: wire, at: place))
    guard value.isFinite else { throw place.refuse("the number is too large") }
    self = value
  }

  /// A number.
  public func wire(_ style: WireStyle) -> JSONValue { .double(Double(self)) }
}

extension Decimal: WireValue {
  /// A string such as `"19.9"`, of at most 28 digits.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    guard case .string(let text) = wire else { throw place.expected("a decimal number as a string", wire) }
    guard let normal = Self.normalText(text) else { throw place.refuse("expected a decimal number such as \"19.9\"") }
    // 96 bits and a point: what every target holds.
    let fraction = normal.split(separator: ".").dropFirst().first ?? ""
    guard let digits = Whole(normal.filter { $0 != "." && $0 != "-" }), digits <= Whole.ones(96), fraction.count <= 28,
      let value = Decimal(string: normal, locale: nil)
    else { throw place.refuse("expected a decimal number of at most 28 digits") }
    self = value
  }

  /// A string without exponent, leading `+` or trailing zeros.
  public func wire(_ style: WireStyle) -> JSONValue {
    .string(Self.normalText(description) ?? description)
  }

  /// Digits, at most one point between digits; Foundation also reads `12abc` and exponents.
  private static func normalText(_ text: String) -> String? {
    let isNegative = text.hasPrefix("-")
    let unsigned = isNegative || text.hasPrefix("+") ? text.dropFirst() : Substring(text)
    let parts = unsigned.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { 48...57 ~= $0 } })
    else {
      return nil
    }
    let whole = parts[0].drop { $0 == "0" }
    var fraction = parts.count == 2 ? parts[1] : ""
    while fraction.last == "0" { fraction.removeLast() }
    let digits = (whole.isEmpty ? "0" : whole) + (fraction.isEmpty ? "" : "." + fraction)
    return (isNegative && digits != "0" ? "-" : "") + digits
  }
}
