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

  /// Whether two values are one to every replica: their normal forms are equal.
  func isSameOnWire(as other: Self) -> Bool
  /// What a list of these is: of elements that an id names each once.
  static func distinct(_ items: [Self]) -> [Self]
}

extension WireValue {
  /// By their normal forms.
  public func isSameOnWire(as other: Self) -> Bool { wire == other.wire }

  /// All of them.
  public static func distinct(_ items: [Self]) -> [Self] { items }
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
  /// How integers are written here.
  public let style: WireStyle
  /// Whether the value is about to be recorded: then it keeps the declaration's rules, and every member is a known one.
  /// What others have recorded, under rules of their time, is read as it is.
  public let isRecording: Bool
  // Most places are never named, so that the pointer is put together by who asks for it.
  private let above: Step?
  private let last: Name?

  /// The whole document, as it was recorded.
  public static let root = WirePlace(.plain)
  /// The whole document, about to be recorded.
  public static let recording = WirePlace(style: .plain, isRecording: true, above: nil, last: nil)

  /// The whole document, as it was recorded, with integers in that style.
  init(_ style: WireStyle) {
    self.init(style: style, isRecording: false, above: nil, last: nil)
  }

  private init(style: WireStyle, isRecording: Bool, above: Step?, last: Name?) {
    self.style = style
    self.isRecording = isRecording
    self.above = above
    self.last = last
  }

  /// A JSON pointer (RFC 6901); empty for the whole document.
  public var pointer: String {
    var pointer = ""
    var step = self.step
    while let here = step {
      pointer = "/\(here.name.escaped)\(pointer)"
      step = here.above
    }
    return pointer
  }

  /// The value of a key.
  public func key(_ key: String, _ style: WireStyle? = nil) -> WirePlace {
    WirePlace(style: style ?? self.style, isRecording: isRecording, above: step, last: .key(key))
  }

  /// The element at an index.
  public func index(_ index: Int) -> WirePlace {
    WirePlace(style: style, isRecording: isRecording, above: step, last: .index(index))
  }

  /// The same place, for whoever goes on from it to many.
  var opened: WirePlace { WirePlace(style: style, isRecording: isRecording, above: step, last: nil) }

  private var step: Step? {
    guard let last else { return above }
    return Step(name: last, above: above)
  }

  /// A part of a pointer, on those before it.
  private final class Step: Sendable {
    let name: Name
    let above: Step?

    init(name: Name, above: Step?) {
      self.name = name
      self.above = above
    }
  }

  /// A part of a pointer.
  private enum Name: Sendable {
    case key(String)
    case index(Int)

    var escaped: String {
      switch self {
      case .index(let index): String(index)
      case .key(let key): key.replacing("~", with: "~0").replacing("/", with: "~1")
      }
    }
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
  private let entries: [(key: String, value: JSONValue)]
  private let place: WirePlace
  /// Where the next member is likely to stand: they mostly come in the order of the declaration.
  private var next = 0
  /// Which of the first 64 members were read, by their bits, and which of the others.
  private var read: UInt64 = 0
  private var readBeyond: Set<Int> = []

  /// Of a value that should be an object.
  public init(_ value: JSONValue, at place: WirePlace) throws(InvalidValue) {
    guard case .object(let object) = value else { throw place.expected("an object", value) }
    entries = object.entries
    self.place = place.opened
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
    // Under an older name it is read where the newer one is missing; both are one too many.
    guard let at = find(key, or: aliases) else { return nil }
    next = at + 1
    if at < UInt64.bitWidth { read |= 1 << UInt64(at) } else { readBeyond.insert(at) }
    let here = place.key(entries[at].key, style)
    let value = try Value(wire: entries[at].value, at: here)
    if here.isRecording, let rules { try rules.check(value.wire(style), at: here) }
    return value
  }

  private func find(_ key: String, or aliases: [String]) -> Int? {
    if next < entries.count, Text.same(entries[next].key, key) { return next }
    if let at = entries.firstIndex(where: { Text.same($0.key, key) }) { return at }
    for alias in aliases {
      if let at = entries.firstIndex(where: { Text.same($0.key, alias) }) { return at }
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
    guard read.nonzeroBitCount + readBeyond.count < entries.count else { return }
    for (at, entry) in entries.enumerated() {
      let isRead = at < UInt64.bitWidth ? read & 1 << UInt64(at) != 0 : readBeyond.contains(at)
      if !isRead { throw place.key(entry.key).refuse("is no key of this payload") }
    }
  }
}
