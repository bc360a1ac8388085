/// Text. Its elements are characters as a reader sees them (grapheme clusters); equality and order are those of its UTF-8
/// bytes, so that they are the same on every machine and two spellings of one letter stay different.
public final class StringObject: Object {
  public let text: String

  public init(_ text: String) {
    self.text = text
    super.init(kind: .string)
  }

  public override var typeName: String { "string" }
  public override var count: Int? { text.count }

  public override func element(at position: Int, in session: Session) throws -> Value {
    .string(String(text[text.index(text.startIndex, offsetBy: position)]))
  }

  public override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    switch try ElementSelection(arguments, count: text.count, of: "string") {
    case .one(let position): return try element(at: position, in: session)
    case .many(let positions):
      let characters = Array(text)
      return .string(String(positions.map { characters[$0] }))
    }
  }

  public override func isEqual(to other: Object) -> Bool {
    (other as? StringObject)?.text.utf8.elementsEqual(text.utf8) ?? false
  }

  public override func rendered(_ style: RenderingStyle) -> String { Self.quoted(text) }

  /// The literal that makes the text again.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case "{": result += "\\{"
      case "}": result += "\\}"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F {
          result += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
