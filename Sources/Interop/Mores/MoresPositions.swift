import Checkpoints
import Interventions
import Models

/// One record of `mores_pos_configs.json`: which tokens of a prompt are edited.
///
/// `f4+l5` are the first four and the last five of a stretch, `uniform9` nine at equal distances from its start. The stretch is the
/// first image ("vis"), the text behind it ("text"), or both.
struct MoresPositions: Sendable {
  let text: String
  let choice: Choice
  /// Whether all interventions act at all positions; otherwise the first half of them at the first ones and the others at the
  /// last ones.
  let isShared: Bool
  let modality: String
  /// How many tokens an image was.
  let imageTokens: Int?
  private let file: String

  enum Choice: Sendable {
    case ends(first: Int, last: Int)
    case uniform(Int)
  }

  /// - Throws: `CheckpointError` for a record that cannot be read; `InteropError.positions` for more tokens than an image has.
  static func read(_ folder: FileSource) throws -> [MoresPositions] {
    let field = try Field(folder.bytes(of: MoresFormat.positions))
    if case .array = field.value { return try field.array().map { try MoresPositions($0) } }
    return [try MoresPositions(field)]
  }

  private init(_ field: Field) throws {
    file = field.file
    text = try field["intervention_positions"].string()
    isShared = try field["mores_share_weights"].bool(or: true)
    modality = try field["intervene_modality"].string(or: "text")
    guard modality.contains("vis") || modality.contains("text") else {
      throw field["intervene_modality"].mustBe("\"vis\", \"text\" or both")
    }
    imageTokens =
      field["img_embed_token_len"].exists ? try field["img_embed_token_len"].integer(in: 1...) : nil
    let counts = text.split(separator: "+").map { ($0.first, Int($0.dropFirst())) }
    if text.hasPrefix("uniform"), let count = Int(text.dropFirst("uniform".count)), count > 1, count < 1 << 20 {
      choice = .uniform(count)
      guard modality == "vis" else { throw field["intervene_modality"].mustBe("\"vis\", which uniform positions need") }
    } else if counts.count == 2, counts[0].0 == "f", counts[1].0 == "l", let first = counts[0].1,
      let last = counts[1].1,
      (0..<1 << 20).contains(first), (0..<1 << 20).contains(last)
    {
      choice = .ends(first: first, last: last)
    } else {
      throw field["intervention_positions"].mustBe("of the form f4+l5 or uniform9")
    }
    if let imageTokens, reach > imageTokens, modality == "vis" {
      throw InteropError(field.file, .positions(text, reach: reach, present: imageTokens))
    }
  }

  /// How many tokens the stretch must have.
  private var reach: Int {
    switch choice {
    case .ends(let first, let last): first + last
    case .uniform(let count): imageTokens == nil ? count : interval * (count - 1) + 1
    }
  }

  /// The distance of uniform positions: whole, so that the last may lie before the image's end.
  private var interval: Int {
    guard case .uniform(let count) = choice, let imageTokens else { return 1 }
    return max((imageTokens - 1) / (count - 1), 1)
  }

  /// The tokens of one of several interventions.
  func tokens(index: Int, of count: Int) throws -> TokenSelector {
    let stretch: TokenSelector =
      modality == "vis" ? .imageNumber(0) : modality == "text" ? .text : .imageNumber(0) + .text
    switch choice {
    case .uniform(let count):
      return imageTokens == nil ? stretch.spaced(count) : stretch.every(interval).first(count)
    case .ends(let first, let last):
      let (first, last) = (min(first, mostAtAnEnd), min(last, mostAtAnEnd))
      if isShared { return stretch.first(first) + stretch.last(last) }
      guard count % 2 == 0 else {
        throw InteropError(
          file,
          .unsupported(
            what: "mores_share_weights false",
            reason:
              "one half of the interventions acts at the first tokens and the other at the last, and there are \(count)"
          ))
      }
      return index < count / 2 ? stretch.first(first) : stretch.last(last)
    }
  }

  /// The released code takes at most half of a stretch at either end. Only an image's length is known before the prompt.
  private var mostAtAnEnd: Int {
    guard modality == "vis", let imageTokens else { return .max }
    return imageTokens / 2
  }

  var notes: [String] {
    var notes = ["positions \(text) of \(modality), as the folder says; dropout acts only in training"]
    if case .ends(let first, let last) = choice, max(first, last) > mostAtAnEnd {
      notes.append("at either end they are half of the image at most, \(mostAtAnEnd) tokens, as in the released code")
    }
    if modality != "vis" {
      notes.append(
        "the folder's text starts at the line break behind the image and ends before the answer's words, and of one shorter "
          + "than twice a count it takes half; here it is .text"
      )
    }
    if case .uniform = choice, imageTokens == nil {
      notes.append("img_embed_token_len is missing, so the uniform positions reach to the image's last token")
    }
    return notes
  }

  /// Refuses a model whose images have fewer tokens than the positions name.
  static func check(_ positions: [MoresPositions], _ configuration: ModelConfiguration, path: String) throws {
    for own in positions where own.modality.contains("vis") {
      guard let count = configuration.squareImage?.positions.count else {
        if configuration.vision == nil {
          throw InteropError(path, .positions(own.text, reach: own.reach, present: 0))
        }
        continue
      }
      guard own.reach <= count else { throw InteropError(path, .positions(own.text, reach: own.reach, present: count)) }
    }
  }
}
