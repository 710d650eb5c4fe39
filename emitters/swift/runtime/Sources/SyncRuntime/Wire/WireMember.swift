/// A member of an enum that carries data, in one of serde's three ways.
public struct WireMember {
  /// Its name.
  public let name: String
  private let content: JSONValue?
  private let place: WirePlace
  /// Where the name stands.
  private let namePlace: WirePlace

  /// `{"member": {…}}`, or `"member"`.
  public init(external wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    switch wire {
    case .string(let name): self.init(name: name, content: nil, place: place, namePlace: place)
    case .object(let object) where object.count == 1:
      let (name, content) = object.entries[0]
      self.init(name: name, content: content, place: place.key(name), namePlace: place)
    default: throw place.refuse("expected an object of one key that names the member")
    }
  }

  /// `{"tag": "member", …}`
  public init(internal wire: JSONValue, tag: String, at place: WirePlace) throws(InvalidValue) {
    guard case .object(var object) = wire, let name = object[tag]?.string else {
      throw place.refuse("expected an object whose \"\(tag)\" names the member")
    }
    object[tag] = nil
    self.init(name: name, content: .object(object), place: place, namePlace: place.key(tag))
  }

  /// `{"tag": "member", "content": {…}}`
  public init(adjacent wire: JSONValue, tag: String, content: String, at place: WirePlace) throws(InvalidValue) {
    guard case .object(let object) = wire, let name = object[tag]?.string else {
      throw place.refuse("expected an object whose \"\(tag)\" names the member")
    }
    for (key, _) in object.entries where !Text.same(key, tag) && !Text.same(key, content) {
      throw place.key(key).refuse("is no key of this value")
    }
    self.init(name: name, content: object[content], place: place.key(content), namePlace: place.key(tag))
  }

  private init(name: String, content: JSONValue?, place: WirePlace, namePlace: WirePlace) {
    self.name = name
    self.content = content
    self.place = place
    self.namePlace = namePlace
  }

  /// What it carries.
  public func value<Value: WireValue>() throws(InvalidValue) -> Value {
    guard let content else { throw place.refuse("this member carries data") }
    return try Value(wire: content, at: place)
  }

  /// Checks that it carries nothing.
  public func empty() throws(InvalidValue) {
    switch content {
    case nil, .null: return
    case .object(let object) where object.count == 0: return
    default: throw place.refuse("this member carries no data")
    }
  }

  /// Refuses a name that this version does not know, where one is about to be recorded.
  public func unknown(of known: [String]) throws(InvalidValue) {
    try namePlace.checkMember(name, of: known)
  }

  /// `{"member": {…}}`, or `"member"` for one that carries nothing.
  public static func wire(external name: String, _ content: JSONValue?) -> JSONValue {
    content.map { .object([name: $0]) } ?? .string(name)
  }

  /// `{"tag": "member", …}`
  public static func wire(internal name: String, tag: String, _ content: JSONValue?) -> JSONValue {
    let rest = content?.object?.entries ?? []
    return .object(JSONObject([(key: tag, value: .string(name))] + rest))
  }

  /// `{"tag": "member", "content": {…}}`
  public static func wire(adjacent name: String, tag: String, content key: String, _ content: JSONValue?) -> JSONValue {
    var object: JSONObject = [tag: .string(name)]
    object[key] = content
    return .object(object)
  }
}

/// A value that generated code holds as JSON, because Swift has no literal for it.
public struct WireLiteral<Value: WireValue> {
  /// The value.
  public let value: Value

  /// Of JSON that the generator has checked.
  public init(_ json: String, _ style: WireStyle = .plain) {
    do {
      value = try Value(wire: JSONValue(parsing: json), at: WirePlace(style))
    } catch {
      preconditionFailure("the generated default \(json) is none: \(error)")
    }
  }
}
