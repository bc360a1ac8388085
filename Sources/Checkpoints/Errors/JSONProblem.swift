/// What is wrong with a JSON text, or with a value in it.
public enum JSONProblem: Equatable, Sendable {
  /// The text is not JSON, or not JSON that is accepted here.
  case syntax(at: Position, Syntax)
  /// A value is missing or of the wrong kind. `found` is nil when it is missing.
  case field(path: String, expected: String, found: String?)
  /// A value that JSON has no way to write.
  case notWritable(path: String, found: String)

  /// Both count from 1; columns are Unicode scalars.
  public struct Position: Equatable, Sendable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }
  }

  public enum Syntax: Equatable, Sendable {
    case expected(String, found: String)
    case duplicateKey(String)
    case numberTooLarge(String)
    case invalidUTF8
    case controlCharacter(UInt8)
    case unknownEscape(String)
    case loneSurrogate(String)
    case tooDeep(limit: Int)
    case tooLong(limit: Int)
  }
}

extension JSONProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .syntax(_, let problem): problem.description
    case .field(let path, let expected, .some(let found)): "\(path) must be \(expected), found \(found)"
    case .field(let path, let expected, .none): "\(path) is missing; it must be \(expected)"
    case .notWritable(let path, let found): "\(path) is \(found), which JSON cannot hold"
    }
  }
}

extension JSONProblem.Syntax: CustomStringConvertible {
  public var description: String {
    switch self {
    case .expected(let expected, let found): "expected \(expected), found \(found)"
    case .duplicateKey(let key): "the key \"\(key)\" appears twice in one object"
    case .numberTooLarge(let digits): "the number \(digits) does not fit a 64-bit float"
    case .invalidUTF8: "this string is not valid UTF-8"
    case .controlCharacter(let byte): "a string holds the control character \(byte); write it as an escape"
    case .unknownEscape(let escape): "\(escape) is not an escape that JSON knows"
    case .loneSurrogate(let escape): "\(escape) is half of a surrogate pair; the other half is not there"
    case .tooDeep(let limit): "nested deeper than \(limit) levels"
    case .tooLong(let limit): "longer than the \(limit) bytes that are read as JSON"
    }
  }
}
