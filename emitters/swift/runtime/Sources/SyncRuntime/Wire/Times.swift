import Foundation

/// Times of the calendar by integer arithmetic.
///
/// Foundation's ISO 8601 style cuts 496 of 1,000 milliseconds one too low, so none of it is used on the wire. The
/// conversion between days and dates is Howard Hinnant's `days_from_civil` and `civil_from_days`.
enum Calendar8601 {
  /// Milliseconds since 1970 of a date and a time of day.
  static func milliseconds(year: Int, month: Int, day: Int, timeOfDay: Int) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Int64(era * 146_097 + dayOfEra - 719_468) * 86_400_000 + Int64(timeOfDay)
  }

  /// The date of so many days since 1970.
  static func date(days: Int) -> (year: Int, month: Int, day: Int) {
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  /// How many days a month has.
  static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Digits with zeros in front.
  static func pad(_ value: Int, _ width: Int) -> String {
    if value >= 0, width <= 20 {
      return String(unsafeUninitializedCapacity: 20) { text in
        var count = width
        var rest = value
        for _ in 0..<width { rest /= 10 }
        while rest > 0 {
          (rest, count) = (rest / 10, count + 1)
        }
        write(value, count, to: text, at: 0)
        return count
      }
    }
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// So many last digits of a number, at a place of a text.
  static func write(_ value: Int, _ count: Int, to text: UnsafeMutableBufferPointer<UInt8>, at start: Int) {
    var rest = value
    for at in stride(from: start + count - 1, through: start, by: -1) {
      text[at] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }

  /// The number that a run of digits is.
  static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard !bytes.isEmpty, bytes.allSatisfy({ 48...57 ~= $0 }) else { return nil }
    return bytes.reduce(0) { $0 * 10 + Int($1 - 48) }
  }

  /// `YYYY-MM-DD` of the years 0 to 9999.
  static func parseDate(_ bytes: ArraySlice<UInt8>) -> (year: Int, month: Int, day: Int)? {
    let b = Array(bytes)
    guard b.count == 10, b[4] == 45, b[7] == 45, let year = number(b[0..<4]), let month = number(b[5..<7]),
      let day = number(b[8..<10]), 1...12 ~= month, day >= 1, day <= days(in: month, of: year)
    else { return nil }
    return (year, month, day)
  }

  /// `HH:MM:SS` with an optional fraction, in milliseconds; what is finer is cut off.
  static func parseTime(_ bytes: ArraySlice<UInt8>) -> Int? {
    let b = Array(bytes)
    guard b.count == 8 || b.count > 9, b[2] == 58, b[5] == 58, let hour = number(b[0..<2]),
      let minute = number(b[3..<5]), let second = number(b[6..<8]), hour < 24, minute < 60, second < 60
    else { return nil }
    var fraction = 0
    if b.count > 8 {
      guard b[8] == 46, b[9...].allSatisfy({ 48...57 ~= $0 }) else { return nil }
      let kept = b[9..<min(b.count, 12)]
      fraction = kept.reduce(0) { $0 * 10 + Int($1 - 48) }
      for _ in kept.count..<3 { fraction *= 10 }
    }
    return ((hour * 60 + minute) * 60 + second) * 1_000 + fraction
  }

  /// `HH:MM:SS.mmm`.
  static func text(timeOfDay: Int) -> String {
    let (seconds, ms) = timeOfDay.quotientAndRemainder(dividingBy: 1_000)
    return "\(pad(seconds / 3_600, 2)):\(pad(seconds / 60 % 60, 2)):\(pad(seconds % 60, 2)).\(pad(ms, 3))"
  }
}

extension Date: WireValue {
  /// An RFC 3339 time, what is finer than a millisecond cut off.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    guard case .string(let text) = wire else { throw place.expected("a time", wire) }
    guard let ms = Self.milliseconds(of: text) else {
      throw place.refuse("expected a time such as \"2026-11-21T08:00:00.000Z\"")
    }
    self.init(milliseconds: ms)
  }

  /// RFC 3339 in UTC with exactly three decimals.
  public func wire(_ style: WireStyle) -> JSONValue { .string(wireText) }

  /// Of Unix milliseconds.
  public init(milliseconds: Int64) {
    self.init(timeIntervalSince1970: Double(milliseconds) / 1_000)
  }

  /// Unix milliseconds.
  public var milliseconds: Int64 {
    Int64((timeIntervalSince1970 * 1_000).rounded())
  }

  /// RFC 3339 in UTC with exactly three decimals; years past 9999 as ECMAScript writes them.
  public var wireText: String {
    let ms = milliseconds
    let days = Int(ms >= 0 ? ms / 86_400_000 : (ms - 86_399_999) / 86_400_000)
    let (year, month, day) = Calendar8601.date(days: days)
    let timeOfDay = Int(ms - Int64(days) * 86_400_000)
    if 0...9_999 ~= year { return Self.text(year, month, day, timeOfDay) }
    let yearText = (year < 0 ? "-" : "+") + Calendar8601.pad(abs(year), 6)
    return "\(yearText)-\(Calendar8601.pad(month, 2))-\(Calendar8601.pad(day, 2))"
      + "T\(Calendar8601.text(timeOfDay: timeOfDay))Z"
  }

  private static func text(_ year: Int, _ month: Int, _ day: Int, _ timeOfDay: Int) -> String {
    let (seconds, milliseconds) = timeOfDay.quotientAndRemainder(dividingBy: 1_000)
    return String(unsafeUninitializedCapacity: 24) { text in
      _ = text.initialize(fromContentsOf: "0000-00-00T00:00:00.000Z".utf8)
      for (value, count, at) in [
        (year, 4, 0), (month, 2, 5), (day, 2, 8), (seconds / 3_600, 2, 11), (seconds / 60 % 60, 2, 14),
        (seconds % 60, 2, 17), (milliseconds, 3, 20),
      ] {
        Calendar8601.write(value, count, to: text, at: at)
      }
      return 24
    }
  }

  /// A year past 9999 in six digits with its sign is read too: our own stores hold such.
  private static func milliseconds(of text: String) -> Int64? {
    var bytes = Array(text.utf8)[...]
    var beyond = 0
    if bytes.count == 27, bytes.first == 43, let year = Calendar8601.number(bytes[1..<7]) {
      // The calendar repeats every 400 years.
      beyond = (year / 400 - 5) * 400
      bytes = Array(Calendar8601.pad(year - beyond, 4).utf8) + bytes[7...]
      bytes = ArraySlice(Array(bytes))
    }
    guard bytes.count >= 20, bytes[10] == 84 || bytes[10] == 116 else { return nil }
    let zone: Int
    let end: Int
    if bytes.last == 90 || bytes.last == 122 {
      zone = 0
      end = bytes.count - 1
    } else {
      guard bytes.count >= 25 else { return nil }
      let offset = Array(bytes[(bytes.count - 6)...])
      guard offset[0] == 43 || offset[0] == 45, offset[3] == 58, let hours = Calendar8601.number(offset[1..<3]),
        let minutes = Calendar8601.number(offset[4..<6]), hours < 24, minutes < 60
      else { return nil }
      zone = (hours * 60 + minutes) * (offset[0] == 45 ? -60_000 : 60_000)
      end = bytes.count - 6
    }
    guard let date = Calendar8601.parseDate(bytes[0..<10]), let time = Calendar8601.parseTime(bytes[11..<end]) else {
      return nil
    }
    let ms =
      Calendar8601.milliseconds(year: date.year + beyond, month: date.month, day: date.day, timeOfDay: time)
      - Int64(zone)
    let year = Calendar8601.date(days: Int((Double(ms) / 86_400_000).rounded(.down))).year
    return year >= 0 && (beyond > 0 || year <= 9_999) ? ms : nil
  }
}

/// A date of the calendar, without time or zone.
public struct CalendarDate: WireValue, Comparable {
  /// 0 to 9999.
  public let year: Int
  /// 1 to 12.
  public let month: Int
  /// 1 to 31.
  public let day: Int

  /// `nil` where the calendar has no such day.
  public init?(year: Int, month: Int, day: Int) {
    guard 0...9_999 ~= year, 1...12 ~= month, day >= 1, day <= Calendar8601.days(in: month, of: year) else {
      return nil
    }
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// `YYYY-MM-DD`.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    guard case .string(let text) = wire else { throw place.expected("a date", wire) }
    guard let date = Calendar8601.parseDate(Array(text.utf8)[...]) else {
      throw place.refuse("expected a date such as \"2026-11-21\"")
    }
    (year, month, day) = date
  }

  /// `YYYY-MM-DD`.
  public func wire(_ style: WireStyle) -> JSONValue {
    .string("\(Calendar8601.pad(year, 4))-\(Calendar8601.pad(month, 2))-\(Calendar8601.pad(day, 2))")
  }

  /// Earlier days first.
  public static func < (left: Self, right: Self) -> Bool {
    (left.year, left.month, left.day) < (right.year, right.month, right.day)
  }
}

/// A time of day, without date or zone.
public struct TimeOfDay: WireValue, Comparable {
  /// Since midnight.
  public let milliseconds: Int

  /// `nil` where a day is shorter.
  public init?(milliseconds: Int) {
    guard 0..<86_400_000 ~= milliseconds else { return nil }
    self.milliseconds = milliseconds
  }

  /// `HH:MM:SS.mmm`.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    guard case .string(let text) = wire else { throw place.expected("a time of day", wire) }
    guard let ms = Calendar8601.parseTime(Array(text.utf8)[...]) else {
      throw place.refuse("expected a time of day such as \"08:00:00.000\"")
    }
    milliseconds = ms
  }

  /// `HH:MM:SS.mmm`.
  public func wire(_ style: WireStyle) -> JSONValue { .string(Calendar8601.text(timeOfDay: milliseconds)) }

  /// Earlier first.
  public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
}

/// A date and time of day, without zone.
public struct LocalDateTime: WireValue, Comparable {
  /// The day.
  public let date: CalendarDate
  /// On that day.
  public let time: TimeOfDay

  /// Of its parts.
  public init(date: CalendarDate, time: TimeOfDay) {
    self.date = date
    self.time = time
  }

  /// `YYYY-MM-DDTHH:MM:SS.mmm`.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    guard case .string(let text) = wire else { throw place.expected("a local time", wire) }
    let parts = text.split(separator: "T", omittingEmptySubsequences: false).map { JSONValue.string(String($0)) }
    guard parts.count == 2, let date = try? CalendarDate(wire: parts[0], at: place),
      let time = try? TimeOfDay(wire: parts[1], at: place)
    else { throw place.refuse("expected a local time such as \"2026-11-21T08:00:00.000\"") }
    self.init(date: date, time: time)
  }

  /// `YYYY-MM-DDTHH:MM:SS.mmm`.
  public func wire(_ style: WireStyle) -> JSONValue {
    .string("\(date.wire.string ?? "")T\(time.wire.string ?? "")")
  }

  /// Earlier first.
  public static func < (left: Self, right: Self) -> Bool { (left.date, left.time) < (right.date, right.time) }
}
