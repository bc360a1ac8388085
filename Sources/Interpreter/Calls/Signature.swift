/// What a function, operator or native takes and gives, as help shows it and calls are checked against it.
public struct Signature: Sendable, CustomStringConvertible {
  public struct Parameter: Sendable, CustomStringConvertible {
    /// How a parameter takes its argument.
    public enum Role: Sendable {
      case value
      /// `axis` or `column`: a bare name, or a list of bare names, stands for itself.
      case name
      /// `rest`: all positional arguments that are left, as a list.
      case rest
      /// `fields`: all named arguments that no other parameter takes, as a record.
      case fields
    }

    public let name: String
    public let annotation: String?
    /// The default's source text; nil where the argument must be given.
    public let initial: String?
    public let role: Role

    public init(name: String, annotation: String?, initial: String?) {
      self.name = name
      self.annotation = annotation
      self.initial = initial
      role =
        switch annotation {
        case "axis", "axes", "column", "columns": .name
        case "rest": .rest
        case "fields": .fields
        default: .value
        }
    }

    public var isRequired: Bool { initial == nil && role != .rest && role != .fields }

    public var description: String {
      name + (annotation.map { ": \($0)" } ?? "") + (initial.map { " = \($0)" } ?? "")
    }
  }

  public let name: String
  public let parameters: [Parameter]
  public let result: String?
  /// Every parameter takes one value and calls may be positional without a second look.
  let isPlain: Bool
  let restPosition: Int?
  let fieldsPosition: Int?

  public init(name: String, parameters: [Parameter], result: String? = nil) {
    self.name = name
    self.parameters = parameters
    self.result = result
    restPosition = parameters.firstIndex { $0.role == .rest }
    fieldsPosition = parameters.firstIndex { $0.role == .fields }
    isPlain = restPosition == nil && fieldsPosition == nil
  }

  /// `mean(values, over: axis = nil) -> number`
  public var description: String {
    let list = parameters.map(\.description).joined(separator: ", ")
    return "\(name)(\(list))" + (result.map { " -> \($0)" } ?? "")
  }
}
