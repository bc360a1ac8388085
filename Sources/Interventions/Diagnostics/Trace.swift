import Models
import Tensors

/// What lay at some sites while one prompt ran, generated tokens included.
public struct Trace: Sendable {
  /// As it was given, without positions that interventions add.
  public let prompt: Prompt
  /// The tokens of the prompt as it was run, and those that were generated.
  public let context: TokenContext
  /// The generated ids, an end token included; empty where nothing was to be generated.
  public let generated: [Int]
  /// The answer's text, without special tokens.
  public let text: String
  /// The sites that were captured, in forward order.
  public let sites: [Site]
  private let tensors: [Site: Tensor]
  let catalog: SiteCatalog

  init(
    prompt: Prompt, context: TokenContext, generated: [Int], text: String, tensors: [Site: Tensor], catalog: SiteCatalog
  ) {
    self.prompt = prompt
    self.context = context
    self.generated = generated
    self.text = text
    self.tensors = tensors
    self.catalog = catalog
    sites = catalog.entries.map(\.site).filter { tensors[$0] != nil }
  }

  /// The activation at one site, nil where it was not captured. Token axes know their tokens.
  public subscript(_ site: Site) -> Tensor? { tensors[site] }

  /// The activation that a pattern names. Several layers are stacked along a first axis `layer`.
  ///
  /// - Throws: `InterventionError` for a site that was not captured, and for several points at once.
  public func tensor(_ pattern: SitePattern) throws -> Tensor {
    let chosen = try pattern.activations(in: catalog)
    return try stacked(try chosen.map { try tensor($0) }, chosen, pattern: pattern.description)
  }

  /// The activation at one site.
  ///
  /// - Throws: `InterventionError.noSite` where it was not captured.
  public func tensor(_ site: Site) throws -> Tensor {
    guard let tensor = tensors[site] else {
      throw InterventionError.noSite(
        pattern: site.path, reason: "it was not captured",
        nearest: [sites.isEmpty ? "nothing" : SitePattern(sites).description])
    }
    return tensor
  }
}

extension SteeredModel {
  /// Runs prompts once and keeps what lies at the sites, after all edits there.
  ///
  /// - Parameters:
  ///   - generate: answer with up to this many tokens and capture their activations too. A token has activations
  ///     once it has been fed back, so an end token, which is not, has none.
  ///   - options: how tokens are chosen; `maximumTokens` is taken from `generate`.
  public func trace(
    _ prompts: [Prompt], at pattern: SitePattern, generate count: Int = 0,
    options: GenerationOptions = GenerationOptions(), prefixes: PrefixStore? = nil, control: RunControl = RunControl()
  ) throws -> [Trace] {
    let catalog = SiteCatalog(base.configuration)
    let sites = try pattern.activations(in: catalog)
    let run = try prompts.map(laidOut)
    let recorder = ActivationRecorder(sites, samples: prompts.count)
    var answers: [[Int]] = Array(repeating: [], count: prompts.count)
    if count > 0 {
      // The token after the last one wanted is chosen so that the last one is run.
      var options = options
      options.maximumTokens = count + 1
      answers = try generate(prompts, options: options, observer: recorder, prefixes: prefixes, control: control)
        .map { Array($0.ids.prefix(count)) }
    } else {
      try forward(prompts, observer: recorder, prefixes: prefixes, control: control)
    }
    return prompts.indices.map { sample in
      let context = run[sample].context.appending(answers[sample], base.blueprint)
      var tensors: [Site: Tensor] = [:]
      for site in sites { tensors[site] = recorder.tensor(site, sample: sample, context: context) }
      return Trace(
        prompt: prompts[sample], context: context, generated: answers[sample],
        text: base.blueprint.tokenizer.decode(answers[sample]), tensors: tensors, catalog: catalog)
    }
  }

  public func trace(
    _ prompt: Prompt, at pattern: SitePattern, generate count: Int = 0,
    options: GenerationOptions = GenerationOptions(), prefixes: PrefixStore? = nil, control: RunControl = RunControl()
  ) throws -> Trace {
    let traces = try trace(
      [prompt], at: pattern, generate: count, options: options, prefixes: prefixes, control: control)
    return traces[0]
  }
}
