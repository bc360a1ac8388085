import Figures

/// A report: one HTML file that needs nothing beside it, on the screen, in the dark and on paper.
public struct Page: Sendable {
  public var title: String
  /// A line under the title.
  public var subtitle: String
  public var sections: [Section]
  /// The last line: what made it, and when.
  public var footer: String

  public init(title: String, subtitle: String = "", sections: [Section], footer: String = "") {
    self.title = title
    self.subtitle = subtitle
    self.sections = sections
    self.footer = footer
  }

  /// A heading with what stands under it.
  public struct Section: Sendable {
    public var title: String
    public var contents: [Content]

    public init(_ title: String, _ contents: [Content]) {
      self.title = title
      self.contents = contents
    }
  }

  public enum Content: Sendable {
    /// Paragraphs, parted by empty lines.
    case text(String)
    /// As it is, in letters of one width.
    case verbatim(String)
    case code([CodePiece])
    /// Names and what they are.
    case facts([(name: String, value: String)])
    /// Numbers to be seen at a glance.
    case numbers([(name: String, value: String)])
    case table(Table)
    /// A table behind a line that opens it.
    case folded(summary: String, Table)
    case drawing(any Figure, caption: String)
    case picture(Picture, caption: String)
    case prompt(PromptMarkup)
    case attention(AttentionMap)
  }

  /// A part of a script and what it is: a class of the style sheet, or empty.
  public struct CodePiece: Sendable, Equatable {
    public var text: String
    public var kind: String

    public init(_ text: String, kind: String = "") {
      self.text = text
      self.kind = kind
    }
  }

  /// The file's text.
  public var html: String {
    let head = Markup.escaped(title)
    var body = "<header><h1>\(head)</h1>"
    if !subtitle.isEmpty { body += "<p>\(Markup.escaped(subtitle))</p>" }
    body += "</header>\n<main>\n"
    for section in sections {
      body += "<section>"
      if !section.title.isEmpty { body += "<h2>\(Markup.escaped(section.title))</h2>" }
      body += section.contents.map(\.html).joined(separator: "\n") + "</section>\n"
    }
    body += "</main>\n"
    if !footer.isEmpty { body += "<footer>\(Markup.escaped(footer))</footer>\n" }
    let isAlive = sections.contains { $0.contents.contains { if case .attention = $0 { true } else { false } } }
    if isAlive { body += "<script>\n\(Self.script)\n</script>\n" }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(head)</title>
      <style>
      \(Self.style)
      \(SVG.style)
      </style>
      </head>
      <body>
      \(body)</body>
      </html>

      """
  }

  /// The browser may fetch nothing, whatever the page says.
  private static let policy =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
}

extension Page.Content {
  var html: String {
    switch self {
    case .text(let text):
      return text.split(separator: "\n\n").map { "<p>\(Markup.escaped(String($0)))</p>" }.joined()
    case .verbatim(let text): return "<pre>\(Markup.escaped(text))</pre>"
    case .code(let pieces):
      let text = pieces.map { piece in
        let text = Markup.escaped(piece.text)
        return piece.kind.isEmpty ? text : "<span class=\"\(Markup.escaped(piece.kind))\">\(text)</span>"
      }.joined()
      return "<pre class=\"code\"><code>\(text)</code></pre>"
    case .facts(let facts):
      return "<dl>"
        + facts.map { "<dt>\(Markup.escaped($0.name))</dt><dd>\(Markup.escaped($0.value))</dd>" }.joined() + "</dl>"
    case .numbers(let numbers):
      return "<div class=\"numbers\">"
        + numbers.map { "<div><b>\(Markup.escaped($0.value))</b><span>\(Markup.escaped($0.name))</span></div>" }
        .joined()
        + "</div>"
    case .table(let table): return "<div class=\"scroll\">\(table.html())</div>"
    case .folded(let summary, let table):
      return
        "<details><summary>\(Markup.escaped(summary))</summary><div class=\"scroll\">\(table.html())</div></details>"
    case .drawing(let figure, let caption): return Self.figure(figure.svg() ?? "", caption)
    case .picture(let picture, let caption):
      return Self.figure("<div class=\"stage\" style=\"\(picture.stage)\">\(picture.html)</div>", caption)
    case .prompt(let prompt): return prompt.html
    case .attention(let map): return map.html
    }
  }

  private static func figure(_ content: String, _ caption: String) -> String {
    "<figure>\(content)\(caption.isEmpty ? "" : "<figcaption>\(Markup.escaped(caption))</figcaption>")</figure>"
  }
}
