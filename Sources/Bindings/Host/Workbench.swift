import Checkpoints
import Interpreter
import Interventions
import Models
import Records
import StandardLibrary
import Syntax
import Tensors

/// What a session works with beside its variables: the seed, the models it has read, and where notices go.
///
/// One per session; natives get at it through `NativeTable.steersh(_:)`.
public final class Workbench {
  /// Every random draw of a script comes from here, in the order of its statements.
  private(set) var key = RandomKey(seed: 0)
  private var draws: UInt64 = 0
  /// Models by the path they were read from, so that `load` twice maps once.
  private var models: [String: Model] = [:]
  /// The model that was loaded last: what a prompt is shown with.
  private(set) var modelAtHand: Model?
  /// Shows a notice to the user.
  let notices: NoticeBoard
  /// Shows one line to the user, whether or not it was shown before.
  let notify: @Sendable (String) -> Void
  private let report: ProgressReport
  /// What a training that was stopped had learned.
  var unfinished: TrainedIntervention?
  /// Keeps records of runs.
  public let records: RunRecorder
  /// The data that the run under way has told its record of.
  var noted: Set<DataKey> = []

  /// - Parameters:
  ///   - notify: shows one line beside a script's output.
  ///   - progress: told how far long work has come.
  ///   - threads: processor cores to use; nil leaves the choice.
  ///   - records: where records of runs go; by default they end with the workbench.
  public init(
    notify: @escaping @Sendable (String) -> Void = { _ in }, progress: @escaping ProgressReport = { _, _, _, _ in },
    threads: Int? = nil, records: RunRecorder = RunRecorder()
  ) {
    self.records = records
    notices = NoticeBoard { notify($0.description) }
    self.notify = notify
    report = progress
    if let threads { ThreadPool.count = threads }
  }

  /// What can follow the names of a path so far, for completion: of the model at hand, and of tokens.
  public func names(after segments: [String]) -> [String] {
    let sites = modelAtHand.map { SiteCatalog($0.configuration).names(after: segments.map { PathStep($0) }) } ?? []
    return sites + (segments.isEmpty ? TokenSelector.roots : sites.isEmpty ? TokenSelector.refinements : [])
  }

  /// Set while the start of an operator's parameter is drawn.
  private(set) var parameterStart: ParameterStart?
  /// What `orthogonal()` drew for that parameter.
  var orthonormalStart: Storage?

  /// Runs `body` with `parameterStart` set.
  func drawing<T>(_ start: ParameterStart, _ body: () throws -> T) rethrows -> T {
    let outer = parameterStart
    parameterStart = start
    orthonormalStart = nil
    defer { parameterStart = outer }
    return try body()
  }

  /// What the points of a sweep have in common, while one runs.
  private(set) var sharing: SharedWork?
  /// What runs of the same prompts share, while a sweep runs.
  var prefixes: PrefixStore? { sharing?.prefixes }

  /// Runs `body` with `sharing` set.
  func sharing<T>(_ work: SharedWork, _ body: () throws -> T) rethrows -> T {
    let outer = sharing
    sharing = work
    defer { sharing = outer }
    return try body()
  }

  /// Runs `body` with all random draws coming from `key`; what was drawn before and is drawn after does not matter to it,
  /// nor it to them.
  func drawing<T>(from key: RandomKey, _ body: () throws -> T) rethrows -> T {
    let outer = (self.key, draws)
    (self.key, draws) = (key, 0)
    defer { (self.key, draws) = outer }
    return try body()
  }

  /// Tells how far long work has come.
  ///
  /// - Parameter note: what else there is to say of it, such as its loss.
  func progress(_ label: String, _ done: Int, _ total: Int, note: String = "") {
    records.progress(label, done, of: total)
    report(label, done, total, note)
  }

  /// A fresh key, different for each call and the same in each run.
  func nextKey() -> RandomKey {
    draws += 1
    return key.fold(draws)
  }

  /// A fresh seed, as `nextKey`.
  func nextSeed() -> UInt64 {
    draws += 1
    return key.fold(draws).word
  }

  /// How many samples run at once: enough to keep all cores busy, few enough to show progress.
  static let batch = 32

  /// An untrained model with the configuration of the one at `path`.
  func randomModel(_ path: String, key: RandomKey) throws -> Model {
    let model = try Model.random(try Self.source(path), key: key)
    modelAtHand = model
    return model
  }

  /// - Parameters:
  ///   - mmproj: the GGUF file of the vision tower, for a language model in another.
  ///   - compute: how linear maps multiply.
  func model(at path: String, mmproj: String? = nil, compute: Compute = .f32) throws -> Model {
    let name = "\(compute)\n" + path + (mmproj.map { "\n" + $0 } ?? "")
    if let model = models[name] {
      modelAtHand = model
      return model
    }
    let model = try Model.load(try Self.files(path, mmproj: mmproj), compute: compute)
    models[name] = model
    modelAtHand = model
    return model
  }

  /// The small files of a model: those of `files`.
  static func source(_ path: String) throws -> FileSource { try files(path).files }

  /// The embedded model of this name, the model in a folder, or that in a GGUF file.
  static func files(_ path: String, mmproj: String? = nil) throws -> ModelFiles {
    let embedded = EmbeddedFile.files(in: path)
    if !embedded.isEmpty, path != "stdlib", mmproj == nil {
      return .folder(
        FileSource(name: path, embedded: Dictionary(uniqueKeysWithValues: embedded.map { ($0.name, $0.bytes) })))
    }
    return try ModelFiles(
      path: path, mmproj: mmproj,
      expected:
        "a folder with config.json, model.safetensors and tokenizer.json, a GGUF file, or the name \"minivlm\"")
  }
}

/// Told what runs, how many steps are done, how many there are, and what else is worth a look.
public typealias ProgressReport = (_ label: String, _ done: Int, _ total: Int, _ note: String) -> Void

extension Workbench: HostSemantics {
  public func seed(_ seed: Int, in session: Session) throws {
    key = RandomKey(seed: UInt64(bitPattern: Int64(seed)))
    draws = 0
  }

  /// `site on tokens`, `… => operator`, and sums of paths.
  public func binary(
    _ op: BinaryOperator, _ left: Value, _ right: Value, at location: Diagnostic.Label?, in session: Session
  ) throws -> Value? {
    switch op {
    case .on: return .object(try PlacementObject(try SitePattern(left), try TokenSelector(right)))
    case .yields: return .object(InterventionObject(try PlacementObject.intervention(left, right, self, session), self))
    case .add, .subtract:
      guard let leftPath = left.object as? PathObject, right.object is PathObject else { return nil }
      if leftPath.namesSites {
        return op == .add ? .object(SitesObject(try SitePattern(left) + SitePattern(right))) : nil
      }
      return try TokensObject.combine(op, TokenSelector(left), TokenSelector(right))
    default: return nil
    }
  }
}
