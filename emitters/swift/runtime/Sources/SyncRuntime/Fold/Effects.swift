/// What the effects do to lists and numbers, as generated code calls it.
public enum Effects {
  /// Appends to a keyed list; a known id is ignored.
  public static func push<Element: KeyedElement>(_ element: Element, to list: inout [Element]) -> Bool {
    if list.contains(where: { $0.id.isSameOnWire(as: element.id) }) { return false }
    list.append(element)
    return true
  }

  /// Appends to a plain list.
  public static func append<Element: WireValue>(_ element: Element, to list: inout [Element]) -> Bool {
    list.append(element)
    return true
  }

  /// Takes the element of that id out of a keyed list.
  public static func remove<Element: KeyedElement>(id: Element.ID, from list: inout [Element]) -> Bool {
    let before = list.count
    list.removeAll { $0.id.isSameOnWire(as: id) }
    return list.count != before
  }

  /// Changes the element of that id; one that is not there stays away.
  public static func update<Element: KeyedElement>(
    id: Element.ID, in list: inout [Element], with change: (inout Element) -> Void
  ) -> Bool {
    guard let at = list.firstIndex(where: { $0.id.isSameOnWire(as: id) }) else { return false }
    change(&list[at])
    return true
  }

  /// Takes every equal value out of a plain list.
  public static func remove<Element: WireValue>(_ element: Element, from list: inout [Element]) -> Bool {
    let wire = element.wire
    let before = list.count
    list.removeAll { $0.wire == wire }
    return list.count != before
  }

  /// Adds, and stays within what a field of the type holds.
  public static func increment<Number: WireInteger>(_ number: inout Number, by amount: Int64, big: Bool) {
    let bounds = Number.bounds(big: big)
    let sum = min(max(number.whole.plus(Whole(amount)), bounds.lowerBound), bounds.upperBound)
    // The bounds are within the type.
    number = Number(sum) ?? number
  }

  /// What a custom effect has left, if the wire can carry it; brought into the wire's normal form.
  public static func checked<Model: WireValue>(_ changed: Model) throws(InvalidValue) -> Model {
    try Model(wire: changed.wire, at: .root)
  }
}
