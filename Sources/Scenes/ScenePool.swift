import Synchronization
import Tensors

/// The scenes of a seed and split, each made once and kept: who asks for a scene again gets the same object, picture
/// and all, and may keep by its number what follows from the picture alone, such as features.
public final class ScenePool: Sendable {
  public let seed: UInt64
  /// Nil for scenes that belong to no split.
  public let split: Split?
  let stream: Stream
  private let made = Mutex<[Int: Scene]>([:])

  public init(seed: UInt64 = 0, split: Split? = nil) {
    self.seed = seed
    self.split = split
    stream = split.map { Stream($0) } ?? .free
  }

  /// Scene `number`, from 0 without end.
  public subscript(number: Int) -> Scene {
    made.withLock { made in
      if let scene = made[number] { return scene }
      let scene = Scene(seed: seed, stream: stream, number: number)
      made[number] = scene
      return scene
    }
  }

  /// The first scenes.
  public func take(_ count: Int) -> DataSet<Scene> { DataSet(count: count) { self[$0] } }

  /// Paints these scenes on all threads, so that none is waited for later. 40,000 take about 300 MB.
  public func paint(_ numbers: some Sequence<Int>) { Scene.paint(numbers.map { self[$0] }) }

  /// The labels of scenes: i64 `[sample]`, places in `attribute.values`.
  public func labels(_ attribute: Attribute, _ numbers: Range<Int>) throws(ShapeError) -> Tensor {
    try .of(numbers.map { self[$0].attributes.label(attribute) }, [Axis("sample", numbers.count)])
  }

  /// The numbers of those of the first `count` scenes that show a value.
  func numbers(with label: Int, of attribute: Attribute, count: Int) -> [Int] {
    (0..<count).filter { self[$0].attributes.label(attribute) == label }
  }
}
