import Foundation

extension Optional: WireValue where Wrapped: WireValue {
  /// The value, or null.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    if case .null = wire {
      self = nil
    } else {
      self = try Wrapped(wire: wire, at: place)
    }
  }

  /// The value, or null.
  public func wire(_ style: WireStyle) -> JSONValue {
    map { $0.wire(style) } ?? .null
  }
}

extension Array: WireValue where Element: WireValue {
  /// A list. Of elements with an id each is there once, as if they were pushed one after another.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    guard case .array(let items) = wire else { throw place.expected("a list", wire) }
    var out: [Element] = []
    out.reserveCapacity(items.count)
    let place = place.opened
    for (index, item) in items.enumerated() {
      out.append(try Element(wire: item, at: place.index(index)))
    }
    self = Element.distinct(out)
  }

  /// A list.
  public func wire(_ style: WireStyle) -> JSONValue {
    .array(map { $0.wire(style) })
  }
}

/// An element that its id names in a keyed list.
public protocol KeyedElement: WireValue {
  /// What names it.
  associatedtype ID: WireValue
  /// What names it.
  var id: ID { get }
}

extension KeyedElement {
  /// Those whose id no earlier one has.
  public static func distinct(_ items: [Self]) -> [Self] {
    guard items.count > 1 else { return items }
    var seen: Set<JSONValue> = []
    return items.filter { seen.insert($0.id.wire).inserted }
  }
}

/// What may be a member of a set or the key of a map.
public protocol WireKey: WireValue {
  /// As the key of an object.
  var keyText: String { get }
  /// From the key of an object.
  init(keyText: String, at place: WirePlace) throws(InvalidValue)
  /// Whether it comes before another: integers by value, all else by code point.
  func precedes(_ other: Self) -> Bool
}

extension WireKey {
  /// The string that it is on the wire.
  public var keyText: String { wire.string ?? "" }

  /// From the string that it is on the wire.
  public init(keyText: String, at place: WirePlace) throws(InvalidValue) {
    self = try Self(wire: .string(keyText), at: place)
  }

  /// By code point.
  public func precedes(_ other: Self) -> Bool { Text.precedes(keyText, other.keyText) }
}

extension String: WireKey {}
extension UUID: WireKey {}
extension Unicode.Scalar: WireKey {}

/// Each member once, in the order that every replica keeps: code points, or the value of integers.
public struct SortedSet<Element: WireKey>: WireValue {
  /// In order.
  public private(set) var members: [Element]

  /// Without members.
  public init() {
    members = []
  }

  /// Of these, each once.
  public init(_ members: some Sequence<Element>) {
    self.members = []
    for member in members {
      insert(member)
    }
  }

  /// A list; order and repetition do not count.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    self.init(try [Element](wire: wire, at: place))
  }

  /// A sorted list.
  public func wire(_ style: WireStyle) -> JSONValue { members.wire(style) }

  /// Whether it holds a member.
  public func contains(_ member: Element) -> Bool {
    let at = place(of: member)
    return at < members.count && !member.precedes(members[at])
  }

  /// Adds a member; says whether it was missing.
  @discardableResult
  public mutating func insert(_ member: Element) -> Bool {
    let at = place(of: member)
    if at < members.count, !member.precedes(members[at]) { return false }
    members.insert(member, at: at)
    return true
  }

  /// Takes a member out; says whether it was there.
  @discardableResult
  public mutating func remove(_ member: Element) -> Bool {
    let at = place(of: member)
    guard at < members.count, !member.precedes(members[at]) else { return false }
    members.remove(at: at)
    return true
  }

  /// The first place whose member does not come before the given one.
  private func place(of member: Element) -> Int {
    var low = 0
    var high = members.count
    while low < high {
      let middle = (low + high) / 2
      if members[middle].precedes(member) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}

extension SortedSet: RandomAccessCollection {
  /// Of the first member.
  public var startIndex: Int { members.startIndex }
  /// Behind the last member.
  public var endIndex: Int { members.endIndex }
  /// The member at a place.
  public subscript(position: Int) -> Element { members[position] }
}

extension SortedSet: ExpressibleByArrayLiteral {
  /// `["a", "b"]`.
  public init(arrayLiteral elements: Element...) {
    self.init(elements)
  }
}

/// Values by key, keys compared as every replica compares them.
public struct SortedMap<Key: WireKey, Value: WireValue>: WireValue {
  /// In the order of the keys.
  public private(set) var keys: SortedSet<Key> = []
  private var values: [Value] = []

  /// Without entries.
  public init() {}

  /// An object.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    guard case .object(let object) = wire else { throw place.expected("an object", wire) }
    for (text, value) in object.entries {
      let here = place.key(text)
      let key = try Key(keyText: text, at: here)
      guard self[key] == nil else { throw here.refuse("the key is there twice") }
      self[key] = try Value(wire: value, at: here)
    }
  }

  /// An object.
  public func wire(_ style: WireStyle) -> JSONValue {
    .object(JSONObject(distinct: zip(keys, values).map { (key: $0.keyText, value: $1.wire(style)) }))
  }

  /// The value of a key; setting `nil` takes it out.
  public subscript(key: Key) -> Value? {
    get {
      guard let at = keys.firstIndex(where: { !$0.precedes(key) }), !key.precedes(keys[at]) else { return nil }
      return values[at]
    }
    set {
      let at = keys.firstIndex(where: { !$0.precedes(key) }) ?? keys.count
      let isThere = at < keys.count && !key.precedes(keys[at])
      switch (isThere, newValue) {
      case (true, let value?): values[at] = value
      case (true, nil):
        keys.remove(key)
        values.remove(at: at)
      case (false, let value?):
        keys.insert(key)
        values.insert(value, at: at)
      case (false, nil): break
      }
    }
  }

  /// How many entries.
  public var count: Int { values.count }
}

extension SortedMap: Sequence {
  /// Entries in the order of the keys.
  public func makeIterator() -> Zip2Sequence<SortedSet<Key>, [Value]>.Iterator {
    zip(keys, values).makeIterator()
  }
}

extension SortedMap: ExpressibleByDictionaryLiteral {
  /// `["a": 1]`.
  public init(dictionaryLiteral elements: (Key, Value)...) {
    for (key, value) in elements {
      self[key] = value
    }
  }
}

/// What a change does to a field that may be null: nothing is not the same as null.
public enum Change<Value: WireValue>: Sendable, Hashable {
  /// The field stays as it is; on the wire the key is missing.
  case keep
  /// The field becomes this.
  case set(Value)

  /// The new value, if there is one.
  public var value: Value? {
    if case .set(let value) = self { value } else { nil }
  }
}
