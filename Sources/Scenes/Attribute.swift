/// What can be asked about a scene.
public enum Attribute: String, CaseIterable, Sendable {
  case shape, color, count, position, size, background, pattern, digit

  /// The attribute of this name.
  /// - Throws: `SceneError.unknownAttribute`, which lists the attributes.
  public static func named(_ name: String) throws(SceneError) -> Attribute {
    guard let attribute = Attribute(rawValue: name) else { throw .unknownAttribute(name) }
    return attribute
  }

  /// The words that answer, in a fixed order.
  public var values: [String] {
    switch self {
    case .shape: Outline.allCases.map(\.rawValue)
    case .color: ["red", "green", "blue", "yellow", "purple", "orange", "cyan", "pink"]
    case .count: ["one", "two", "three", "four"]
    case .position: ["left", "right", "top", "bottom"]
    case .size: ["small", "large"]
    case .background: ["gray", "brown", "navy", "black"]
    case .pattern: ["plain", "striped", "dotted", "checkered"]
    case .digit: ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    }
  }

  /// The attributes that the embedded miniature was asked about in training. It met the pattern only in captions and
  /// texts.
  public static let asked = allCases.filter { $0 != .pattern }
}

/// A value for every attribute.
public struct SceneAttributes: Equatable, Hashable, Sendable {
  /// Positions in `Attribute.values`, in the order of the attributes.
  private var indices: SIMD8<UInt8>

  init(_ draws: inout Draws) {
    indices = SIMD8()
    for (position, attribute) in Attribute.allCases.enumerated() {
      indices[position] = UInt8(draws.below(attribute.values.count))
    }
  }

  /// The word for an attribute.
  public subscript(attribute: Attribute) -> String { attribute.values[index(of: attribute)] }

  func index(of attribute: Attribute) -> Int { Int(indices[Self.position(of: attribute)]) }

  mutating func set(_ attribute: Attribute, toIndex index: Int) {
    indices[Self.position(of: attribute)] = UInt8(index)
  }

  private static func position(of attribute: Attribute) -> Int {
    switch attribute {
    case .shape: 0
    case .color: 1
    case .count: 2
    case .position: 3
    case .size: 4
    case .background: 5
    case .pattern: 6
    case .digit: 7
    }
  }
}
