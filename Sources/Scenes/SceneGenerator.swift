/// Scenes without end: scene i of a seed is the same whichever others are made. None is kept.
///
///     let scene = SceneGenerator(seed: 7).first
///     scene[.color]        // "purple"
public struct SceneGenerator: Sendable {
  public let seed: UInt64
  private let fixed: [Attribute: Int]

  public init(seed: UInt64 = 0) { self.init(seed: seed, fixed: [:]) }

  private init(seed: UInt64, fixed: [Attribute: Int]) {
    self.seed = seed
    self.fixed = fixed
  }

  /// The same scenes with some attributes set: everything else is drawn as before.
  /// - Throws: `SceneError.unknownValue`.
  public func fixing(_ values: [Attribute: String]) throws(SceneError) -> SceneGenerator {
    var fixed = self.fixed
    for attribute in Attribute.allCases {
      if let value = values[attribute] { fixed[attribute] = try attribute.label(of: value) }
    }
    return SceneGenerator(seed: seed, fixed: fixed)
  }

  /// Scene number `index`, from 0.
  public subscript(index: Int) -> Scene { Scene(seed: seed, stream: .free, number: index, fixed: fixed) }

  public var first: Scene { self[0] }

  /// The first scenes, made as they are asked for.
  public func take(_ count: Int) -> DataSet<Scene> { DataSet(count: count) { self[$0] } }
}
