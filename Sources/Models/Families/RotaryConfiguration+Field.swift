import Checkpoints
import Foundation

extension RotaryConfiguration {
  /// `rope_parameters` since transformers 5; before, `rope_theta` and `partial_rotary_factor` beside an optional
  /// `rope_scaling`.
  ///
  /// - Parameters:
  ///   - base: what an absent `rope_theta` means.
  ///   - partial: what an absent `partial_rotary_factor` means.
  static func read(
    _ fields: DecoderFields, base: Double = 10000, partial: Double = 1
  ) throws -> RotaryConfiguration {
    let config = fields.config
    let scaling = config[config["rope_parameters"].exists ? "rope_parameters" : "rope_scaling"]
    return try read(
      fields, scaling, base: config["rope_theta"].positive(or: base),
      partial: config["partial_rotary_factor"].positive(or: partial))
  }

  /// - Parameter scaling: where the parameters of the embedding are.
  static func read(
    _ fields: DecoderFields, _ scaling: Field, base: Double, partial: Double = 1
  ) throws -> RotaryConfiguration {
    let base = try scaling["rope_theta"].positive(or: base)
    let share = scaling["partial_rotary_factor"]
    let features = Int(Double(fields.headSize) * min(try share.positive(or: partial), 2))
    guard features > 0, features % 2 == 0, features <= fields.headSize else {
      if share.exists || fields.config["partial_rotary_factor"].exists {
        throw (share.exists ? share : fields.config["partial_rotary_factor"]).mustBe(
          "a share that turns an even number of the \(fields.headSize) features of a head")
      }
      throw fields.config["head_dim"].mustBe("even, for rotary embedding")
    }
    let (kind, attentionFactor) = try read(fields, scaling, pairs: features / 2)
    return RotaryConfiguration(
      base: base, scaling: kind, features: features == fields.headSize ? nil : features,
      attentionFactor: attentionFactor)
  }

  private static func read(
    _ fields: DecoderFields, _ scaling: Field, pairs: Int
  ) throws -> (Scaling, attentionFactor: Double) {
    let kind = scaling[scaling["rope_type"].exists ? "rope_type" : "type"]
    // Some files have the length that the model was first trained on beside the scaling, not in it.
    let outer = fields.config["original_max_position_embeddings"]
    let original = outer.exists ? outer : scaling["original_max_position_embeddings"]
    func originalPositions() throws -> Int { try original.size(or: fields.maximumPositions) }
    func factor() throws -> Double { try scaling["factor"].positive() }
    switch try kind.string(or: "default") {
    case "default", "mrope": return (.none, 1)
    case "linear": return (.linear(factor: try factor()), 1)
    case "dynamic": return (.dynamic(factor: try factor(), originalPositions: fields.maximumPositions), 1)
    case "llama3":
      let low = try scaling["low_freq_factor"].positive()
      let high = try scaling["high_freq_factor"].positive()
      guard high > low else { throw scaling["high_freq_factor"].mustBe("larger than low_freq_factor, \(low)") }
      return (
        .llama3(factor: try factor(), low: low, high: high, originalPositions: try originalPositions()), 1
      )
    case "yarn":
      let original = try originalPositions()
      let own = scaling["factor"].exists ? try factor() : Double(fields.maximumPositions) / Double(original)
      let yarn = Scaling.yarn(
        factor: own, fast: try scaling["beta_fast"].positive(or: 32), slow: try scaling["beta_slow"].positive(or: 1),
        originalPositions: original, truncated: try scaling["truncate"].bool(or: true))
      return (yarn, try scaling["attention_factor"].positive(or: yarnAttentionFactor(own, scaling)))
    case "longrope", "su":
      let original = try originalPositions()
      let stretch =
        scaling["factor"].exists ? try factor() : Double(fields.maximumPositions) / Double(original)
      let sharpened = stretch <= 1 ? 1 : (1 + log(stretch) / log(Double(original))).squareRoot()
      return (
        .longrope(
          short: try factors(scaling["short_factor"], pairs), long: try factors(scaling["long_factor"], pairs),
          originalPositions: original),
        try scaling["attention_factor"].positive(or: sharpened)
      )
    default: throw kind.mustBe("default, linear, dynamic, yarn, longrope or llama3")
    }
  }

  private static func factors(_ field: Field, _ pairs: Int) throws -> [Double] {
    let factors = try field.numbers(count: pairs)
    guard factors.allSatisfy({ $0 > 0 }) else { throw field.mustBe("an array of \(pairs) positive numbers") }
    return factors
  }

  /// 0.1 · m · ln factor + 1, with m = 1 or, where a file gives both, the quotient for `mscale` and `mscale_all_dim`.
  private static func yarnAttentionFactor(_ factor: Double, _ scaling: Field) throws -> Double {
    func sharpened(_ share: Double) -> Double { factor <= 1 ? 1 : 0.1 * share * log(factor) + 1 }
    guard scaling["mscale"].exists, scaling["mscale_all_dim"].exists else { return sharpened(1) }
    let (own, all) = (try scaling["mscale"].number(), try scaling["mscale_all_dim"].number())
    return own == 0 || all == 0 ? sharpened(1) : sharpened(own) / sharpened(all)
  }
}

extension DecoderFields {
  /// The longest sequence that a rotary embedding makes of the one that the model was first trained on.
  func maximumPositions(_ rotary: RotaryConfiguration) -> Int {
    switch rotary.scaling {
    case .dynamic(let factor, let original), .yarn(let factor, _, _, let original, _):
      max(maximumPositions, Int(min(factor * Double(original), Double(1 << 30))))
    default: maximumPositions
    }
  }
}
