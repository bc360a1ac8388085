import Checkpoints
import Interventions
import Models

extension MoresFormat {
  /// Writes the folder that the LLaVA Steering code keeps as `mores/language_model`.
  public static func write(_ intervention: Intervention, of model: Model, to path: String) throws -> [String] {
    guard let count = model.configuration.squareImage?.positions.count else {
      throw InteropError(
        path,
        .cannotHold(
          format: name, what: intervention.description,
          reason: "its positions count the tokens of an image, and the model has none",
          others: [PyreftFormat.name]))
    }
    let (folder, isBoth, positions) = try layout(intervention.edits, imageTokens: count, path)
    let types = intervention.edits.flatMap { edit in
      Array(repeating: isBoth ? "m_mores" : type(of: edit), count: edit.binding?.count ?? 0)
    }
    let kinds = zip(zip(folder.representations, types), folder.widths).map { own, width -> JSON in
      guard case (.array(let fields), let type) = own else { return .null }
      var about: JSON.Object = [
        "type": .string(type), "embed_dim": .integer(width), "low_rank_dimension": fields[4], "dropout": .number(0),
      ]
      // Its class asks for it; a bias of ours is that of learned_source.
      if type == turnless { about["add_bias"] = .bool(false) }
      return .object([
        "layer": fields[0], "component": fields[1], "low_rank_dimension": fields[4], "intervention": .object(about),
      ])
    }
    let places = positions.map { own -> JSON in
      let fields: JSON.Object = [
        "intervention_positions": .string(own.text), "mores_share_weights": .bool(own.isShared),
        "intervened_prompt_part": .string("first_round"), "intervene_modality": .string(own.modality),
        "num_interventions": .object(["llm": .integer(kinds.count)]), "img_embed_token_len": .integer(count),
      ]
      return .object(fields)
    }
    let records: [(String, JSON)] = [
      (Self.kinds, .object(["representations": .array(kinds)])),
      (Self.positions, places.count == 1 ? places[0] : .array(places)),
    ]
    try AtomicFolder.write(to: path, last: PyreftFormat.config) { place in
      try folder.write(place)
      for (file, about) in records {
        try AtomicFile.write(try about.text(pretty: true, file: file) + "\n", to: place(file))
      }
    }
    return [
      "this is what stands in mores/language_model beside a model's files; W and b are f32, where the released code keeps f16"
        + (types.contains(turnless) ? ", and bf16 for \(turnless)" : "")
    ]
  }

  /// The type whose matrix is free, as in NoReFT.
  private static let turnless = "norot_mores"

  private static func type(of edit: Edit) -> String { edit.operation.name == "noreft" ? turnless : "mores" }
}

/// What stands in `mores_pos_configs.json`.
private struct WrittenPositions {
  let text: String
  let modality: String
  /// Whether all interventions act at all positions.
  var isShared = true
}

extension MoresFormat {
  /// How the folder holds these edits: at the same tokens everywhere; on the image by one and on the text by another at each place
  /// (`m_mores`); or at the first tokens by one half of them and at the last by the other.
  private static func layout(
    _ edits: [Edit], imageTokens: Int, _ path: String
  ) throws -> (folder: PyreftFolder, isBoth: Bool, positions: [WrittenPositions]) {
    func folder(_ edits: [Edit], isBoth: Bool = false) throws -> PyreftFolder {
      try PyreftFolder(edits, to: path, format: Self.self) { edit in
        let kind = isBoth ? "Multi" : type(of: edit) == turnless ? "NoRot" : ""
        return "tinyllava.model.intervention_models.\(kind)MoReSIntervention"
      }
    }
    let written = edits.map { edit in
      MoresPositions.text(of: edit.tokens, imageTokens: imageTokens).map {
        WrittenPositions(text: $0.text, modality: $0.modality)
      }
    }
    let first = edits.prefix { $0.tokens == edits[0].tokens }
    let rest = edits.dropFirst(first.count)
    if rest.isEmpty, let positions = written[0] { return (try folder(edits), false, [positions]) }
    if let other = rest.first, rest.allSatisfy({ $0.tokens == other.tokens }),
      let ends = MoresPositions.ends(first[0].tokens, other.tokens, imageTokens: imageTokens),
      first.reduce(0, { $0 + ($1.binding?.count ?? 0) }) == rest.reduce(0, { $0 + ($1.binding?.count ?? 0) })
    {
      let positions = WrittenPositions(text: ends.text, modality: ends.modality, isShared: false)
      return (try folder(edits), false, [positions])
    }
    let parts = ["vis", "text"].map { modality in zip(edits, written).filter { $1?.modality == modality } }
    if parts[0].count + parts[1].count == edits.count,
      parts.allSatisfy({ part in part.allSatisfy { $0.0.tokens == part[0].0.tokens } }),
      let image = parts[0].first?.1, let text = parts[1].first?.1,
      let both = try folder(parts[0].map(\.0), isBoth: true)
        .joined(with: folder(parts[1].map(\.0), isBoth: true), ("1_", "2_"))
    {
      if let turnless = edits.first(where: { type(of: $0) == turnless }) {
        throw refusal(
          path, turnless, "interventions on the image and on the text at once, m_mores, have rotations only")
      }
      return (both, true, [image, text])
    }
    throw refusal(
      path, edits[0],
      "its positions are first and last tokens of the text, or of the image, .image.first(4) + .image.last(5), at most half of it at "
        + "either end, the same at every place; "
        + "or one edit on the image and one on the text at each place; or the first tokens at half of the places and the last at the others"
    )
  }
}

extension MoresPositions {
  /// Two selectors as `f4+l5`, of which each has one end; nil for others.
  static func ends(
    _ left: TokenSelector, _ right: TokenSelector, imageTokens: Int
  ) -> (text: String, modality: String)? {
    guard case .refined(let stretch, .first) = left, case .refined(stretch, .last) = right else { return nil }
    return text(of: .union(left, right), imageTokens: imageTokens)
  }

  /// A selector as `f4+l5` or `uniform9`; nil for others, and for more than half of an image, of which the released code would
  /// take half.
  static func text(of tokens: TokenSelector, imageTokens: Int) -> (text: String, modality: String)? {
    func modality(_ stretch: TokenSelector) -> String? {
      switch stretch {
      case .image, .imageNumber(0): "vis"
      case .text: "text"
      default: nil
      }
    }
    func ends(_ stretch: TokenSelector, _ first: Int, _ last: Int) -> (text: String, modality: String)? {
      guard let modality = modality(stretch), modality == "text" || max(first, last) <= imageTokens / 2 else {
        return nil
      }
      return ("f\(first)+l\(last)", modality)
    }
    switch tokens {
    case .union(.refined(let left, .first(let first)), .refined(let right, .last(let last))) where left == right:
      return ends(left, first, last)
    case .refined(let stretch, .first(let first)) where modality(stretch) != nil: return ends(stretch, first, 0)
    case .refined(let stretch, .last(let last)): return ends(stretch, 0, last)
    case .refined(.refined(let stretch, .every(let step)), .first(let count))
    where count > 1 && step == (imageTokens - 1) / (count - 1):
      return modality(stretch).flatMap { $0 == "vis" ? ("uniform\(count)", $0) : nil }
    default: return nil
    }
  }
}
