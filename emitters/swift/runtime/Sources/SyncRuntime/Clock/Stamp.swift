/// A stamp of the hybrid logical clock, `{ms:15}.{counter:5}.{node:8 hex}`; ordered as its text is.
public struct Stamp: Sendable, Hashable, Comparable, LosslessStringConvertible {
  /// Unix milliseconds.
  public let milliseconds: Int64
  /// Orders what happened within one millisecond.
  public let counter: Int
  /// Who stamped.
  public let node: UInt32

  init(milliseconds: Int64, counter: Int, node: UInt32) {
    self.milliseconds = milliseconds
    self.counter = counter
    self.node = node
  }

  /// Reads the text form; `nil` for anything else.
  public init?(_ text: String) {
    var text = text
    guard let stamp = text.withUTF8({ Self(bytes: $0) }) else { return nil }
    self = stamp
  }

  private init?(bytes: UnsafeBufferPointer<UInt8>) {
    guard bytes.count == 30, bytes[15] == UInt8(ascii: "."), bytes[21] == UInt8(ascii: ".") else { return nil }
    var node: UInt32 = 0
    for byte in bytes[22...] {
      guard byte < UInt8(ascii: "A") || byte > UInt8(ascii: "F"), let digit = Hex.value(byte) else { return nil }
      node = node << 4 | UInt32(digit)
    }
    guard let ms = Self.number(bytes[0..<15]), let counter = Self.number(bytes[16..<21]) else { return nil }
    self.init(milliseconds: Int64(ms), counter: counter, node: node)
  }

  private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    var number = 0
    for byte in digits {
      guard 48...57 ~= byte else { return nil }
      number = number * 10 + Int(byte - 48)
    }
    return number
  }

  /// The text form.
  public var description: String {
    String(unsafeUninitializedCapacity: 30) { text in
      Calendar8601.write(Int(milliseconds), 15, to: text, at: 0)
      text[15] = UInt8(ascii: ".")
      Calendar8601.write(counter, 5, to: text, at: 16)
      text[21] = UInt8(ascii: ".")
      for at in 0..<8 {
        text[22 + at] = Hex.digit(UInt8(node >> UInt32(28 - 4 * at) & 15))
      }
      return 30
    }
  }

  /// Earlier stamps first.
  public static func < (left: Stamp, right: Stamp) -> Bool {
    (left.milliseconds, left.counter, left.node) < (right.milliseconds, right.counter, right.node)
  }
}
