/// A generated type: what it is on the wire is also what `Codable` writes.
public protocol WireObject: WireValue, Codable {}

extension WireObject {
  /// Equal are values that are one to every replica: Swift's own strings are equal where their code points are not.
  public static func == (left: Self, right: Self) -> Bool { left.wire == right.wire }

  /// Hashes what ``==(_:_:)`` compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(wire) }

  /// From any decoder, by way of the wire's form.
  public init(from decoder: any Decoder) throws {
    self = try Self(wire: JSONValue(from: decoder), at: .root)
  }

  /// The wire's form.
  public func encode(to encoder: any Encoder) throws {
    try wire.encode(to: encoder)
  }
}

extension JSONValue: Codable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Any JSON that the decoder holds.
  public init(from decoder: any Decoder) throws {
    if let object = try? decoder.container(keyedBy: Key.self) {
      self = .object(
        JSONObject(try object.allKeys.map { ($0.stringValue, try object.decode(JSONValue.self, forKey: $0)) }))
      return
    }
    if var list = try? decoder.unkeyedContainer() {
      var items: [JSONValue] = []
      while !list.isAtEnd {
        items.append(try list.decode(JSONValue.self))
      }
      self = .array(items)
      return
    }
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let int = try? value.decode(Int64.self) {
      self = .int(int)
    } else if let double = try? value.decode(Double.self) {
      self = .double(double)
    } else {
      self = .string(try value.decode(String.self))
    }
  }

  /// As JSON.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .object(let object):
      var container = encoder.container(keyedBy: Key.self)
      for (key, value) in object.entries {
        try container.encode(value, forKey: Key(stringValue: key))
      }
    case .array(let items):
      var container = encoder.unkeyedContainer()
      for item in items {
        try container.encode(item)
      }
    case .null:
      var container = encoder.singleValueContainer()
      try container.encodeNil()
    case .bool(let value):
      var container = encoder.singleValueContainer()
      try container.encode(value)
    case .int(let value):
      var container = encoder.singleValueContainer()
      try container.encode(value)
    case .double(let value):
      var container = encoder.singleValueContainer()
      try container.encode(value)
    case .string(let value):
      var container = encoder.singleValueContainer()
      try container.encode(value)
    }
  }
}
