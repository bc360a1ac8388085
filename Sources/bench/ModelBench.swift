import Checkpoints
import Dispatch
import Glibc
import Interventions
import Models
import Tensors

/// A model of a folder, measured: answers each line on standard input with one number, as `scripts/benchmarks/models_peer.py`
/// describes. A word behind `prefill`, `decode` and `image` says how:
///
///     plain      as the model is
///     add        with a vector added to the output of every block, at every position
///     mores      with a rank-1 MoReS there
///
/// `edits CONTEXT TOKENS HOW` gives how many times as long a token takes so as one as the model is, the two taken in turns;
/// and `answer N` asks about an image and gives the seconds until N tokens are there.
final class ModelBench {
  private let folder: String
  private let compute: Compute
  private var model: Model?
  private var steered: [String: SteeredModel] = [:]
  private var picture = 0

  init(folder: String, threads: Int, compute: Compute) {
    (self.folder, self.compute) = (folder, compute)
    ThreadPool.count = threads
  }

  func run() throws {
    while let line = readLine() {
      let words = line.split(separator: " ").map(String.init)
      let counts = words.dropFirst().compactMap(Int.init)
      let how = words.last.flatMap { Int($0) == nil && words.count > 1 ? $0 : nil } ?? "plain"
      print(try measure(words.first ?? "", counts, how))
      fflush(nil)
    }
  }

  private func measure(_ what: String, _ counts: [Int], _ how: String) throws -> Double {
    switch (what, counts.count) {
    case ("load", 0): return try load()
    case ("first", 0): return try load() + prefill(ids(1), how)
    case ("prefill", 1): return try prefill(ids(counts[0]), how)
    case ("decode", 2): return try decode(prompt(ids(counts[0])), counts[1], how)
    case ("edits", 2): return try edits(prompt(ids(counts[0])), counts[1], how)
    case ("vision", 0): return try vision()
    case ("image", 1): return try prefill(withImage: counts[0], how)
    case ("answer", 1): return try answer(counts[0])
    case ("memory", 0): return Double(peakMemory)
    default: fatalError("bench models: there is no \"\(what)\" of \(counts.count) numbers")
    }
  }

  private func load() throws -> Double {
    (model, steered) = (nil, [:])
    return try seconds { model = try Model.load(FileSource(folder: folder), compute: compute) }
  }

  private func loaded() throws -> Model {
    if model == nil { _ = try load() }
    guard let model else { fatalError("the model is not there") }
    return model
  }

  private func prefill(_ ids: [Int], _ how: String) throws -> Double { try generate(prompt(ids), 1, how).whole }

  private func prefill(withImage count: Int, _ how: String) throws -> Double {
    try generate(promptWithImage(count), 1, how).whole
  }

  private func decode(_ prompt: Prompt, _ count: Int, _ how: String) throws -> Double {
    try generate(prompt, count + 1, how).afterFirst
  }

  /// Two answers go on in turns, token by token, so that what disturbs the machine disturbs both: the median over tokens
  /// of what the steered one takes by what the plain one takes.
  private func edits(_ prompt: Prompt, _ count: Int, _ how: String) throws -> Double {
    let sides = [try steered("plain"), try steered(how)]
    let turns = Turns(sides.count)
    DispatchQueue.concurrentPerform(iterations: sides.count) { side in
      turns.begin(side)
      defer { turns.end(side) }
      var options = GenerationOptions()
      options.maximumTokens = count + 1
      do {
        _ = try sides[side].generate([prompt], options: options, progress: { _ in turns.pass(side) })
      } catch { fatalError("\(error)") }
    }
    // The first takes the prompt along.
    let ratios = zip(turns.seconds[1], turns.seconds[0]).dropFirst().map { $0 / $1 }.sorted()
    return ratios[ratios.count / 2]
  }

  /// Seconds for `count` tokens: all of it, and what came after the first one.
  private func generate(_ prompt: Prompt, _ count: Int, _ how: String) throws -> (whole: Double, afterFirst: Double) {
    let runs = try steered(how)
    var options = GenerationOptions()
    options.maximumTokens = count
    let start = ContinuousClock.now
    var first = start
    let answers = try runs.generate(
      [prompt], options: options, progress: { if $0.step == 1 { first = .now } })
    let end = ContinuousClock.now
    guard answers[0].ids.count == count else { fatalError("the answer ended before \(count) tokens") }
    return (start.duration(to: end) / .seconds(1), first.duration(to: end) / .seconds(1))
  }

  /// Seconds for one image, which is not among those that the model remembers.
  private func vision() throws -> Double {
    let watch = Watch(sites: [Site(.projector, .output)])
    let prompt = try promptWithImage(0)
    let model = try loaded()
    return try seconds { try model.forward([prompt], listener: watch) }
  }

  /// Seconds for a whole answer about an image.
  private func answer(_ count: Int) throws -> Double { try generate(promptWithImage(0), count, "plain").whole }

  private func steered(_ how: String) throws -> SteeredModel {
    if let found = steered[how] { return found }
    let model = try loaded()
    let width = model.configuration.decoder.block.width
    let every = try SitePattern("layers[*].output")
    let tokens = try TokenSelector(".all + .generated")
    var made = try SteeredModel(model)
    switch how {
    case "plain": break
    case "add":
      let direction = try RandomKey(seed: 3).normal([Axis("model", width)], deviation: 0.01)
      made = try made.with(
        Intervention(every, on: tokens, Add(direction, strength: .number(1))), key: RandomKey(seed: 0))
    case "mores":
      made = try made.with(
        Intervention(every, on: tokens, LowRankEdit(.mores, rank: 1)), key: RandomKey(seed: 0))
    default: fatalError("bench models: there is no way to run called \"\(how)\"")
    }
    steered[how] = made
    return made
  }

  private func ids(_ count: Int) -> [Int] { (0..<count).map { ($0 * 7919 + 13) % 997 + 3 } }

  private func prompt(_ ids: [Int]) throws -> Prompt { try loaded().blueprint.prompt(ids: ids) }

  /// A new image between tokens that make `count` positions of it.
  private func promptWithImage(_ count: Int) throws -> Prompt {
    let blueprint = try loaded().blueprint
    guard let vision = blueprint.configuration.vision, let token = blueprint.configuration.imageToken else {
      fatalError("\(folder) has no vision tower")
    }
    picture += 1
    let (side, shift) = (vision.imageSize, picture)
    let pixels = (0..<side * side * 3).map {
      UInt8(truncatingIfNeeded: $0 / 3 % side * (2 + shift % 7) + $0 % 3 * 17 + shift)
    }
    let image = try blueprint.prepare(Image(width: side, height: side, pixels: pixels))
    let around = max(count - vision.featureRows, 2)
    let before = ids(around / 2)
    let rows = [Int](repeating: token, count: vision.featureRows)
    return try blueprint.prompt(ids: before + rows + ids(around - before.count), images: [image])
  }

  private func seconds(_ body: () throws -> Void) throws -> Double { try ContinuousClock().measure(body) / .seconds(1) }

  /// The most memory that the process held at any time, in KiB.
  private var peakMemory: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss
  }
}

/// Makes the model run up to some sites.
private final class Watch: SiteListener {
  let sites: Set<Site>
  init(sites: Set<Site>) { self.sites = sites }
  func visit(_ activation: SiteActivation) {}
}

/// Lets threads go on one at a time, one step each, and notes what their steps take.
private final class Turns: @unchecked Sendable {
  private(set) var seconds: [[Double]]
  private var begun: [ContinuousClock.Instant]
  private let gates: [DispatchSemaphore]

  init(_ count: Int) {
    seconds = [[Double]](repeating: [], count: count)
    begun = [ContinuousClock.Instant](repeating: .now, count: count)
    gates = (0..<count).map { _ in DispatchSemaphore(value: 0) }
    gates[0].signal()
  }

  func begin(_ side: Int) {
    gates[side].wait()
    begun[side] = .now
  }

  func end(_ side: Int) { gates[(side + 1) % gates.count].signal() }

  /// A step is over: the next side's turn.
  func pass(_ side: Int) {
    seconds[side].append(begun[side].duration(to: .now) / .seconds(1))
    end(side)
    begin(side)
  }
}
