import Checkpoints
import Datasets
import Glibc
import Interpreter

extension NativeTable {
  /// The bodies of `stdlib/benchmarks.steer`.
  mutating func addBenchmarks() {
    for (name, read) in BenchmarkCatalog.readers {
      self[name] = { call in .object(BenchmarkObject(try read(call.string("folder"), call.benchmarkOptions()))) }
    }
  }
}

extension NativeCall {
  /// Those of the options that the function has, where they were given.
  fileprivate func benchmarkOptions() throws -> BenchmarkOptions {
    func given(_ parameter: String) -> Bool {
      signature.parameters.contains { $0.name == parameter } && !value(parameter).isNull
    }
    var options = BenchmarkOptions()
    if given("split") { options.split = try string("split") }
    if given("images") { options.images = try string("images") }
    if given("instruction") { options.instruction = try string("instruction") }
    for name in ["by", "prompt"] where given(name) { options.manner = try string(name) }
    if given("shots") { options.shots = try int("shots", atLeast: 0) }
    return options
  }

  /// `evaluate` of a benchmark.
  func evaluation(of set: BenchmarkObject, _ bench: Workbench) throws -> Value {
    let model = try model("m")
    let maximum = value("max").isNull ? nil : try int("max", atLeast: 1)
    let prompt = value("prompt").isNull ? nil : try function("prompt")
    let file =
      try value("to").isNull ? nil : EvaluationFile(string("to"), identity(set, model, maximum), records: set.records)
    defer { file?.close() }
    let answers = value("answers").isNull ? nil : try string("answers")
    if let answers { try Self.makeFolder(answers) }
    let run = BenchmarkRun(
      model: model, set: set, prompt: prompt, maximum: maximum, file: file, call: self, bench: bench)
    let evaluation = try run.run()
    if let answers {
      for file in try evaluation.answerFiles() { try AtomicFile.write(file.text, to: "\(answers)/\(file.name)") }
    }
    return .object(evaluation)
  }

  /// What an answer depends on, as far as it can be told.
  private func identity(_ set: BenchmarkObject, _ model: ModelObject, _ maximum: Int?) throws -> JSON.Object {
    [
      "format": .integer(1), "benchmark": .string(set.name), "questions": .integer(set.records.count),
      "data": .string(Digest(set.records).text), "model": .string(model.model.fingerprint.description),
      "interventions": .array(model.steered.interventions.map { .string($0.description) }),
      "digest": .string(Digest(model.steered.interventions).text), "max": maximum.map { .integer($0) } ?? .null,
      "own prompt": .bool(!value("prompt").isNull),
    ]
  }

  private static func makeFolder(_ path: String) throws {
    guard mkdir(path, 0o777) != 0, errno != EEXIST else { return }
    throw ScriptError(.badArgument, "the folder \(path) cannot be made: \(String(cString: strerror(errno)))")
  }
}
