import CEditline
import Glibc
import Interpreter
import Records
import Syntax

/// Runs sources in a session and shows what comes of it.
final class Evaluator {
  let console: Console
  let progress: ProgressLine
  let interruption = Interruption()
  private let options: GlobalOptions
  private let factory: SessionFactory
  private(set) var current: ShellSession
  private(set) var transcript = Transcript()
  private let records: RunRecorder
  /// Where the fourth Ctrl-C leaves the session; nil for scripts.
  var rescuePath: String?

  var session: Session { current.session }

  init(options: GlobalOptions, console: Console, factory: @escaping SessionFactory) throws {
    self.options = options
    self.console = console
    self.factory = factory
    progress = ProgressLine(console: console)
    records = RunRecorder(options.place, program: Version.text) { console.report($0 + "\n") }
    current = try factory(Self.setup(options, console, progress, interruption, records))
    Signals.forward(to: interruption)
    steer_signals_install(0)
    try prepare()
  }

  private static func setup(
    _ options: GlobalOptions, _ console: Console, _ progress: ProgressLine, _ interruption: Interruption,
    _ records: RunRecorder
  ) -> SessionSetup {
    SessionSetup(
      output: { console.write($0 + "\n") }, interruption: interruption, loader: FileLoader(),
      notify: { console.report($0 + "\n") }, progress: { progress.report($0, $1, of: $2, note: $3) },
      threads: options.threads, records: records)
  }

  /// Forgets all names.
  func reset() throws {
    current = try factory(Self.setup(options, console, progress, interruption, records))
    transcript = Transcript()
    try prepare()
  }

  private func prepare() throws {
    session.warning = { [unowned self] in report([$0]) }
    try applySeed()
  }

  /// `--seed` wins over the script's own.
  private func applySeed() throws {
    guard let seed = options.seed else { return }
    try session.evaluate(SourceText(name: "<--seed>", "seed \(seed)"), mode: .prompt)
  }

  // MARK: Evaluating

  /// What a chunk came to.
  struct Outcome {
    var status = ExitStatus.success
    /// Of the last statement, where that is an expression.
    var value = Value.null
    var duration = Duration.zero
  }

  /// Forgets the Ctrl-C of what ran before.
  func clearInterrupts() {
    interruption.clear()
    steer_interrupts_clear()
  }

  /// Runs `source`, showing the values of its top-level expressions unless `isQuiet`.
  ///
  /// - Parameter valueName: what the last value can be called by from now on.
  func evaluate(
    _ source: SourceText, mode: EvaluationMode, valueName: String? = nil, isQuiet: Bool = false
  ) -> Outcome {
    var outcome = Outcome()
    var done: [StatementResult] = []
    announce(Span(0, source.bytes.count), source)
    // What a record keeps: a script as it is; at the prompt what was entered so far, and the chunk that runs.
    records.script = { [unowned self] in
      let text = String(decoding: source.bytes, as: UTF8.self)
      return RunScript(name: source.name, text: mode == .file ? text : transcript.script + text)
    }
    session.willRun = { [unowned self] in announce($0.span, $1) }
    session.didRun = { [unowned self] result in
      guard result.source === source else { return }
      done.append(result)
      if case .seed = result.statement.kind { try? applySeed() }
      if let value = result.value, !isQuiet { show(value) }
    }
    progress.start()
    let start = ContinuousClock.now
    do {
      outcome.value = try session.evaluate(source, mode: mode)
      outcome.duration = .now - start
      progress.stop()
    } catch {
      outcome.duration = .now - start
      progress.stop()
      steer_interrupts_prepare(nil, nil, nil)
      outcome.status = report(error)
    }
    steer_interrupts_prepare(nil, nil, nil)
    session.willRun = { _, _ in }
    session.didRun = { _ in }
    remember(done, valueName: outcome.value.isNull ? nil : valueName, value: outcome.value)
    console.flush()
    return outcome
  }

  private func remember(_ done: [StatementResult], valueName: String?, value: Value) {
    for (position, result) in done.enumerated() {
      let isLast = position == done.count - 1
      transcript.append(result.statement, in: result.source, valueName: isLast ? valueName : nil)
    }
    guard let valueName else { return }
    // Names of the prompt's own making cannot run out before the session's do.
    try? session.define(valueName, value)
    try? session.define("_", value)
  }

  /// Tells the Ctrl-C handler what runs.
  private func announce(_ span: Span, _ source: SourceText) {
    var text = source.text(span)
    if let end = text.firstIndex(of: "\n") { text = text[..<end] + " …" }
    let place = "\(source.name):\(source.position(of: span.lower).line)"
    var warning = "\nsteersh: still running \(place): \(text)\nsteersh: one more Ctrl-C ends steersh"
    if let rescuePath { warning += "; the session is then in \(rescuePath)" }
    steer_interrupts_prepare(warning + "\n", rescuePath, rescuePath == nil ? nil : transcript.script)
  }

  // MARK: Showing

  /// Shows a value as the prompt does; nothing for nil.
  func show(_ value: Value) {
    guard !value.isNull else { return }
    let printer = ValuePrinter(screen: screen, colored: options.color.isColored(on: STDOUT_FILENO))
    console.write(printer.text(of: value) + "\n")
  }

  /// The terminal's size; nil where the output goes elsewhere, and must not depend on it.
  private var screen: Terminal.Size? { console.isOutputTerminal ? Terminal.size() : nil }

  /// Shows an error, and tells the status that goes with it.
  @discardableResult
  func report(_ error: any Error) -> ExitStatus {
    switch error {
    case let failure as CompileFailure:
      report(failure.diagnostics)
      return .usage
    case let failure as ExpectationFailure:
      report([failure.diagnostic])
      return .expectation
    default:
      let error = ScriptError(error)
      report([error.diagnostic])
      return error.isInterruption ? .interrupted : .evaluation
    }
  }

  func report(_ diagnostics: [Diagnostic]) {
    console.report(Self.text(of: diagnostics, json: options.json, color: options.color))
  }

  static func text(of diagnostics: [Diagnostic], json: Bool, color: ColorChoice) -> String {
    if json { return diagnostics.map { DiagnosticRenderer.json($0) + "\n" }.joined() }
    let width = Terminal.size(of: STDERR_FILENO)?.columns ?? 120
    return DiagnosticRenderer(usesColor: color.isColored(on: STDERR_FILENO), width: width).render(diagnostics)
  }
}
