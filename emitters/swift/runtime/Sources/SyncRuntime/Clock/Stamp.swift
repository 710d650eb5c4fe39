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
    let bytes = Array(text.utf8)
    guard bytes.count == 30, bytes[15] == 46, bytes[21] == 46, let ms = Calendar8601.number(bytes[0..<15]),
      let counter = Calendar8601.number(bytes[16..<21]),
      bytes[22...].allSatisfy({ 48...57 ~= $0 || 97...102 ~= $0 }),
      let node = UInt32(String(decoding: bytes[22...], as: UTF8.self), radix: 16)
    else { return nil }
    self.init(milliseconds: Int64(ms), counter: counter, node: node)
  }

  /// The text form.
  public var description: String {
    let hex = String(node, radix: 16)
    return "\(Calendar8601.pad(Int(milliseconds), 15)).\(Calendar8601.pad(counter, 5))."
      + String(repeating: "0", count: 8 - hex.count) + hex
  }

  /// Earlier stamps first.
  public static func < (left: Stamp, right: Stamp) -> Bool {
    (left.milliseconds, left.counter, left.node) < (right.milliseconds, right.counter, right.node)
  }
}
