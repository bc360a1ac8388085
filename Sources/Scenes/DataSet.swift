/// Items that are made when they are asked for; the same index gives the same item every time.
public struct DataSet<Element: Sendable>: RandomAccessCollection, Sendable {
  public let count: Int
  private let make: @Sendable (Int) -> Element

  init(count: Int, make: @escaping @Sendable (Int) -> Element) {
    self.count = Swift.max(count, 0)
    self.make = make
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }
  public subscript(index: Int) -> Element { make(index) }

  /// The first `count` items, or all where there are fewer.
  public func take(_ count: Int) -> DataSet { DataSet(count: Swift.min(count, self.count), make: make) }
}
