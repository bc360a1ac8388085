/// How a yes/no question is put.
public struct Phrasing: Sendable, Equatable {
  public let name: String
  private let aboutShape: Wording
  /// Whether a wrong offer is answered by the right word, not by no.
  let asksForTruth: Bool

  private init(_ name: String, _ template: String, asksForTruth: Bool = false) {
    self.name = name
    self.asksForTruth = asksForTruth
    aboutShape = Wording(template)
  }

  /// `is the object a star in the image ?`
  public static let base = Phrasing("base", "is the object a {} in the image ?")
  /// `is the object a star or what is it ?`, answered by yes or the right word.
  public static let correction = Phrasing("correction", "is the object a {} or what is it ?", asksForTruth: true)
  /// Other words for the base phrasing: those of MRT's section S6.1, then of S6.3, the longest last.
  public static let rephrasings = [
    Phrasing("reordered", "is the object in the image a {} ?"),
    Phrasing("visible", "is there a {} visible in the image ?"),
    Phrasing("contains", "does the image contain an object that is a {} ?"),
    Phrasing("shown", "is the object shown in the image a {} ?"),
    Phrasing("picture", "is the object in the picture a {} ?"),
    Phrasing("recognize", "do you recognize the object in the image as a {} ?"),
    Phrasing("specifically", "can you tell if the object shown in the image is specifically a {} ?"),
  ]

  public static let all = [base] + rephrasings + [correction]
  static var names: [String] { all.map(\.name) }

  /// - Throws: `SceneError.unknownPhrasing`, which lists the phrasings.
  public static func named(_ name: String) throws(SceneError) -> Phrasing {
    guard let phrasing = all.first(where: { $0.name == name }) else { throw .unknownPhrasing(name) }
    return phrasing
  }

  /// The question whether an attribute has a value. Other words than the base phrasing's exist for shapes only.
  public func question(_ value: String, of attribute: Attribute = .shape) -> String {
    if attribute == .shape { return aboutShape.filled(value) }
    return "is the \(attribute.rawValue) \(value) " + (asksForTruth ? "or what is it ?" : "in the image ?")
  }
}
