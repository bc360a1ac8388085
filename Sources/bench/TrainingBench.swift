import Autodiff
import Checkpoints
import Glibc
import Interventions
import Models
import Tensors

/// Steps of training rank-1 LoReFT at every block's output, one at a time: each is taken when a line comes on standard input,
/// and answered by a line with its loss, its seconds, its seconds of processor time, and the process's memory.
///
/// `scripts/benchmarks/training.py` writes the folder and asks for steps in turn with those of its peers.
struct TrainingBench {
  private let folder: String
  private let steps: Int

  init(folder: String, threads: Int, steps: Int) {
    (self.folder, self.steps) = (folder, steps)
    ThreadPool.count = threads
  }

  func run() throws {
    let model = try Model.load(FileSource(folder: folder))
    var options = TrainingOptions()
    options.length = .steps(steps)
    options.rate = 5e-3
    options.schedule = Schedule(.constant)
    options.clip = nil
    var answers = AnswerOptions()
    answers.normalisation = .token
    let items = try items(model)
    options.batch = items.count
    var watch = try waited()
    _ = try SteeredModel(model).train(
      edit(model), on: TrainingData(items), options: options, answers: answers,
      progress: { progress in
        let (seconds, processor) = (watch.seconds, watch.processorSeconds)
        print(progress.loss, seconds, processor, Self.peakMemory)
        fflush(nil)
        if progress.step < progress.steps { watch = try waited() }
      })
  }

  /// The edit with the parameters that all sides start from.
  private func edit(_ model: Model) throws -> Intervention {
    let start = try Safetensors(FileBytes(path: folder + "/start.safetensors"))
    let bound = try Intervention(
      SitePattern("layers[*].output"), on: TokenSelector(".all + .generated"), LowRankEdit(.loreft, rank: 1)
    ).bind(
      SiteCatalog(model.configuration), fingerprint: model.fingerprint, key: RandomKey(seed: 0))
    return try bound.mapParameters { _, site, parameter in
      try start.tensor(named: "\(site.path).\(parameter.name)", axes: parameter.tensor.shape.names)
    }
  }

  /// A prompt of one token, whose answer is all that follows. The last row predicts nothing: its answer has the weight 0.
  private func items(_ model: Model) throws -> [TrainingItem] {
    let file = try Safetensors(FileBytes(path: folder + "/batch.safetensors"))
    let ids = try file.tensor(named: "ids", axes: ["sample", "token"])
    let length = ids.axes[1].size
    return try (0..<ids.axes[0].size).map { sample in
      let row = try ids.select("sample", .index(sample)).integers().map { Int($0) }
      return try TrainingItem(
        model.blueprint.prompt(ids: [row[0]]), answer: row.dropFirst() + [0],
        weights: [Float](repeating: 1, count: length - 1) + [0])
    }
  }

  /// Waits for a line; ends the program where none comes.
  private func waited() throws -> Watch {
    guard readLine() != nil else { exit(0) }
    return Watch()
  }

  /// The most memory that the process held at any time, in KiB.
  private static var peakMemory: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss
  }
}

/// Time and processor time since it was made.
private struct Watch {
  private let start = ContinuousClock.now
  private let used = processor

  var seconds: Double { start.duration(to: .now) / .seconds(1) }
  var processorSeconds: Double { Self.processor - used }

  private static var processor: Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) * 1e-6 }
  }
}
