import Testing

@testable import SyncRuntime

@Suite struct ClockTests {
  @Test func stampsAreReadStrictly() {
    #expect(Stamp("001763712000123.00000.9f3c2a10")?.description == "001763712000123.00000.9f3c2a10")
    for wrong in [
      "", "1763712000123.00000.9f3c2a10", "001763712000123.00000.9F3C2A10", "+01763712000123.00000.9f3c2a10",
    ] {
      #expect(Stamp(wrong) == nil, "\(wrong)")
    }
  }

  @Test func theCounterCarriesIntoTheMilliseconds() {
    var clock = HybridClock(node: 1, reached: Stamp("000000000000010.99999.00000001"))
    #expect(clock.now(wall: 0).description == "000000000000011.00000.00000001")
  }
}
