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
    let (folder, kind, positions) = try layout(intervention.edits, imageTokens: count, path)
    let kinds = zip(folder.representations, folder.widths).map { fields, width -> JSON in
      guard case .array(let fields) = fields else { return .null }
      let about: JSON.Object = [
        "type": .string(kind), "embed_dim": .integer(width), "low_rank_dimension": fields[4], "dropout": .number(0),
      ]
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
    ]
  }
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
  ) throws -> (folder: PyreftFolder, kind: String, positions: [WrittenPositions]) {
    func folder(_ edits: [Edit]) throws -> PyreftFolder {
      try PyreftFolder(edits, to: path, format: Self.self) { _ in
        "tinyllava.model.intervention_models.MoReSIntervention"
      }
    }
    let written = edits.map { edit in
      MoresPositions.text(of: edit.tokens, imageTokens: imageTokens).map {
        WrittenPositions(text: $0.text, modality: $0.modality)
      }
    }
    let first = edits.prefix { $0.tokens == edits[0].tokens }
    let rest = edits.dropFirst(first.count)
    if rest.isEmpty, let positions = written[0] { return (try folder(edits), "mores", [positions]) }
    if rest.allSatisfy({ $0.tokens == rest[rest.startIndex].tokens }) {
      if let ends = MoresPositions.ends(first[0].tokens, rest[rest.startIndex].tokens),
        first.reduce(0, { $0 + ($1.binding?.count ?? 0) }) == rest.reduce(0, { $0 + ($1.binding?.count ?? 0) })
      {
        return (
          try folder(edits), "mores", [WrittenPositions(text: ends.text, modality: ends.modality, isShared: false)]
        )
      }
    }
    let parts = ["vis", "text"].map { modality in zip(edits, written).filter { $1?.modality == modality } }
    if parts[0].count + parts[1].count == edits.count,
      parts.allSatisfy({ part in part.allSatisfy { $0.0.tokens == part[0].0.tokens } }),
      let image = parts[0].first?.1, let text = parts[1].first?.1,
      let both = try folder(parts[0].map(\.0)).joined(with: folder(parts[1].map(\.0)), ("1_", "2_"))
    {
      return (both, "m_mores", [image, text])
    }
    throw refusal(
      path, edits[0],
      "its positions are first and last tokens of the image or of the text, .image.first(4) + .image.last(5), the same at every place; "
        + "or one edit on the image and one on the text at each place; or the first tokens at half of the places and the last at the others"
    )
  }
}

extension MoresPositions {
  /// Two selectors as `f4+l5`, of which each has one end; nil for others.
  static func ends(_ left: TokenSelector, _ right: TokenSelector) -> (text: String, modality: String)? {
    guard case .refined(let stretch, .first) = left, case .refined(stretch, .last) = right else { return nil }
    return text(of: .union(left, right), imageTokens: 0)
  }

  /// A selector as `f4+l5` or `uniform9`; nil for others.
  static func text(of tokens: TokenSelector, imageTokens: Int) -> (text: String, modality: String)? {
    func modality(_ stretch: TokenSelector) -> String? {
      switch stretch {
      case .image, .imageNumber(0): "vis"
      case .text: "text"
      default: nil
      }
    }
    switch tokens {
    case .union(.refined(let left, .first(let first)), .refined(let right, .last(let last))) where left == right:
      return modality(left).map { ("f\(first)+l\(last)", $0) }
    case .refined(let stretch, .first(let first)) where modality(stretch) != nil:
      return modality(stretch).map { ("f\(first)+l0", $0) }
    case .refined(let stretch, .last(let last)): return modality(stretch).map { ("f0+l\(last)", $0) }
    case .refined(.refined(let stretch, .every(let step)), .first(let count))
    where count > 1 && step == (imageTokens - 1) / (count - 1):
      return modality(stretch).flatMap { $0 == "vis" ? ("uniform\(count)", $0) : nil }
    default: return nil
    }
  }
}
