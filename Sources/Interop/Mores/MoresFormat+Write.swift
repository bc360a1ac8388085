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
    let tokens = intervention.edits[0].tokens
    guard let positions = MoresPositions.text(of: tokens, imageTokens: count),
      intervention.edits.allSatisfy({ $0.tokens == tokens })
    else {
      throw refusal(
        path, intervention.edits[0],
        "its positions are first and last tokens of the image or of the text, .image.first(4) + .image.last(5), the same at every place"
      )
    }
    let folder = try PyreftFolder(intervention, to: path, format: Self.self) { _ in
      "tinyllava.model.intervention_models.MoReSIntervention"
    }
    let kinds = zip(folder.representations, folder.widths).map { fields, width -> JSON in
      guard case .array(let fields) = fields else { return .null }
      let about: JSON.Object = [
        "type": .string("mores"), "embed_dim": .integer(width), "low_rank_dimension": fields[4], "dropout": .number(0),
      ]
      return .object([
        "layer": fields[0], "component": fields[1], "low_rank_dimension": fields[4], "intervention": .object(about),
      ])
    }
    let places: JSON.Object = [
      "intervention_positions": .string(positions.text), "mores_share_weights": .bool(true),
      "intervened_prompt_part": .string("first_round"), "intervene_modality": .string(positions.modality),
      "num_interventions": .object(["llm": .integer(kinds.count)]), "img_embed_token_len": .integer(count),
    ]
    try AtomicFolder.write(to: path, last: PyreftFormat.config) { place in
      try folder.write(place)
      for (file, about) in [(Self.kinds, ["representations": .array(kinds)] as JSON.Object), (Self.positions, places)] {
        try AtomicFile.write(try JSON.object(about).text(pretty: true, file: file) + "\n", to: place(file))
      }
    }
    return [
      "this is what stands in mores/language_model beside a model's files; W and b are f32, where the released code keeps f16"
    ]
  }
}

extension MoresPositions {
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
