/// A piece of a template's text.
struct JinjaToken: Equatable {
  enum Kind: Equatable {
    /// Text outside of tags, after white space control.
    case data([Unicode.Scalar])
    case variableBegin, variableEnd, blockBegin, blockEnd
    case name(String)
    case string([Unicode.Scalar])
    case integer(Int)
    case float(Double)
    /// An operator or a bracket.
    case mark(String)
    case end
  }

  let kind: Kind
  /// In scalars from the start of the template.
  let offset: Int

  /// For errors.
  var words: String {
    switch kind {
    case .data: "text"
    case .variableBegin: "\"{{\""
    case .variableEnd: "\"}}\""
    case .blockBegin: "\"{%\""
    case .blockEnd: "\"%}\""
    case .name(let name): "\"\(name)\""
    case .string: "a string"
    case .integer(let value): "\(value)"
    case .float(let value): "\(value)"
    case .mark(let mark): "\"\(mark)\""
    case .end: "the end of the template"
    }
  }
}
