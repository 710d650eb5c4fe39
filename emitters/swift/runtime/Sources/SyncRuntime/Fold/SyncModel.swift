import Foundation

/// An entity type whose state is the fold of its events. Generated code conforms.
public protocol SyncModel: WireValue, Identifiable where ID: WireValue {
  /// What can happen to it.
  associatedtype Event: SyncEvent
  /// What only the application knows: its custom effects and upcasts; ``NoFunctions`` where it has none.
  associatedtype Functions: Sendable = NoFunctions

  /// The name on the wire.
  static var entity: String { get }
  /// The path segment of the server's list.
  static var path: String { get }
  /// The version of its payloads.
  static var version: Int { get }
  /// A digest of the declaration: where it is another one, what is stored is folded anew.
  static var declaration: String { get }
  /// When snapshots are taken; `nil` for never.
  static var snapshots: SnapshotPolicy? { get }
  /// What each role may write; `nil` where everybody may write all.
  static var access: AccessRules? { get }
  /// How its events meet its state.
  static var mode: SyncMode { get }

  /// The state that a `create` makes; `nil` if the event is none.
  init?(creating event: Event, _ meta: EventMeta)
  /// Does what an event does to a live entity; says whether it did something.
  mutating func apply(_ event: Event, _ meta: EventMeta, _ functions: Functions) -> Bool
  /// Notes the time of the last event that did something.
  mutating func touch(_ time: Date)
  /// Reads an older version's payload, or with `nil` for the event a state, as this version has it.
  ///
  /// - Throws: why it cannot be read; the event is then kept, and does nothing.
  static func lift(
    _ value: inout JSONObject, of event: String?, from version: Int, _ functions: Functions
  ) throws
}

extension SyncModel {
  /// An id as text, which is how stores and addresses have it.
  static func key(of id: ID) -> String { id.wire.string ?? id.wire.text }

  /// Everybody may write all.
  public static var access: AccessRules? { nil }
  /// Its state is the fold of its events.
  public static var mode: SyncMode { .events }

  /// There are no older versions.
  public static func lift(
    _ value: inout JSONObject, of event: String?, from version: Int, _ functions: Functions
  ) throws {}
}

/// How the events of a model meet its state.
public enum SyncMode: Sendable {
  /// The state is their fold, on every device.
  case events
  /// The state is a row; what this device changes lies over what the server has said.
  case rows(RowTable)
  /// The state is the server's alone, and every look is a request; `id` is the key of the id on the wire.
  case api(id: String)
}

/// What a model asks of the application that needs nothing of it.
public struct NoFunctions: Sendable {
  /// Nothing.
  public init() {}
}

/// Something that happened to an entity. Generated code conforms.
public protocol SyncEvent: Sendable, Hashable {
  /// Reads an event by its name without the entity; `nil` for a name that this version does not know.
  ///
  /// - Throws: where and why the payload is refused.
  init?(name: String, payload: JSONValue, at place: WirePlace) throws(InvalidValue)

  /// The name without the entity: `item_added`.
  var name: String { get }
  /// The payload in the wire's normal form.
  var payload: JSONValue { get }
  /// Whether it makes the entity.
  var isCreate: Bool { get }
  /// Whether it ends the entity.
  var isDelete: Bool { get }
  /// Whether it moves a state machine.
  var isTransition: Bool { get }
}

extension SyncEvent {
  /// Equal are events that are one to every replica.
  public static func == (left: Self, right: Self) -> Bool {
    Text.same(left.name, right.name) && left.payload == right.payload
  }

  /// Hashes what ``==(_:_:)`` compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(payload) }

  /// Checks what is about to be recorded: reading it back is the same check that every other replica makes.
  func validate() throws(SyncError) {
    do throws(InvalidValue) {
      guard try Self(name: name, payload: payload, at: .recording) == nil else { return }
    } catch {
      throw .invalidPayload(error)
    }
    throw .refused(code: "unknown_event_type", reason: "There is no event \(name).")
  }
}

/// When a snapshot is taken, in events past the last one.
public struct SnapshotPolicy: Sendable, Hashable {
  /// In the background once so many lie past it.
  public let every: Int
  /// Before answering once so many do.
  public let max: Int

  /// Of both thresholds.
  public init(every: Int, max: Int) {
    self.every = every
    self.max = max
  }
}

/// When, where and by whom an event happened.
public struct EventMeta: Sendable, Hashable {
  /// The event's id.
  public let id: UUID
  /// The entity's id, as text.
  public let entityID: String
  /// The event's stamp.
  public let timestamp: Stamp
  /// Who did it; `nil` while the server has not said.
  public let userID: String?
  /// The event's time.
  public let time: Date

  /// Of its parts.
  public init(id: UUID, entityID: String, timestamp: Stamp, userID: String?) {
    self.id = id
    self.entityID = entityID
    self.timestamp = timestamp
    self.userID = userID
    time = Date(milliseconds: timestamp.milliseconds)
  }
}

/// An entity as the fold knows it.
public enum Folded<Model: SyncModel>: Sendable, Hashable {
  /// No `create` has been folded.
  case absent
  /// Its state.
  case live(Model)
  /// A `delete` was folded; nothing after it counts.
  case deleted

  /// The state of a live entity.
  public var state: Model? {
    if case .live(let state) = self { state } else { nil }
  }

  /// Folds one event; says whether it did something. Never fails: what does not apply does nothing.
  @discardableResult
  public mutating func fold(_ event: Model.Event, _ meta: EventMeta, _ functions: Model.Functions) -> Bool {
    switch self {
    case .deleted: return false
    case .absent:
      guard let made = Model(creating: event, meta) else { return false }
      self = .live(made)
      return true
    case .live(var state):
      if event.isDelete {
        self = .deleted
        return true
      }
      // Its only copy is changed, so that no list of it has to be copied.
      self = .absent
      let applied = state.apply(event, meta, functions)
      if applied { state.touch(meta.time) }
      self = .live(state)
      return applied
    }
  }
}
