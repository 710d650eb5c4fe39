/// A length that a declaration has fixed. Generated code conforms.
public protocol FixedCount: Sendable {
  /// How many elements.
  static var count: Int { get }
}

/// A list of one fixed length.
public struct FixedList<Element: WireValue, Count: FixedCount>: WireValue {
  private var elements: [Element]

  /// Of so many elements; `nil` where they are more or fewer.
  public init?(_ elements: some Sequence<Element>) {
    self.elements = Array(elements)
    guard self.elements.count == Count.count else { return nil }
  }

  private init(checked elements: [Element]) {
    self.elements = elements
  }

  /// A list of that length.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    guard case .array(let items) = wire else { throw place.expected("a list", wire) }
    guard items.count == Count.count else { throw place.refuse("expected \(Count.count) elements") }
    elements = []
    for (index, item) in items.enumerated() {
      elements.append(try Element(wire: item, at: place.index(index)))
    }
  }

  /// A list.
  public func wire(_ style: WireStyle) -> JSONValue { .array(elements.map { $0.wire(style) }) }

  /// The same with each element turned into another.
  public func mapElements<Other: WireValue>(_ turn: (Element) -> Other) -> FixedList<Other, Count> {
    FixedList<Other, Count>(checked: elements.map(turn))
  }

  /// Two are equal if their elements are.
  public static func == (left: Self, right: Self) -> Bool { left.elements == right.elements }

  /// Hashes the elements.
  public func hash(into hasher: inout Hasher) { hasher.combine(elements) }
}

extension FixedList: RandomAccessCollection, MutableCollection {
  /// Of the first element.
  public var startIndex: Int { elements.startIndex }
  /// Behind the last element.
  public var endIndex: Int { elements.endIndex }
  /// The element at a place.
  public subscript(position: Int) -> Element {
    get { elements[position] }
    set { elements[position] = newValue }
  }
}

extension FixedList: ExpressibleByArrayLiteral {
  /// `[1, 2]`, with as many elements as the length asks for.
  public init(arrayLiteral elements: Element...) {
    precondition(elements.count == Count.count, "a list of \(Count.count) elements was given \(elements.count)")
    self.init(checked: elements)
  }
}
