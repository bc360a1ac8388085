import Bindings
import Checkpoints
import Interventions
import Models
import StandardLibrary
import Syntax
import Tensors

/// A sweep of layer × strength against separate runs of the same points, in one process: the same numbers, less work.
struct SweepBench {
  private let strengths: [Float] = [0.5, 1, 1.5, 2, 3, 4, 6, 8]

  func run() throws {
    print("\(ThreadPool.count) threads; seconds for all points, the best of some rounds")
    for tokens in [".last", ".all"] { try language(tokens) }
    let files = Dictionary(uniqueKeysWithValues: EmbeddedFile.files(in: "minivlm").map { ($0.name, $0.bytes) })
    let miniature = try Model.load(FileSource(name: "minivlm", embedded: files))
    let questions = try (0..<64).map {
      try miniature.blueprint.prompt(images: [picture($0)], text: "what color is the object ?")
    }
    for tokens in [TokenSelector.last, .all] {
      try library("library, minivlm, 64 questions", miniature, questions, tokens, strengths, maximumTokens: 4)
    }
    let llama = try randomLlama(files)
    let ids = (0..<600).map { ($0 * 7919 + 13) % llama.configuration.decoder.vocabulary }
    let long = try llama.blueprint.prompt(ids: ids)
    for tokens in [TokenSelector.last, .all] {
      try library(
        "library, random Llama of width 768, the token after 600", llama, [long], tokens, [1, 4], maximumTokens: 1)
    }
  }

  /// `sweep` in a script against a loop over the same points.
  private func language(_ tokens: String) throws {
    let laboratory = try Laboratory(output: { print($0) })
    func evaluate(_ text: String) throws {
      try laboratory.session.evaluate(SourceText(name: "<bench>", text), mode: .prompt)
    }
    try evaluate(
      """
      let m = load("minivlm")
      let v = unit(normal(model: 96))
      let data = conflicts.test.take(64)
      let strengths = [\(strengths.map { "\($0)" }.joined(separator: ", "))]
      fn one(c) = accuracy(m with .layers[c.layer].output on \(tokens) => add(v, strength: c.strength), data, of: "image")
      fn two(c) {
        let steered = m with .layers[c.layer].output on \(tokens) => add(v, strength: c.strength)
        (toward_image: accuracy(steered, data, of: "image"), collapsed: collapse(steered, data))
      }
      let points = flatten(map(0..5, fn layer -> map(strengths, fn s -> (layer: layer, strength: s))))
      """)
    for (body, what) in [("one", "accuracy"), ("two", "accuracy and collapse")] {
      try compare(
        "script, minivlm 6 × 8, 64 conflicts, on \(tokens), \(what)",
        separate: { try evaluate("let alone = points |> map(fn c -> \(body)(c))") },
        shared: { try evaluate("let shared = sweep(layer: 0..5, strength: strengths) { c -> \(body)(c) }") })
    }
    try evaluate("expect shared.toward_image == map(alone, fn r -> r.toward_image)")
  }

  /// The steering library with a `PrefixStore` against runs without.
  private func library(
    _ name: String, _ model: Model, _ prompts: [Prompt], _ tokens: TokenSelector, _ strengths: [Float],
    maximumTokens: Int
  ) throws {
    let layers = model.configuration.decoder.layers
    let direction = try RandomKey(seed: 3).normal(
      [Axis("model", model.configuration.decoder.block.width)], deviation: 0.1)
    var options = GenerationOptions()
    options.maximumTokens = maximumTokens
    options.keepsLogProbabilities = true
    func points(_ store: PrefixStore?) throws -> [[Generation]] {
      var answers: [[Generation]] = []
      for layer in 0..<layers {
        for strength in strengths {
          let edit = Intervention(
            SitePattern([Site(.decoder, layer: layer, .output)]), on: tokens,
            Add(direction, strength: .number(strength)))
          let steered = try SteeredModel(model).with(edit, key: RandomKey(seed: 0))
          for start in stride(from: 0, to: prompts.count, by: 32) {
            let batch = Array(prompts[start..<min(start + 32, prompts.count)])
            answers.append(try steered.generate(batch, options: options, prefixes: store))
          }
        }
      }
      return answers
    }
    var (alone, shared): ([[Generation]], [[Generation]]) = ([], [])
    try compare(
      "\(name); \(layers) × \(strengths.count), on \(tokens)", rounds: layers > 6 ? 1 : 3,
      separate: { alone = try points(nil) }, shared: { shared = try points(PrefixStore()) })
    guard alone == shared else { fatalError("the shared runs differ from the separate ones") }
  }

  private func compare(
    _ name: String, rounds: Int = 3, separate: () throws -> Void, shared: () throws -> Void
  ) throws {
    var best = (separate: Double.infinity, shared: Double.infinity)
    for _ in 0..<rounds {
      best.separate = min(best.separate, try seconds(separate))
      best.shared = min(best.shared, try seconds(shared))
    }
    func text(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
    let ratio = (best.separate / best.shared * 100).rounded() / 100
    print("  \(name): separate \(text(best.separate)), sweep \(text(best.shared)), \(ratio) times as fast")
  }

  private func seconds(_ body: () throws -> Void) throws -> Double {
    try ContinuousClock().measure(body) / .seconds(1)
  }

  /// A picture of stripes, each number's another.
  private func picture(_ number: Int) -> Image {
    let side = 48
    let samples = (0..<side * side * 3).map { index in
      UInt8(truncatingIfNeeded: (index / 3 % side / (2 + number % 7)) * 61 + index % 3 * number * 17)
    }
    return Image(width: side, height: side, pixels: samples)
  }

  private func randomLlama(_ files: [String: UnsafeRawBufferPointer]) throws -> Model {
    let config = """
      {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 768, "intermediate_size": 2048,
       "num_hidden_layers": 12, "num_attention_heads": 12, "num_key_value_heads": 12, "vocab_size": 8192,
       "max_position_embeddings": 1024, "rms_norm_eps": 1e-5, "hidden_act": "silu", "tie_word_embeddings": false,
       "bos_token_id": 1, "eos_token_id": 2}
      """
    var own = files.filter { ["tokenizer.json", "tokenizer_config.json"].contains($0.key) }
    // Lives as long as the program, as embedded files do.
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: config.utf8.count, alignment: 1)
    bytes.copyBytes(from: config.utf8)
    own["config.json"] = UnsafeRawBufferPointer(bytes)
    return try Model.random(FileSource(name: "llama 12×768", embedded: own), key: RandomKey(seed: 1))
  }
}
