import Foundation

/// What a declaration asks of a field beyond its type, checked before an event is recorded.
public struct FieldRules: Sendable {
  private let min: String?
  private let max: String?
  private let minLength: Int?
  private let maxLength: Int?
  private let pattern: String?

  /// Bounds of a number as literals, bounds of a length, and a regular expression that all of a text matches.
  public init(
    min: String? = nil, max: String? = nil, minLength: Int? = nil, maxLength: Int? = nil, pattern: String? = nil
  ) {
    (self.min, self.max, self.minLength, self.maxLength, self.pattern) = (min, max, minLength, maxLength, pattern)
  }

  /// Checks a value in the wire's normal form.
  ///
  /// - Throws: which rule it breaks.
  func check(_ value: JSONValue, at place: WirePlace) throws(InvalidValue) {
    if let min, Self.compare(value, min) == .orderedAscending { throw place.refuse("expected at least \(min)") }
    if let max, Self.compare(value, max) == .orderedDescending { throw place.refuse("expected at most \(max)") }
    if let (count, unit) = Self.length(value) {
      if let minLength, count < minLength { throw place.refuse("expected at least \(minLength) \(unit)") }
      if let maxLength, count > maxLength { throw place.refuse("expected at most \(maxLength) \(unit)") }
    }
    if let pattern, case .string(let text) = value, !Self.matches(text, pattern) {
      throw place.refuse("expected text that matches \(pattern)")
    }
  }

  /// How long a value is, and in what.
  private static func length(_ value: JSONValue) -> (Int, String)? {
    switch value {
    case .array(let items): (items.count, "elements")
    case .object(let object): (object.count, "entries")
    case .string(let text): (text.unicodeScalars.count, "characters")
    default: nil
    }
  }

  /// Compares a number on the wire, which is a string where it is decimal or `big`, with a literal.
  private static func compare(_ value: JSONValue, _ bound: String) -> ComparisonResult? {
    switch value {
    case .double(let number): Double(bound).map { order(number, $0) }
    case .int(let number): Whole(bound).map { order(Whole(number), $0) } ?? decimals(String(number), bound)
    case .string(let text):
      if let number = Whole(text), let bound = Whole(bound) { order(number, bound) } else { decimals(text, bound) }
    default: nil
    }
  }

  private static func decimals(_ number: String, _ bound: String) -> ComparisonResult? {
    guard let number = Decimal(string: number, locale: nil), let bound = Decimal(string: bound, locale: nil) else {
      return nil
    }
    return order(number, bound)
  }

  private static func order<Number: Comparable>(_ number: Number, _ bound: Number) -> ComparisonResult {
    number < bound ? .orderedAscending : number > bound ? .orderedDescending : .orderedSame
  }

  /// Whether all of a text matches. The generator has written the pattern so that it means here what it does on the server.
  private static func matches(_ text: String, _ pattern: String) -> Bool {
    guard let expression = try? NSRegularExpression(pattern: "\\A(?:\(pattern))\\z") else { return false }
    return expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
  }
}
