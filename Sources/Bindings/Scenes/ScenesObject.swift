import Interpreter
import Scenes

/// Scenes of a pool as a data set.
final class ScenesObject: DataSetObject {
  let pool: ScenePool

  init(_ pool: ScenePool, count: Int) {
    self.pool = pool
    let name =
      pool.split.map { "scenes(split: \"\($0.rawValue)\", seed: \(pool.seed))" } ?? "scenes(seed: \(pool.seed))"
    super.init(name, count: count) { .object(SceneObject(pool[$0])) }
  }

  private init(_ whole: ScenesObject, _ range: Range<Int>) {
    pool = whole.pool
    super.init(whole, range)
  }

  override func part(_ range: Range<Int>) -> DataSetObject { ScenesObject(self, range) }

  override var memberNames: [String] { ["labels"] }

  /// `labels.shape`: an i64 tensor `[sample]` for each attribute.
  override func member(_ name: String, in session: Session) throws -> Value? {
    guard name == "labels" else { return try super.member(name, in: session) }
    return .record(try Attribute.allCases.map { ($0.rawValue, Value(try pool.labels($0, range))) })
  }
}
