/// Scenes without end: scene i of a seed is the same whichever others are made.
///
///     let scene = SceneGenerator(seed: 7).first
///     scene[.color]        // "purple"
public struct SceneGenerator: Sendable {
  public let seed: UInt64
  private let stream: Stream
  private let fixed: [Attribute: Int]

  public init(seed: UInt64 = 0) { self.init(seed: seed, stream: .free, fixed: [:]) }

  init(seed: UInt64, stream: Stream, fixed: [Attribute: Int] = [:]) {
    self.seed = seed
    self.stream = stream
    self.fixed = fixed
  }

  /// The same scenes with some attributes set: everything else is drawn as before.
  /// - Throws: `SceneError.unknownValue`.
  public func fixing(_ values: [Attribute: String]) throws(SceneError) -> SceneGenerator {
    var fixed = self.fixed
    for (attribute, value) in values {
      guard let index = attribute.values.firstIndex(of: value) else {
        throw .unknownValue(attribute: attribute, value: value)
      }
      fixed[attribute] = index
    }
    return SceneGenerator(seed: seed, stream: stream, fixed: fixed)
  }

  /// Scene number `index`, from 0.
  public subscript(index: Int) -> Scene { Scene(seed: seed, stream: stream, index: index, fixed: fixed) }

  public var first: Scene { self[0] }

  /// The first scenes, made as they are asked for.
  public func take(_ count: Int) -> DataSet<Scene> { DataSet(count: count) { self[$0] } }
}

public enum SceneError: Error, Equatable, Sendable {
  case unknownValue(attribute: Attribute, value: String)
  case unknownAttribute(String)
}

extension SceneError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownValue(let attribute, let value):
      "a scene's \(attribute.rawValue) cannot be \"\(value)\"; it is one of \(attribute.values.joined(separator: ", "))"
    case .unknownAttribute(let name):
      "a scene has no attribute \"\(name)\"; it has \(Attribute.allCases.map(\.rawValue).joined(separator: ", "))"
    }
  }
}
