import Interpreter
import Scenes

/// `vqa`, `conflicts`, …: a data set with its three splits. Called with options it gives the same questions about
/// something else, or put in another way.
final class QuestionSetObject: HostObject {
  private let name: String
  private let set: (Split) -> DataSetObject
  /// Made once, so that whoever asks again gets the same items.
  private var sets: [Split: DataSetObject] = [:]
  private let changed: ((Arguments) throws -> QuestionSetObject)?

  /// - Parameters:
  ///   - set: the items of a split.
  ///   - changed: the set with other options; nil for one that has none.
  init(
    _ name: String, set: @escaping (Split) -> DataSetObject, changed: ((Arguments) throws -> QuestionSetObject)? = nil
  ) {
    self.name = name
    self.set = set
    self.changed = changed
  }

  /// A set of questions.
  convenience init(
    _ name: String, changed: ((Arguments) throws -> QuestionSetObject)? = nil,
    questions: @escaping (Split) -> DataSet<VisualQuestion>
  ) {
    self.init(
      name,
      set: { split in
        let items = questions(split)
        return DataSetObject("\(name).\(split.rawValue)", count: items.count) { .object(QuestionObject(items[$0])) }
      }, changed: changed)
  }

  override var typeName: String { "question set" }
  override var memberNames: [String] { Split.allCases.map(\.rawValue) }

  override func member(_ name: String, in session: Session) throws -> Value? {
    Split(rawValue: name).map { split in
      let items = sets[split] ?? set(split)
      sets[split] = items
      return .object(items)
    }
  }

  override var isCallable: Bool { changed != nil }

  override func call(_ arguments: Arguments, in session: Session) throws -> Value {
    guard let changed else { return try super.call(arguments, in: session) }
    return .object(try changed(arguments))
  }

  override func rendered(_ style: RenderingStyle) -> String {
    "question set \(name): " + Split.allCases.map(\.rawValue).joined(separator: ", ")
  }
}
