/// The wordings that the embedded miniature was trained on.
enum Questions {
  static let generic = ["what is the {} ?", "tell me the {} .", "which {} is it ?", "name the {} please ."]

  /// Wordings about one attribute: the generic ones first.
  static func about(_ attribute: Attribute) -> [String] {
    generic.map { filled($0, attribute.rawValue) } + own(attribute)
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
    let own = own(attribute)
    let choice = draws.below(generic.count + 2 * own.count)
    return choice < generic.count ? filled(generic[choice], attribute.rawValue) : own[(choice - generic.count) / 2]
  }

  /// A yes/no question about the shape, as trained, and other ways to say it, the longest last.
  static let yesNo = "is the object a {} in the image ?"
  static let yesNoRephrased = [
    "is the object in the image a {} ?", "is there a {} visible in the image ?",
    "does the image contain an object that is a {} ?", "is the object shown in the image a {} ?",
    "is the object in the picture a {} ?", "do you recognize the object in the image as a {} ?",
    "can you tell if the object shown in the image is specifically a {} ?",
  ]

  static func yesNo(_ attribute: Attribute) -> String {
    attribute == .shape ? yesNo : "is the \(attribute.rawValue) {} in the image ?"
  }

  /// A question that asks for the right word where the offered one is wrong.
  static func correction(_ attribute: Attribute) -> String {
    attribute == .shape ? "is the object a {} or what is it ?" : "is the \(attribute.rawValue) {} or what is it ?"
  }

  static let captions = ["describe the image .", "what do you see ?"]

  /// Instructions to answer from one of the two sources.
  static let fromImage = ["answer from the image .", "use only the image .", "respond based on the visual context ."]
  static let fromText = ["answer from the text .", "use only the text .", "follow the text context ."]

  static func filled(_ template: String, _ word: String) -> String {
    template.split(separator: "{}", omittingEmptySubsequences: false).joined(separator: word)
  }
}
