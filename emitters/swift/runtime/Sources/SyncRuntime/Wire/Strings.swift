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
    guard text.utf8.count == 36, let uuid = UUID(uuidString: text) else {
      throw place.refuse("expected a UUID such as \"67e55044-10b1-426f-9247-bb680e5fe0c8\"")
    }
    self = uuid
  }

  /// Lower case: ids are compared as text.
  public func wire(_ style: WireStyle) -> JSONValue { .string(wireText) }

  /// Lower case, as every replica writes it.
  public var wireText: String { uuidString.lowercased() }
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
