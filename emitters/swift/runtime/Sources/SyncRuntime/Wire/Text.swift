import Foundation

/// Strings as replicas compare them: code point by code point.
///
/// Swift's own `==` and `<` hold canonically equivalent strings for equal ("é" in one scalar or in two); the other
/// replicas do not, so state must never depend on them.
enum Text {
  /// Whether two strings are the same code points.
  static func same(_ left: String, _ right: String) -> Bool {
    let (left, right) = (left.utf8, right.utf8)
    guard left.count == right.count else { return false }
    let quick = left.withContiguousStorageIfAvailable { left in
      right.withContiguousStorageIfAvailable { right in
        left.isEmpty || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
      }
    }
    // Text of Objective-C's may lie in pieces.
    return (quick ?? nil) ?? left.elementsEqual(right)
  }

  /// Whether the left one comes first. UTF-8 orders as code points do.
  static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }

  /// Hashes what ``same(_:_:)`` compares.
  static func hash(_ text: String, into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
  }
}

/// A name on the wire, as generated code looks for it: equal by code points.
public struct WireName: ExpressibleByStringLiteral, Equatable {
  private let text: String

  /// Of a text.
  public init(_ text: String) { self.text = text }

  /// Of a literal.
  public init(stringLiteral text: String) { self.text = text }

  /// Whether both are the same code points.
  public static func == (left: WireName, right: WireName) -> Bool { Text.same(left.text, right.text) }
}
