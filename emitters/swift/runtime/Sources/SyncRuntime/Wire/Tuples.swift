/// Lists whose places have types of their own, which Swift's tuples cannot be: those conform to nothing.

/// A list of 1 place.
public struct Tuple1<First: WireValue>: WireValue {
  /// Place 1.
  public var first: First

  /// Of its places.
  public init(_ first: First) {
    self.first = first
  }

  /// A list.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    let items = try tupleItems(wire, 1, at: place)
    first = try First(wire: items[0], at: place.index(0))
  }

  /// A list.
  public func wire(_ style: WireStyle) -> JSONValue {
    .array([first.wire(style)])
  }
}

/// A list of 2 places.
public struct Tuple2<First: WireValue, Second: WireValue>: WireValue {
  /// Place 1.
  public var first: First
  /// Place 2.
  public var second: Second

  /// Of its places.
  public init(_ first: First, _ second: Second) {
    self.first = first
    self.second = second
  }

  /// A list.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    let items = try tupleItems(wire, 2, at: place)
    first = try First(wire: items[0], at: place.index(0))
    second = try Second(wire: items[1], at: place.index(1))
  }

  /// A list.
  public func wire(_ style: WireStyle) -> JSONValue {
    .array([first.wire(style), second.wire(style)])
  }
}

/// A list of 3 places.
public struct Tuple3<First: WireValue, Second: WireValue, Third: WireValue>: WireValue {
  /// Place 1.
  public var first: First
  /// Place 2.
  public var second: Second
  /// Place 3.
  public var third: Third

  /// Of its places.
  public init(_ first: First, _ second: Second, _ third: Third) {
    self.first = first
    self.second = second
    self.third = third
  }

  /// A list.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    let items = try tupleItems(wire, 3, at: place)
    first = try First(wire: items[0], at: place.index(0))
    second = try Second(wire: items[1], at: place.index(1))
    third = try Third(wire: items[2], at: place.index(2))
  }

  /// A list.
  public func wire(_ style: WireStyle) -> JSONValue {
    .array([first.wire(style), second.wire(style), third.wire(style)])
  }
}

/// A list of 4 places.
public struct Tuple4<First: WireValue, Second: WireValue, Third: WireValue, Fourth: WireValue>: WireValue {
  /// Place 1.
  public var first: First
  /// Place 2.
  public var second: Second
  /// Place 3.
  public var third: Third
  /// Place 4.
  public var fourth: Fourth

  /// Of its places.
  public init(_ first: First, _ second: Second, _ third: Third, _ fourth: Fourth) {
    self.first = first
    self.second = second
    self.third = third
    self.fourth = fourth
  }

  /// A list.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    let items = try tupleItems(wire, 4, at: place)
    first = try First(wire: items[0], at: place.index(0))
    second = try Second(wire: items[1], at: place.index(1))
    third = try Third(wire: items[2], at: place.index(2))
    fourth = try Fourth(wire: items[3], at: place.index(3))
  }

  /// A list.
  public func wire(_ style: WireStyle) -> JSONValue {
    .array([first.wire(style), second.wire(style), third.wire(style), fourth.wire(style)])
  }
}

/// A list of 5 places.
public struct Tuple5<First: WireValue, Second: WireValue, Third: WireValue, Fourth: WireValue, Fifth: WireValue>:
  WireValue
{
  /// Place 1.
  public var first: First
  /// Place 2.
  public var second: Second
  /// Place 3.
  public var third: Third
  /// Place 4.
  public var fourth: Fourth
  /// Place 5.
  public var fifth: Fifth

  /// Of its places.
  public init(_ first: First, _ second: Second, _ third: Third, _ fourth: Fourth, _ fifth: Fifth) {
    self.first = first
    self.second = second
    self.third = third
    self.fourth = fourth
    self.fifth = fifth
  }

  /// A list.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    let items = try tupleItems(wire, 5, at: place)
    first = try First(wire: items[0], at: place.index(0))
    second = try Second(wire: items[1], at: place.index(1))
    third = try Third(wire: items[2], at: place.index(2))
    fourth = try Fourth(wire: items[3], at: place.index(3))
    fifth = try Fifth(wire: items[4], at: place.index(4))
  }

  /// A list.
  public func wire(_ style: WireStyle) -> JSONValue {
    .array([first.wire(style), second.wire(style), third.wire(style), fourth.wire(style), fifth.wire(style)])
  }
}

/// A list of 6 places.
public struct Tuple6<
  First: WireValue, Second: WireValue, Third: WireValue, Fourth: WireValue, Fifth: WireValue, Sixth: WireValue
>: WireValue {
  /// Place 1.
  public var first: First
  /// Place 2.
  public var second: Second
  /// Place 3.
  public var third: Third
  /// Place 4.
  public var fourth: Fourth
  /// Place 5.
  public var fifth: Fifth
  /// Place 6.
  public var sixth: Sixth

  /// Of its places.
  public init(_ first: First, _ second: Second, _ third: Third, _ fourth: Fourth, _ fifth: Fifth, _ sixth: Sixth) {
    self.first = first
    self.second = second
    self.third = third
    self.fourth = fourth
    self.fifth = fifth
    self.sixth = sixth
  }

  /// A list.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    let items = try tupleItems(wire, 6, at: place)
    first = try First(wire: items[0], at: place.index(0))
    second = try Second(wire: items[1], at: place.index(1))
    third = try Third(wire: items[2], at: place.index(2))
    fourth = try Fourth(wire: items[3], at: place.index(3))
    fifth = try Fifth(wire: items[4], at: place.index(4))
    sixth = try Sixth(wire: items[5], at: place.index(5))
  }

  /// A list.
  public func wire(_ style: WireStyle) -> JSONValue {
    .array([
      first.wire(style), second.wire(style), third.wire(style), fourth.wire(style), fifth.wire(style),
      sixth.wire(style),
    ])
  }
}

/// A list of 7 places.
public struct Tuple7<
  First: WireValue, Second: WireValue, Third: WireValue, Fourth: WireValue, Fifth: WireValue, Sixth: WireValue,
  Seventh: WireValue
>: WireValue {
  /// Place 1.
  public var first: First
  /// Place 2.
  public var second: Second
  /// Place 3.
  public var third: Third
  /// Place 4.
  public var fourth: Fourth
  /// Place 5.
  public var fifth: Fifth
  /// Place 6.
  public var sixth: Sixth
  /// Place 7.
  public var seventh: Seventh

  /// Of its places.
  public init(
    _ first: First, _ second: Second, _ third: Third, _ fourth: Fourth, _ fifth: Fifth, _ sixth: Sixth,
    _ seventh: Seventh
  ) {
    self.first = first
    self.second = second
    self.third = third
    self.fourth = fourth
    self.fifth = fifth
    self.sixth = sixth
    self.seventh = seventh
  }

  /// A list.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    let items = try tupleItems(wire, 7, at: place)
    first = try First(wire: items[0], at: place.index(0))
    second = try Second(wire: items[1], at: place.index(1))
    third = try Third(wire: items[2], at: place.index(2))
    fourth = try Fourth(wire: items[3], at: place.index(3))
    fifth = try Fifth(wire: items[4], at: place.index(4))
    sixth = try Sixth(wire: items[5], at: place.index(5))
    seventh = try Seventh(wire: items[6], at: place.index(6))
  }

  /// A list.
  public func wire(_ style: WireStyle) -> JSONValue {
    .array([
      first.wire(style), second.wire(style), third.wire(style), fourth.wire(style), fifth.wire(style),
      sixth.wire(style), seventh.wire(style),
    ])
  }
}

/// A list of 8 places.
public struct Tuple8<
  First: WireValue, Second: WireValue, Third: WireValue, Fourth: WireValue, Fifth: WireValue, Sixth: WireValue,
  Seventh: WireValue, Eighth: WireValue
>: WireValue {
  /// Place 1.
  public var first: First
  /// Place 2.
  public var second: Second
  /// Place 3.
  public var third: Third
  /// Place 4.
  public var fourth: Fourth
  /// Place 5.
  public var fifth: Fifth
  /// Place 6.
  public var sixth: Sixth
  /// Place 7.
  public var seventh: Seventh
  /// Place 8.
  public var eighth: Eighth

  /// Of its places.
  public init(
    _ first: First, _ second: Second, _ third: Third, _ fourth: Fourth, _ fifth: Fifth, _ sixth: Sixth,
    _ seventh: Seventh, _ eighth: Eighth
  ) {
    self.first = first
    self.second = second
    self.third = third
    self.fourth = fourth
    self.fifth = fifth
    self.sixth = sixth
    self.seventh = seventh
    self.eighth = eighth
  }

  /// A list.
  public init(wire: JSONValue, at place: WirePlace) throws(InvalidValue) {
    let items = try tupleItems(wire, 8, at: place)
    first = try First(wire: items[0], at: place.index(0))
    second = try Second(wire: items[1], at: place.index(1))
    third = try Third(wire: items[2], at: place.index(2))
    fourth = try Fourth(wire: items[3], at: place.index(3))
    fifth = try Fifth(wire: items[4], at: place.index(4))
    sixth = try Sixth(wire: items[5], at: place.index(5))
    seventh = try Seventh(wire: items[6], at: place.index(6))
    eighth = try Eighth(wire: items[7], at: place.index(7))
  }

  /// A list.
  public func wire(_ style: WireStyle) -> JSONValue {
    .array([
      first.wire(style), second.wire(style), third.wire(style), fourth.wire(style), fifth.wire(style),
      sixth.wire(style), seventh.wire(style), eighth.wire(style),
    ])
  }
}

private func tupleItems(_ wire: JSONValue, _ count: Int, at place: WirePlace) throws(InvalidValue) -> [JSONValue] {
  guard case .array(let items) = wire, items.count == count else {
    throw place.refuse("expected a list of \(count) elements")
  }
  return items
}
