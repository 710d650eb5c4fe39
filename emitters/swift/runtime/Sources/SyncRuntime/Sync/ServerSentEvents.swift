import Foundation

/// Server-sent events (WHATWG HTML, §9.2), byte by byte: Foundation's lines split at U+2028 and drop empty ones.
struct ServerSentEvents {
  private var line: [UInt8] = []
  private var data: [String] = []
  private var endedInCarriageReturn = false

  /// The data of the events that these bytes complete.
  mutating func feed(_ bytes: some Sequence<UInt8>) -> [String] {
    var events: [String] = []
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\n") where endedInCarriageReturn: endedInCarriageReturn = false
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        endedInCarriageReturn = byte == UInt8(ascii: "\r")
        if let event = endLine() { events.append(event) }
      default:
        endedInCarriageReturn = false
        line.append(byte)
      }
    }
    return events
  }

  private mutating func endLine() -> String? {
    defer { line.removeAll(keepingCapacity: true) }
    if line.isEmpty {
      defer { data.removeAll() }
      return data.isEmpty ? nil : data.joined(separator: "\n")
    }
    let text = String(decoding: line, as: UTF8.self)
    if text.hasPrefix("data:") {
      let value = text.dropFirst("data:".count)
      data.append(String(value.hasPrefix(" ") ? value.dropFirst() : value))
    }
    return nil
  }
}
