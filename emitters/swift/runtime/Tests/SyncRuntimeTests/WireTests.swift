import Foundation
import Testing

@testable import SyncRuntime

@Suite struct WireTests {
  @Test func numbersAreExact() throws {
    let text = "[9007199254740993,-9223372036854775808,0.1,1e300,1.0,\"\\ud834\\udd1e\"]"
    let value = try JSONValue(parsing: text)
    #expect(value.text == "[9007199254740993,-9223372036854775808,0.1,1e+300,1,\"\u{1d11e}\"]")
    #expect(try JSONValue(parsing: value.text) == value)
  }

  @Test func whatIsNoJSONIsRefused() {
    for wrong in ["", "[1,]", "01", "1.", "\"\\ud800\"", "\"\u{1}\"", "{\"a\":1,}", "nul", "[1] 2", "+1", "NaN"] {
      #expect(throws: SyncError.self, "\(wrong)") { try JSONValue(parsing: wrong) }
    }
    let deep = String(repeating: "[", count: 1_000) + String(repeating: "]", count: 1_000)
    #expect(throws: SyncError.self) { try JSONValue(parsing: deep) }
  }

  @Test func textIsComparedByCodePoint() throws {
    let object = try JSONValue(parsing: "{\"\u{e9}\":1,\"e\u{301}\":2}").object
    #expect(object?.count == 2)
    #expect(JSONValue.string("\u{e9}") != .string("e\u{301}"))
    #expect(SortedSet(["\u{e9}", "e\u{301}", "z"]).map(\.unicodeScalars.count) == [2, 1, 1])
    #expect(WireName("\u{212a}") != WireName("K"))
  }

  @Test func wideIntegers() {
    for text in [
      "0", "-1", "18446744073709551616", "170141183460469231731687303715884105727",
      "-170141183460469231731687303715884105728", "10000000000000000000",
    ] {
      #expect(WideInt(text)?.description == text)
    }
    #expect(
      WideUInt("340282366920938463463374607431768211455")?.description == "340282366920938463463374607431768211455")
    #expect(WideInt("170141183460469231731687303715884105728") == nil)
    #expect(WideUInt("-1") == nil)
    #expect(WideUInt("340282366920938463463374607431768211456") == nil)
    var number: UInt64 = .max - 1
    Effects.increment(&number, by: 9, big: true)
    #expect(number == .max)
    var narrow: Int32 = .min
    Effects.increment(&narrow, by: -9_007_199_254_740_991, big: false)
    #expect(narrow == .min)
  }

  @Test func sumsAreThoseOfTheStandardLibrary() {
    let seed = UInt64.random(in: 0 ... .max)
    var dice = Dice(seed)
    for _ in 0..<2_000 {
      let (a, b) = (Int64(truncatingIfNeeded: dice.next()) >> 1, Int64(truncatingIfNeeded: dice.next()) >> 1)
      #expect(Whole(a).plus(Whole(b)) == Whole(a + b), "seed \(seed)")
      #expect((Whole(a) < Whole(b)) == (a < b), "seed \(seed)")
      #expect(Whole(Whole(a).description) == Whole(a), "seed \(seed)")
    }
  }

  @Test func timesKeepEveryMillisecond() throws {
    for ms in stride(from: 1_763_712_000_000 as Int64, to: 1_763_712_001_000, by: 1) {
      let text = Date(milliseconds: ms).wireText
      #expect(text.hasSuffix(".\(String(1_000 + ms % 1_000).dropFirst())Z"))
      #expect(try Date(wire: .string(text), at: .root).milliseconds == ms)
    }
  }

  @Test func eventsOfAStreamComeInPieces() {
    var parser = ServerSentEvents()
    var events: [String] = []
    for byte in Array("id: 1\r\ndata: a\u{2028}b\r\n\r\n: ping\n\ndata: c\ndata: d\n\n".utf8) {
      events += parser.feed([byte])
    }
    #expect(events == ["a\u{2028}b", "c\nd"])
  }
}

/// Numbers that a seed repeats.
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
