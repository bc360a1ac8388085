/// One named dimension of a tensor.
///
/// An axis may carry labels: what its positions mean, for instance which token stands at each one. Labels follow
/// the axis through slicing and through every operation that keeps its length.
public struct Axis: Sendable {
  public let name: String
  public let size: Int
  public let labels: (any AxisLabels)?

  public init(_ name: String, _ size: Int, labels: (any AxisLabels)? = nil) {
    self.name = name
    self.size = size
    self.labels = labels
  }
}

extension Axis: Equatable {
  /// Axes are equal when name and size are; labels are a description, not part of the shape.
  public static func == (left: Axis, right: Axis) -> Bool { left.name == right.name && left.size == right.size }
}

/// What the positions along an axis mean. Opaque to this module.
public protocol AxisLabels: Sendable {
  /// The labels of the chosen positions, in that order.
  func selecting(_ indices: [Int]) -> any AxisLabels
  /// How one position is shown to a reader, for instance a token's text.
  func label(at index: Int) -> String
}

/// The named axes of a tensor, outermost first; the data is row-major and contiguous.
public struct Shape: Equatable, Sendable {
  public let axes: [Axis]

  /// - Precondition: axis names are unique; `Tensor`'s throwing entry points check before they build a shape.
  public init(_ axes: [Axis]) { self.axes = axes }

  public var rank: Int { axes.count }
  public var count: Int { axes.reduce(1) { $0 * $1.size } }
  public var sizes: [Int] { axes.map(\.size) }
  public var names: [String] { axes.map(\.name) }

  /// The position of the axis with this name, or nil.
  public func index(of name: String) -> Int? { axes.firstIndex { $0.name == name } }
}

extension Shape: CustomStringConvertible {
  /// `[token: 34, model: 96]`
  public var description: String { "[" + axes.map { "\($0.name): \($0.size)" }.joined(separator: ", ") + "]" }
}
