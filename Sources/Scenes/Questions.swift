/// The wordings that the embedded miniature was trained on.
enum Questions {
  /// Wordings about one attribute: the generic ones first.
  static func about(_ attribute: Attribute) -> [String] { wordings[attribute.ordinal] }

  private static let generic = ["what is the {} ?", "tell me the {} .", "which {} is it ?", "name the {} please ."]

  private static let wordings = Attribute.allCases.map { attribute in
    generic.map { Wording($0).filled(attribute.rawValue) } + own(attribute)
  }

  private static func own(_ attribute: Attribute) -> [String] {
    switch attribute {
    case .shape: ["what is the object in the image ?", "what object is this ?"]
    case .color: ["which color does the object have ?", "what color is the object ?"]
    case .count: ["how many do you see ?", "how many objects are there ?"]
    case .position: ["on which side is the object ?", "where is the object ?"]
    case .size: ["is the object small or large ?", "how big is the object ?"]
    case .background: ["what color is the background ?"]
    case .pattern: ["which pattern does the background have ?"]
    case .digit: ["what digit is shown ?", "which number is written ?"]
    }
  }

  /// A wording; those made for the attribute come up twice as often as the generic ones.
  static func draw(_ attribute: Attribute, _ draws: inout Draws) -> String {
    let wordings = about(attribute)
    let choice = draws.below(2 * wordings.count - generic.count)
    return wordings[choice < generic.count ? choice : generic.count + (choice - generic.count) / 2]
  }

  static let captions = ["describe the image .", "what do you see ?"]

  /// Instructions to answer from one of the two sources.
  static let fromImage = ["answer from the image .", "use only the image .", "respond based on the visual context ."]
  static let fromText = ["answer from the text .", "use only the text .", "follow the text context ."]
}

/// A text with one place, `{}`, for a word.
struct Wording: Sendable, Equatable {
  private let before: String
  private let after: String

  init(_ template: String) {
    let parts = template.split(separator: "{}", maxSplits: 1, omittingEmptySubsequences: false)
    before = String(parts[0])
    after = parts.count > 1 ? String(parts[1]) : ""
  }

  func filled(_ word: String) -> String { before + word + after }
}
