import Foundation

extension String: WireValue {
  /// A string without U+0000.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    guard case .string(let text) = wire else { throw place.expected("a string", wire) }
    guard !text.utf8.contains(0) else { throw place.refuse("a string holds no U+0000") }
    self = text
  }

  /// A string.
  public func wire(_ style: WireStyle) -> JSONValue { .string(self) }

  /// Code point by code point.
  public func isSameOnWire(as other: String) -> Bool { Text.same(self, other) }
}

extension Unicode.Scalar: WireValue {
  /// A string of one Unicode scalar.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    let text = try String(wire: wire, at: place)
    guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
      throw place.refuse("expected a string of one character")
    }
    self = scalar
  }

  /// A string of one Unicode scalar.
  public func wire(_ style: WireStyle) -> JSONValue { .string(String(self)) }
}

extension UUID: WireValue {
  /// A UUID in either case.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    guard case .string(let text) = wire else { throw place.expected("a UUID", wire) }
    guard let uuid = UUID(text: text) else {
      throw place.refuse("expected a UUID such as \"67e55044-10b1-426f-9247-bb680e5fe0c8\"")
    }
    self = uuid
  }

  /// Lower case: ids are compared as text.
  public func wire(_ style: WireStyle) -> JSONValue { .string(wireText) }

  /// Lower case, as every replica writes it.
  public var wireText: String {
    withUnsafeBytes(of: uuid) { bytes in
      String(unsafeUninitializedCapacity: 36) { text in
        var at = 0
        for (index, byte) in bytes.enumerated() {
          if index == 4 || index == 6 || index == 8 || index == 10 {
            text[at] = UInt8(ascii: "-")
            at += 1
          }
          text[at] = Hex.digit(byte >> 4)
          text[at + 1] = Hex.digit(byte & 15)
          at += 2
        }
        return at
      }
    }
  }

  /// A new one, of version 4. Foundation's on Linux opens a file for each.
  static func random() -> UUID {
    var numbers = SystemRandomNumberGenerator()
    var bytes = (numbers.next(), numbers.next())
    return withUnsafeMutableBytes(of: &bytes) { bytes in
      bytes[6] = bytes[6] & 0x0F | 0x40
      bytes[8] = bytes[8] & 0x3F | 0x80
      return UUID(uuid: bytes.load(as: uuid_t.self))
    }
  }

  /// From either case; `nil` for anything else.
  init?(text: String) {
    var bytes: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    var text = text
    let isUUID = text.withUTF8 { text in
      guard text.count == 36 else { return false }
      return withUnsafeMutableBytes(of: &bytes) { bytes in
        var at = 0
        for index in bytes.indices {
          if index == 4 || index == 6 || index == 8 || index == 10 {
            guard text[at] == UInt8(ascii: "-") else { return false }
            at += 1
          }
          guard let high = Hex.value(text[at]), let low = Hex.value(text[at + 1]) else { return false }
          bytes[index] = high << 4 | low
          at += 2
        }
        return true
      }
    }
    guard isUUID else { return nil }
    self.init(uuid: bytes)
  }

  /// Byte for byte.
  public func isSameOnWire(as other: UUID) -> Bool { self == other }
}

extension JSONValue: WireValue {
  /// Any JSON whose numbers every target holds exactly.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    switch wire {
    case .null, .bool: self = wire
    case .int(let value):
      guard Int64.bounds(big: false).contains(Whole(value)) else {
        throw place.refuse("integers beyond ±(2^53-1) are refused; send them as strings")
      }
      self = wire
    case .double(let value):
      if let whole = Int64(exactly: value), Int64.bounds(big: false).contains(Whole(whole)) {
        self = .int(whole)
      } else {
        self = .double(value)
      }
    case .string: self = .string(try String(wire: wire, at: place))
    case .array(let items):
      var out: [JSONValue] = []
      out.reserveCapacity(items.count)
      for (index, item) in items.enumerated() {
        out.append(try JSONValue(wire: item, at: place.index(index)))
      }
      self = .array(out)
    case .object(let object):
      var out: [(key: String, value: JSONValue)] = []
      for (key, value) in object.entries {
        guard !key.utf8.contains(0) else { throw place.refuse("a key holds no U+0000") }
        out.append((key, try JSONValue(wire: value, at: place.key(key))))
      }
      self = .object(JSONObject(distinct: out))
    }
  }

  /// The same.
  public func wire(_ style: WireStyle) -> JSONValue { self }
}

/// Hex digits.
enum Hex {
  /// The lower-case digit of 0 to 15.
  static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }

  /// What a digit of either case stands for.
  static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 97...102: digit - 87
    case 65...70: digit - 55
    default: nil
    }
  }
}
