/// Any JSON, exact: 64-bit integers stay integers, strings compare by code point, objects keep the order of their keys.
public enum JSONValue: Sendable {
  /// `null`, which is not the same as a missing key.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without a fraction that 64 bits hold.
  case int(Int64)
  /// Any other number.
  case double(Double)
  /// A string.
  case string(String)
  /// A list.
  case array([JSONValue])
  /// An object.
  case object(JSONObject)
}

extension JSONValue: Hashable {
  /// Equal are values, not spellings: `1` is `1.0`, strings are compared by code point, objects without order.
  public static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.int(let a), .int(let b)): a == b
    case (.double(let a), .double(let b)): a == b
    case (.int(let a), .double(let b)), (.double(let b), .int(let a)): Double(a) == b
    case (.string(let a), .string(let b)): Text.same(a, b)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }

  /// Hashes what ``==(_:_:)`` compares.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .bool(let value): hasher.combine(value)
    case .int(let value): hasher.combine(Double(value))
    case .double(let value): hasher.combine(value)
    case .string(let value): Text.hash(value, into: &hasher)
    case .array(let value): hasher.combine(value)
    case .object(let value): hasher.combine(value)
    }
  }
}

extension JSONValue {
  /// What kind of value it is, for messages.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .int, .double: "a number"
    case .string: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }

  /// The string in it.
  public var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The integer in it, however it is spelled.
  public var int: Int64? {
    switch self {
    case .int(let value): value
    case .double(let value): Int64(exactly: value)
    default: nil
    }
  }

  /// The object in it.
  public var object: JSONObject? {
    if case .object(let object) = self { object } else { nil }
  }

  /// The list in it.
  public var array: [JSONValue]? {
    if case .array(let items) = self { items } else { nil }
  }
}

/// An object of JSON: keys in order, found by code point.
///
/// No `Dictionary`, which takes canonically equivalent keys for one and drops the other.
public struct JSONObject: Sendable {
  /// Keys and values in the order of writing.
  public private(set) var entries: [(key: String, value: JSONValue)]

  /// Without keys.
  public init() {
    entries = []
  }

  /// Of these; the last of two equal keys counts.
  public init(_ entries: [(key: String, value: JSONValue)]) {
    self.entries = []
    self.entries.reserveCapacity(entries.count)
    for (key, value) in entries {
      self[key] = value
    }
  }

  /// The keys, as they came, which the caller knows to differ.
  init(distinct entries: [(key: String, value: JSONValue)]) {
    self.entries = entries
  }

  /// The value of a key; `nil` where there is none. Setting `nil` takes the key out.
  public subscript(key: String) -> JSONValue? {
    get {
      entries.first { Text.same($0.key, key) }?.value
    }
    set {
      let at = entries.firstIndex { Text.same($0.key, key) }
      switch (at, newValue) {
      case (let at?, let value?): entries[at].value = value
      case (let at?, nil): entries.remove(at: at)
      case (nil, let value?): entries.append((key, value))
      case (nil, nil): break
      }
    }
  }

  /// How many keys.
  public var count: Int { entries.count }

  /// Gives a key another name. An object that has both keeps the new one's value.
  public mutating func rename(_ from: String, to: String) {
    guard self[to] == nil, let value = self[from] else { return }
    self[from] = nil
    self[to] = value
  }

  /// Gives a missing key a value, written as JSON.
  public mutating func fill(_ key: String, _ json: String) {
    guard self[key] == nil else { return }
    self[key] = (try? JSONValue(parsing: json)) ?? .null
  }
}

extension JSONObject: Hashable {
  /// Without regard to the order of keys.
  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.count == right.count && left.entries.allSatisfy { right[$0.key] == $0.value }
  }

  /// Hashes what ``==(_:_:)`` compares.
  public func hash(into hasher: inout Hasher) {
    // A sum, because the order of keys does not count.
    var sum = 0
    for (key, value) in entries {
      var one = Hasher()
      Text.hash(key, into: &one)
      one.combine(value)
      sum &+= one.finalize()
    }
    hasher.combine(sum)
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// `["name": .string("Burger")]`.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init(elements.map { (key: $0.0, value: $0.1) })
  }
}
