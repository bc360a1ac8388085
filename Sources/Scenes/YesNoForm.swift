/// How a yes/no question is put.
public struct YesNoForm: Sendable, Equatable {
  private enum Kind: Sendable, Equatable { case base, rephrased(String), correction }
  private let kind: Kind

  /// `is the object a star in the image ?`
  public static let base = YesNoForm(kind: .base)
  /// `is the object a star or what is it ?`, answered by yes or the right word.
  public static let correction = YesNoForm(kind: .correction)
  /// Other words for the base form, the longest last.
  public static let rephrasings = Questions.yesNoRephrased.map { YesNoForm(kind: .rephrased($0)) }

  var asksForTruth: Bool { self == .correction }

  func template(_ attribute: Attribute) -> String {
    switch kind {
    case .rephrased(let template) where attribute == .shape: template
    case .base, .rephrased: Questions.yesNo(attribute)
    case .correction: Questions.correction(attribute)
    }
  }
}
