import AwkwardModels
import EmitModels
import FixturesModels
import Foundation
import PosModels
import SyncFixturesModels
import SyncRuntime
import Testing

/// Values are taken and refused, and entities folded, as the server does it: the corpus is what the Rust semantics made of
/// random payloads of every test case.
@Suite struct CorpusTests {
  @Test func fixtures() throws {
    try check("fixtures", "board", ModelRules<SyncFixturesModels.Board>())
    try check("fixtures", "order", ModelRules<SyncFixturesModels.Order>())
    let shift = SyncFixturesModels.ShiftFunctions(tipsSplit: { _, _, _ in throw Unasked() })
    try check("fixtures", "shift", ModelRules<SyncFixturesModels.Shift>(functions: shift))
  }

  @Test func pos() throws {
    try check("pos", "order", ModelRules<PosModels.Order>())
  }

  @Test func repair() throws {
    let functions = EmitModels.RepairFunctions(
      doubled: { _, _, _ in throw Unasked() }, upcastFrom1: { _, _ in throw Unasked() })
    try check("repair", "repair", ModelRules<EmitModels.Repair>(functions: functions))
  }

  @Test func types() throws {
    try check("types", "board", ModelRules<FixturesModels.Board>())
    try check("types", "order", ModelRules<FixturesModels.Order>())
    let shift = FixturesModels.ShiftFunctions(tipsSplit: { _, _, _ in throw Unasked() })
    try check("types", "shift", ModelRules<FixturesModels.Shift>(functions: shift))
  }

  @Test func awkward() throws {
    let record = AwkwardModels.RecordFunctions(cut: { _, _, _ in throw Unasked() })
    try check("awkward", "record", ModelRules<AwkwardModels.Record>(functions: record))
    let entity = AwkwardModels.EntityFunctions(
      tuned: { _, _, _ in throw Unasked() }, upcastFrom3: { _, _ in throw Unasked() })
    try check("awkward", "utils", ModelRules<AwkwardModels.Entity>(functions: entity))
    try check("awkward", "sync_status", ModelRules<AwkwardModels.SyncEntity>())
    try check("awkward", "shared", ModelRules<AwkwardModels.Mutation>())
  }
}

/// A function of the application that the corpus never calls.
struct Unasked: Error {}

private func check<Model: SyncModel>(_ name: String, _ entity: String, _ rules: ModelRules<Model>) throws {
  let part = try #require(
    try corpus.get().first { $0["case"]?.string == name && $0["entity"]?.string == entity }, "\(name) has no \(entity)")
  try checkPayloads(part, rules)
  try checkFolds(part, rules)
}

private func checkPayloads<Model: SyncModel>(_ part: JSONObject, _ rules: ModelRules<Model>) throws {
  let payloads = part["payloads"]?.array ?? []
  #expect(!payloads.isEmpty)
  for payload in payloads {
    let payload = try #require(payload.object)
    let event = eventName(payload["event"])
    let sent = payload["sent"] ?? .null
    let normal = payload["normal"] ?? .null
    let recorded = result { try Model.Event(name: event, payload: sent, at: .recording) }
    let what = "\(event) of \(sent.text): \(recorded)"
    // Defaults are filled in here and stay out there, so that the two forms are compared after reading both.
    let expected = normal == .null ? nil : try Model.Event(name: event, payload: normal, at: .root)
    let taken = try? recorded.get()
    #expect(taken?.payload == expected?.payload, "\(what)")
    #expect((taken == nil) == (normal == .null), "\(what)")
    guard let read = payload["read"], read != .null else { continue }
    let loose = try Model.Event(name: event, payload: sent, at: .root)
    #expect(try loose?.payload == Model.Event(name: event, payload: read, at: .root)?.payload, "\(what)")
  }
}

private func checkFolds<Model: SyncModel>(_ part: JSONObject, _ rules: ModelRules<Model>) throws {
  for fold in part["folds"]?.array ?? [] {
    let id = fold.object?["id"]?.string ?? ""
    var folded = Folded<Model>.absent
    for step in fold.object?["steps"]?.array ?? [] {
      let step = try #require(step.object)
      let event = try Model.Event(name: eventName(step["event"]), payload: step["payload"] ?? .null, at: .root)
      let stamp = try #require(Stamp(step["timestamp"]?.string ?? ""))
      let meta = EventMeta(id: UUID(), entityID: id, timestamp: stamp, userID: nil)
      let applied = folded.fold(try #require(event), meta, rules.functions)
      let what = "\(step["event"]?.text ?? "") with \(step["payload"]?.text ?? "")"
      let state = step["state"] ?? .null
      #expect(folded.state?.wire ?? .null == state, "\(what)")
      #expect(.bool(applied) == step["applied"], "\(what)")
      // What is on the disk reads back as it was.
      if state != .null { #expect(try Model(wire: state, at: .root) == folded.state, "\(what)") }
    }
  }
}

private func eventName(_ full: JSONValue?) -> String {
  String((full?.string ?? "").split(separator: ".", maxSplits: 1).last ?? "")
}

private func result<Event>(_ body: () throws -> Event?) -> Result<Event?, any Error> {
  Result(catching: body)
}

/// Read once, for all suites.
private let corpus = Result<[JSONObject], any Error> {
  let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  let file = here.appendingPathComponent("../../generated/corpus.json").standardizedFileURL
  let text = try String(contentsOf: file, encoding: .utf8)
  return try (JSONValue(parsing: text).array ?? []).compactMap(\.object)
}
