/// A value that travels: read from JSON with its place in the document, written in the wire's normal form.
///
/// Generated types and the types that they are made of conform; an application need not.
public protocol WireValue: Sendable, Hashable {
  /// Reads a value, and brings it into normal form.
  ///
  /// - Throws: where in the document and why the value is refused.
  init(wire: JSONValue, at place: WirePlace) throws(InvalidValue)

  /// The value as the wire has it.
  func wire(_ style: WireStyle) -> JSONValue
}

/// How 64-bit integers are written.
public struct WireStyle: Sendable, Hashable {
  /// Whether they are strings, because the field is `big`.
  public let bigIntegers: Bool

  /// As JSON numbers.
  public static let plain = WireStyle(bigIntegers: false)
  /// As strings.
  public static let big = WireStyle(bigIntegers: true)
}

/// Where in a document a value stands, how its integers are written, and how strictly it is read.
public struct WirePlace: Sendable {
  /// A JSON pointer (RFC 6901); empty for the whole document.
  public let pointer: String
  /// How integers are written here.
  public let style: WireStyle
  /// Whether the value is about to be recorded: then it keeps the declaration's rules, and every member is a known one.
  /// What others have recorded, under rules of their time, is read as it is.
  public let isRecording: Bool

  /// The whole document, as it was recorded.
  public static let root = WirePlace(pointer: "", style: .plain, isRecording: false)
  /// The whole document, about to be recorded.
  public static let recording = WirePlace(pointer: "", style: .plain, isRecording: true)

  /// The value of a key.
  public func key(_ key: String, _ style: WireStyle? = nil) -> WirePlace {
    let escaped =
      key.contains(where: { $0 == "~" || $0 == "/" })
      ? String(key.flatMap { $0 == "~" ? Array("~0") : $0 == "/" ? Array("~1") : [$0] }) : key
    return WirePlace(pointer: "\(pointer)/\(escaped)", style: style ?? self.style, isRecording: isRecording)
  }

  /// The element at an index.
  public func index(_ index: Int) -> WirePlace {
    WirePlace(pointer: "\(pointer)/\(index)", style: style, isRecording: isRecording)
  }

  /// A refusal of a name that no member has, where one is about to be recorded.
  public func checkMember(_ name: String, of known: [String]) throws(InvalidValue) {
    guard !isRecording else { throw refuse("expected one of \(known.joined(separator: ", "))") }
  }

  /// A refusal of the value here.
  public func refuse(_ reason: String) -> InvalidValue {
    InvalidValue(pointer: pointer, reason: reason)
  }

  /// A refusal that says what was expected and what was found.
  func expected(_ what: String, _ found: JSONValue) -> InvalidValue {
    refuse("expected \(what), found \(found.kind)")
  }
}

/// A value that is not what its type asks for.
public struct InvalidValue: Error, Sendable, Hashable, CustomStringConvertible {
  /// Where: a JSON pointer.
  public let pointer: String
  /// Why.
  public let reason: String

  /// Of a place and a reason.
  public init(pointer: String, reason: String) {
    self.pointer = pointer
    self.reason = reason
  }

  /// Where and why.
  public var description: String {
    pointer.isEmpty ? reason : "\(pointer): \(reason)"
  }
}

extension WireValue {
  /// The value as the wire has it, 64-bit integers as numbers.
  public var wire: JSONValue { wire(.plain) }
}

/// Whether two values are one to every replica: their normal forms are equal.
func sameOnWire<Value: WireValue>(_ left: Value, _ right: Value) -> Bool {
  left.wire == right.wire
}

/// An object on the wire, put together member by member.
public struct WireWriter {
  /// What it is so far.
  public private(set) var object = JSONObject()

  /// Without members.
  public init() {}

  /// Adds a member.
  public mutating func put<Value: WireValue>(_ key: String, _ value: Value, _ style: WireStyle = .plain) {
    object[key] = value.wire(style)
  }

  /// Adds a member where there is a value, and leaves the key out where there is none.
  public mutating func put<Value: WireValue>(ifPresent key: String, _ value: Value?, _ style: WireStyle = .plain) {
    if let value { put(key, value, style) }
  }

  /// Adds a member where something is set, null too.
  public mutating func put<Value: WireValue>(_ key: String, _ change: Change<Value>, _ style: WireStyle = .plain) {
    put(ifPresent: key, change.value, style)
  }
}

/// Members of an object, read one after another; whatever is left in the end is unknown.
public struct WireReader {
  private let object: JSONObject
  private let place: WirePlace
  private var known: [String] = []

  /// Of a value that should be an object.
  public init(_ value: JSONValue, at place: WirePlace) throws(InvalidValue) {
    guard case .object(let object) = value else { throw place.expected("an object", value) }
    self.object = object
    self.place = place
  }

  /// A member that must be there, under its name or an older one.
  public mutating func required<Value: WireValue>(
    _ key: String, aliases: [String] = [], _ style: WireStyle = .plain, rules: FieldRules? = nil
  ) throws(InvalidValue) -> Value {
    guard let value: Value = try optional(key, aliases: aliases, style, rules: rules) else {
      throw place.key(key).refuse("is required")
    }
    return value
  }

  /// A member that may be missing.
  public mutating func optional<Value: WireValue>(
    _ key: String, aliases: [String] = [], _ style: WireStyle = .plain, rules: FieldRules? = nil
  ) throws(InvalidValue) -> Value? {
    known.append(key)
    // Under an older name it is read where the newer one is missing; both are one too many.
    for name in [key] + aliases {
      guard let wire = object[name] else { continue }
      known.append(name)
      let here = place.key(name, style)
      let value = try Value(wire: wire, at: here)
      if here.isRecording, let rules { try rules.check(value.wire(style), at: here) }
      return value
    }
    return nil
  }

  /// A member that may be missing or null.
  public mutating func nullable<Value: WireValue>(
    _ key: String, aliases: [String] = [], _ style: WireStyle = .plain, rules: FieldRules? = nil
  ) throws(InvalidValue) -> Value? {
    let value: Value?? = try optional(key, aliases: aliases, style, rules: rules)
    return value ?? nil
  }

  /// A member that may be missing, null among its values.
  public mutating func change<Value: WireValue>(
    _ key: String, aliases: [String] = [], _ style: WireStyle = .plain, rules: FieldRules? = nil
  ) throws(InvalidValue) -> Change<Value> {
    let value: Value? = try optional(key, aliases: aliases, style, rules: rules)
    return value.map { .set($0) } ?? .keep
  }

  /// Refuses what nobody asked for.
  public func finish() throws(InvalidValue) {
    for (key, _) in object.entries where !known.contains(where: { Text.same($0, key) }) {
      throw place.key(key).refuse("is no key of this payload")
    }
  }
}
