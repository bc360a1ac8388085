/// Evaluated arguments of a call or an index, in the order they were written.
public struct Arguments {
  public struct Element {
    public let name: String?
    public let value: Value

    public init(_ value: Value, name: String? = nil) {
      self.name = name
      self.value = value
    }
  }

  public let all: [Element]

  public init(_ all: [Element]) { self.all = all }

  public init(_ positional: [Value], named: [(String, Value)] = []) {
    all = positional.map { Element($0) } + named.map { Element($0.1, name: $0.0) }
  }

  public var count: Int { all.count }
  public subscript(_ position: Int) -> Element { all[position] }
  public subscript(_ name: String) -> Value? { all.first { $0.name == name }?.value }
  public var positional: [Value] { all.filter { $0.name == nil }.map(\.value) }
  public var named: [(String, Value)] { all.compactMap { element in element.name.map { ($0, element.value) } } }
}
