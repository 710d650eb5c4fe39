/// Reads JSON (RFC 8259) with exact integers; refuses what the wire refuses: lone surrogates and endless nesting.
struct JSONParser {
  /// Deeper than anything a declared type holds, and shallow enough for a thread's stack.
  private static let maxDepth = 128

  private let bytes: UnsafeBufferPointer<UInt8>
  private var at = 0

  /// Text that is no JSON.
  struct Failure: Error, Equatable {
    /// What was wrong, and at which byte.
    let message: String
  }

  /// The value that a whole text is.
  static func parse(_ text: String) throws -> JSONValue {
    var text = text
    return try text.withUTF8 { bytes in
      var parser = JSONParser(bytes: bytes)
      return try parser.whole()
    }
  }

  /// The value that all the bytes are.
  static func parse(_ bytes: some ContiguousBytesOfText) throws -> JSONValue {
    try bytes.withBytes { buffer in
      var parser = JSONParser(bytes: buffer)
      return try parser.whole()
    }
  }

  private init(bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  private mutating func whole() throws -> JSONValue {
    let value = try value(depth: 0)
    skipSpace()
    guard at == bytes.count else { throw failure("more text behind the value") }
    return value
  }

  private func failure(_ message: String) -> Failure {
    Failure(message: "\(message) (at byte \(at))")
  }

  private mutating func skipSpace() {
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x09, 0x0A, 0x0D: at += 1
      default: return
      }
    }
  }

  private mutating func value(depth: Int) throws -> JSONValue {
    guard depth < Self.maxDepth else { throw failure("nested too deeply") }
    skipSpace()
    guard at < bytes.count else { throw failure("the text ends too early") }
    switch bytes[at] {
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws -> JSONValue {
    let end = at + word.utf8CodeUnitCount
    guard end <= bytes.count, bytes[at..<end].elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: end - at))
    else { throw failure("no JSON value") }
    at = end
    return value
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  private mutating func object(depth: Int) throws -> JSONObject {
    at += 1
    var entries: [(key: String, value: JSONValue)] = []
    if take(UInt8(ascii: "}")) { return JSONObject() }
    repeat {
      skipSpace()
      guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw failure("expected a key") }
      let key = try string()
      guard take(UInt8(ascii: ":")) else { throw failure("expected ':'") }
      entries.append((key, try value(depth: depth + 1)))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw failure("expected ',' or '}'") }
    return JSONObject(entries)
  }

  private mutating func array(depth: Int) throws -> [JSONValue] {
    at += 1
    var items: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return items }
    repeat {
      items.append(try value(depth: depth + 1))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw failure("expected ',' or ']'") }
    return items
  }

  private mutating func number() throws -> JSONValue {
    let start = at
    var whole = true
    if at < bytes.count, bytes[at] == UInt8(ascii: "-") { at += 1 }
    let first = at
    digits()
    guard at > first, at == first + 1 || bytes[first] != UInt8(ascii: "0") else { throw failure("no JSON value") }
    if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
      whole = false
      at += 1
      let from = at
      digits()
      guard at > from else { throw failure("expected a digit") }
    }
    if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
      whole = false
      at += 1
      if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
      let from = at
      digits()
      guard at > from else { throw failure("expected a digit") }
    }
    if whole, at - first <= 18 {
      let magnitude = bytes[first..<at].reduce(0 as Int64) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
      return .int(first > start ? -magnitude : magnitude)
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if whole, let int = Int64(text) { return .int(int) }
    guard let double = Double(text), double.isFinite else { throw failure("the number is too large") }
    return .double(double)
  }

  private mutating func digits() {
    while at < bytes.count, bytes[at] >= UInt8(ascii: "0"), bytes[at] <= UInt8(ascii: "9") {
      at += 1
    }
  }

  private mutating func string() throws -> String {
    at += 1
    let start = at
    while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"), bytes[at] >= 0x20 {
      at += 1
    }
    guard at < bytes.count else { throw failure("the string does not end") }
    if bytes[at] == UInt8(ascii: "\"") {
      defer { at += 1 }
      return try text(bytes[start..<at])
    }
    var out = Array(bytes[start..<at])
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return try text(out[...])
      case UInt8(ascii: "\\"): try escape(into: &out)
      case 0..<0x20: throw failure("a control character in a string")
      default: out.append(byte)
      }
    }
    throw failure("the string does not end")
  }

  private func text(_ bytes: some Collection<UInt8>) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw failure("no UTF-8") }
    return text
  }

  private mutating func escape(into out: inout [UInt8]) throws {
    guard at < bytes.count else { throw failure("the string does not end") }
    let byte = bytes[at]
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0C)
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hex4()
      if 0xD800..<0xDC00 ~= code {
        guard at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") else {
          throw failure("half of a surrogate pair")
        }
        at += 2
        let low = try hex4()
        guard 0xDC00..<0xE000 ~= low else { throw failure("half of a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair") }
      out.append(contentsOf: UTF8.encode(scalar)!)
    default: throw failure("unknown escape")
    }
  }

  private mutating func hex4() throws -> UInt32 {
    guard at + 4 <= bytes.count else { throw failure("the string does not end") }
    var code: UInt32 = 0
    for byte in bytes[at..<at + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw failure("expected four hex digits") }
      code = code << 4 + UInt32(digit)
    }
    at += 4
    return code
  }
}

/// Bytes in one piece.
protocol ContiguousBytesOfText {
  /// Lends the bytes.
  func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result
}

extension Array: ContiguousBytesOfText where Element == UInt8 {
  func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
    try withUnsafeBufferPointer(body)
  }
}

extension JSONValue {
  /// Reads JSON text.
  ///
  /// - Throws: ``SyncError/badResponse(_:)`` that says what is wrong and where.
  public init(parsing text: String) throws(SyncError) {
    do {
      self = try JSONParser.parse(text)
    } catch let failure as JSONParser.Failure {
      throw .badResponse(failure.message)
    } catch {
      throw .badResponse("\(error)")
    }
  }
}
