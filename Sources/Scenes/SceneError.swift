/// A name that the scenes do not know.
public enum SceneError: Error, Equatable, Sendable {
  case unknownValue(attribute: Attribute, value: String)
  case unknownAttribute(String)
  case unknownPhrasing(String)
  case unknownKind(String)
  /// A share that is not a number from 0 on, or shares that are all 0.
  case badShares(String)
  case noScenes
  /// A class that is to pass for itself.
  case sameClass(String)
}

extension SceneError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownValue(let attribute, let value):
      "a scene's \(attribute.rawValue) cannot be \"\(value)\"; it is one of \(attribute.values.joined(separator: ", "))"
    case .unknownAttribute(let name):
      "a scene has no attribute \"\(name)\"; it has \(Attribute.allCases.map(\.rawValue).joined(separator: ", "))"
    case .unknownPhrasing(let name):
      "there is no phrasing \"\(name)\" of a yes/no question; there are \(Phrasing.names.joined(separator: ", "))"
    case .unknownKind(let name):
      "a mix has no questions of the kind \"\(name)\"; it has \(Mix.kinds.map(\.rawValue).joined(separator: ", "))"
    case .badShares(let found): "the shares of a mix are numbers from 0 on, not all 0; found \(found)"
    case .noScenes: "a mix needs at least one scene to ask about"
    case .sameClass(let word): "\"\(word)\" cannot be made to pass for itself; name another class"
    }
  }
}
