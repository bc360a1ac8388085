import Glibc

/// Keeps records of runs, and never spoils a run: what goes wrong is said once, and then nothing more is kept.
///
/// Nothing is opened before the first record. One call at a time is recorded; what it calls belongs to it.
public final class RunRecorder {
  public enum Place: Equatable, Sendable {
    /// Until the process ends.
    case memory
    case folder(String)
    /// Nothing is kept.
    case nowhere
  }

  public let place: Place
  /// Who records: `steersh 0.1.0`.
  public let program: String
  private let notify: (String) -> Void
  /// The script that runs; nil where only the call knows.
  public var script: (() -> RunScript)?

  private var store: RunStore?
  private var isBroken = false
  /// The run under way.
  private var current: Int?
  private var steps: Run.Steps?
  private var lastSign = 0.0
  private var noted: [RunData] = []
  private var kind = ""
  /// The last run of this process: what is saved next is taken to be of it.
  private var last: Int?
  /// Files that were written before there was a run; they belong to the first.
  private var earlier: [RunFile] = []
  /// Values by the run that made them, as long as they live.
  private var origins: [ObjectIdentifier: (value: () -> AnyObject?, run: Int)] = [:]

  /// Seconds between signs of life.
  static let interval = 10.0

  public init(_ place: Place = .memory, program: String = "steersh", notify: @escaping (String) -> Void = { _ in }) {
    self.place = place
    self.program = program
    self.notify = notify
  }

  /// Whether a call is to be recorded: there is a place, and it is not made inside a recorded one.
  public var isReady: Bool { current == nil && !isBroken && place != .nowhere }

  /// Whether a run is under way that is recorded.
  public var isRecording: Bool { current != nil }

  /// Whether the run under way has told of a step that is done.
  public var hasProgress: Bool { (steps?.done ?? 0) > 0 }

  public func begin(_ subject: RunSubject) {
    guard isReady else { return }
    steps = nil
    noted = subject.data
    kind = subject.kind
    lastSign = Moment.now
    attempt {
      let id = try opened().begin(subject, by: .current, program: program, now: lastSign)
      current = id
      for file in earlier { try opened().wrote(file, of: id, now: Moment.now) }
      earlier = []
    }
  }

  /// - Parameters:
  ///   - files: what the call itself has written.
  ///   - value: what it gave; saving that writes a file of this run.
  public func end(_ end: RunEnd, files: [String] = [], value: AnyObject? = nil) {
    guard let id = current else { return }
    current = nil
    last = id
    if let value { origins[ObjectIdentifier(value)] = ({ [weak value] in value }, id) }
    attempt {
      try opened().end(id, end, data: noted, steps: steps, now: Moment.now)
      for path in files { try keep(path, of: id) }
    }
  }

  /// Data that turned out to be a part of the run under way; each is kept once, twenty at most.
  public func note(_ data: RunData) {
    if noted.count < 20, !noted.contains(data) { noted.append(data) }
  }

  /// Takes back that the run under way began: it could not.
  public func forget() {
    guard let id = current else { return }
    current = nil
    attempt { try opened().remove(id) }
  }

  /// A sign of life of the run under way, kept now and then.
  ///
  /// - Parameter work: what has come so far. Only the steps of the run itself are kept, not those of work inside it.
  public func progress(_ work: String, _ done: Int, of total: Int) {
    guard let id = current else { return }
    if work == kind { steps = Run.Steps(done: done, total: total) }
    let now = Moment.now
    guard now - lastSign >= Self.interval else { return }
    lastSign = now
    attempt { try opened().seen(id, steps, now: now) }
  }

  /// A file that the script has written: of the run that made `value`, else of the last run.
  public func wrote(_ path: String, of value: AnyObject? = nil) {
    guard place != .nowhere, !isBroken else { return }
    let origin = value.flatMap { origins[ObjectIdentifier($0)] }.flatMap { $0.value() === value ? $0.run : nil }
    guard let id = origin ?? current ?? last else {
      if let file = RunFile(at: path) { earlier.append(file) }
      return
    }
    attempt { try keep(path, of: id) }
  }

  private func keep(_ path: String, of id: Int) throws {
    guard let file = RunFile(at: path) else { return }
    try opened().wrote(file, of: id, now: Moment.now)
  }

  /// What is kept so far; nil where nothing is.
  ///
  /// - Throws: `RunError`.
  public func reading() throws -> RunStore? {
    if let store { return store }
    switch place {
    case .nowhere: return nil
    case .memory: return nil
    case .folder(let folder): return try RunStore.reading(folder: folder)
    }
  }

  private func opened() throws -> RunStore {
    if let store { return store }
    let opened: RunStore
    switch place {
    case .memory: opened = try RunStore()
    case .folder(let folder): opened = try RunStore(folder: folder)
    case .nowhere: throw RunError.noRuns
    }
    store = opened
    return opened
  }

  private func attempt(_ body: () throws -> Void) {
    guard !isBroken else { return }
    do {
      try body()
    } catch {
      isBroken = true
      current = nil
      notify("warning: no record of this run is kept: \(error)")
    }
  }
}

extension RunFile {
  /// Nil where there is no such file.
  init?(at path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    var whole = path
    if let resolved = realpath(path, nil) {
      whole = String(cString: resolved)
      free(resolved)
    }
    self.init(path: whole, bytes: status.st_mode & S_IFMT == S_IFDIR ? 0 : Int(status.st_size))
  }
}
