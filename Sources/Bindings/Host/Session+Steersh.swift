import Interpreter
import StandardLibrary
import Syntax

extension NativeTable {
  /// Every native of the standard library.
  static func steersh(_ bench: Workbench) -> NativeTable {
    var table = NativeTable.core
    table.addTensors(bench)
    table.addModels(bench)
    table.addOperators(bench)
    table.addDiagnostics(bench)
    table.addAttributions()
    table.addPreference(bench)
    table.addEvaluation(bench)
    table.addTraining(bench)
    table.addLearning(bench)
    table.addFitting(bench)
    table.addAnswerShares(bench)
    table.addSweep(bench)
    table.addScenes()
    table.addData()
    table.addBenchmarks()
    table.addFigures()
    table.addFiles(bench)
    table.addRuns(bench)
    table.addReports(bench)
    table.addRecording(bench)
    return table
  }
}

/// A language session with the whole library in it. Keeps the workbench alive that the session refers to.
public struct Laboratory {
  public let session: Session
  public let bench: Workbench

  /// Loads the standard library; no model is touched.
  ///
  /// - Parameter output: gets what `print` writes, line by line.
  public init(
    output: @escaping (String) -> Void, interruption: Interruption = Interruption(), bench: Workbench = Workbench(),
    loader: any SourceLoader = NoSources()
  ) throws {
    self.bench = bench
    session = Session(
      output: output, interruption: interruption, host: bench, natives: .steersh(bench), loader: loader)
    try session.load(
      standardLibrary: EmbeddedFile.files(in: "stdlib").map { SourceText(name: "stdlib/" + $0.name, $0.text) })
  }
}
