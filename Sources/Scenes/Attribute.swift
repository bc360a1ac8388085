/// What can be asked about a scene.
public enum Attribute: String, CaseIterable, Sendable {
  case shape, color, count, position, size, background, pattern, digit

  /// The attribute of this name.
  /// - Throws: `SceneError.unknownAttribute`, which lists the attributes.
  public static func named(_ name: String) throws(SceneError) -> Attribute {
    guard let attribute = Attribute(rawValue: name) else { throw .unknownAttribute(name) }
    return attribute
  }

  /// The words that answer, in a fixed order: a label is a place in this list.
  public var values: [String] { Self.words[ordinal] }

  /// The place of a word among the values.
  /// - Throws: `SceneError.unknownValue`, which lists them.
  public func label(of value: String) throws(SceneError) -> Int {
    guard let label = values.firstIndex(of: value) else { throw .unknownValue(attribute: self, value: value) }
    return label
  }

  /// The attributes that the embedded miniature was asked about in training. It met the pattern only in captions and
  /// texts.
  public static let asked = allCases.filter { $0 != .pattern }

  var ordinal: Int {
    switch self {
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

  private static let words = [
    Outline.allCases.map(\.rawValue),
    ["red", "green", "blue", "yellow", "purple", "orange", "cyan", "pink"],
    ["one", "two", "three", "four"],
    ["left", "right", "top", "bottom"],
    ["small", "large"],
    ["gray", "brown", "navy", "black"],
    ["plain", "striped", "dotted", "checkered"],
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
  ]
}

/// A value for every attribute.
public struct SceneAttributes: Equatable, Hashable, Sendable {
  /// Labels in the order of the attributes.
  private var labels: SIMD8<UInt8>

  init(_ draws: inout Draws) {
    labels = SIMD8()
    for attribute in Attribute.allCases {
      labels[attribute.ordinal] = UInt8(draws.below(attribute.values.count))
    }
  }

  /// The word for an attribute.
  public subscript(attribute: Attribute) -> String { attribute.values[label(attribute)] }

  /// The word's place among the attribute's values.
  public func label(_ attribute: Attribute) -> Int { Int(labels[attribute.ordinal]) }

  mutating func set(_ attribute: Attribute, to label: Int) { labels[attribute.ordinal] = UInt8(label) }
}
