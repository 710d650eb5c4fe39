/// What each role may write of a model, for screens that do not offer what the server would refuse.
///
/// The server decides, by the same rules. It alone sees which roles a user has; the application knows them from the session
/// that gave it the token.
public struct AccessRules: Sendable {
  /// What an event writes.
  public enum Writes: Sendable {
    /// These fields.
    case fields([String])
    /// Those of these fields that its payload holds.
    case given([String])
    /// Whatever there is.
    case everything
  }

  private let roles: [String: [String]]
  private let groups: [String: [String]]
  let ownerOnly: [String]
  private let events: [String: Writes]

  /// The role that writes the fields which only an owner sees.
  private static let owner = "owner"

  /// Of the field groups that each role writes, the fields of each group, what an owner alone writes, and what each event
  /// does.
  public init(
    roles: [String: [String]], groups: [String: [String]], ownerOnly: [String], events: [String: Writes]
  ) {
    self.roles = roles
    self.groups = groups
    self.ownerOnly = ownerOnly
    self.events = events
  }

  /// Whether somebody with these roles may record an event of that name with that payload.
  func allow(_ name: String, _ payload: JSONValue, to held: [String]) -> Bool {
    let written: [String]
    switch events[name] {
    case .fields(let fields): written = fields
    case .given(let fields): written = fields.filter { payload.object?[$0] != nil }
    case .everything, nil: written = []
    }
    if !held.contains(Self.owner), written.contains(where: ownerOnly.contains) { return false }
    guard !roles.isEmpty else { return true }
    let own = Set(held.flatMap { roles[$0] ?? [] })
    guard !own.isEmpty else { return false }
    if case .everything = events[name] { return groups.keys.allSatisfy(own.contains) }
    return written.allSatisfy { field in
      let of = groups.filter { $0.value.contains(field) }.keys
      return of.isEmpty || of.contains(where: own.contains)
    }
  }
}

extension SyncModel {
  /// Whether somebody with these roles may record an event. The server decides; this is what it will say.
  public static func canWrite(_ event: Event, as roles: [String]) -> Bool {
    access?.allow(event.name, event.payload, to: roles) ?? true
  }
}
