/// Gives diagnostics their form: for people, plain or in colour, and for programs, one JSON object a line.
///
///     error[E0201]: expected an expression after `=`, found the end of the line
///      --> tour.steer:3:8
///       |
///     3 | let x =
///       |        ^
///     help: …
public struct DiagnosticRenderer: Sendable {
  public var usesColor: Bool
  /// Longer source lines are cut around what is shown.
  public var width: Int

  static let tabWidth = 4

  public init(usesColor: Bool = false, width: Int = 120) {
    self.usesColor = usesColor
    self.width = max(width, 40)
  }

  public func render(_ diagnostics: [Diagnostic]) -> String { diagnostics.map(render).joined(separator: "\n") }

  /// Ends with a line break.
  public func render(_ diagnostic: Diagnostic) -> String {
    let tone = Paint(severity: diagnostic.severity)
    let head = paint("\(diagnostic.severity.rawValue)[\(diagnostic.code.id)]", tone)
    var lines = ["\(head): \(paint(printable(diagnostic.message), .strong))"]
    var groups: [(source: SourceText, marks: [Mark])] = []
    if let primary = diagnostic.primary { add(primary, "^", tone, to: &groups) }
    for label in diagnostic.labels { add(label, "-", .accent, to: &groups) }
    let gutter = groups.flatMap { group in group.marks.map { String($0.line).count } }.max() ?? 1
    for (position, group) in groups.enumerated() {
      lines += snippet(group.source, group.marks, gutter: gutter, arrow: position == 0 ? "-->" : ":::")
    }
    if let help = diagnostic.help { lines.append("\(paint("help", .accent)): \(printable(help))") }
    for frame in diagnostic.stack {
      lines.append("  in \(printable(frame.function)), called at \(location(frame.call))")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// One underlined stretch of one line.
  private struct Mark {
    /// One-based.
    let line: Int
    let span: Span
    let sign: Character
    let tone: Paint
    let text: String
  }

  private func add(
    _ label: Diagnostic.Label, _ sign: Character, _ tone: Paint, to groups: inout [(source: SourceText, marks: [Mark])]
  ) {
    let source = label.source
    let lower = min(max(label.span.lower, 0), source.bytes.count)
    let line = source.position(of: lower).line
    // A span over several lines is underlined to the end of its first.
    let upper = min(max(label.span.upper, lower), max(lower, source.lineSpan(line).upper))
    let mark = Mark(line: line, span: Span(lower, upper), sign: sign, tone: tone, text: label.text)
    if let group = groups.firstIndex(where: { $0.source === source }) {
      groups[group].marks.append(mark)
    } else {
      groups.append((source, [mark]))
    }
  }

  private func snippet(_ source: SourceText, _ marks: [Mark], gutter: Int, arrow: String) -> [String] {
    let margin = String(repeating: " ", count: gutter)
    let bar = paint("|", .dim)
    let first = marks.first.map { Diagnostic.Label($0.span, in: source) }
    var lines = ["\(margin)\(paint(arrow, .dim)) \(first.map(location) ?? source.name)", "\(margin) \(bar)"]
    var previous: Int?
    for line in Set(marks.map(\.line)).sorted() {
      if let previous, line > previous + 1 { lines.append(paint("\(margin)...", .dim)) }
      previous = line
      let here = marks.filter { $0.line == line }.sorted { $0.span.lower < $1.span.lower }
      let shown = ShownLine(source, line: line, focus: here.first?.span ?? Span(0, 0), width: width - gutter - 4)
      let number = String(line)
      let pad = String(repeating: " ", count: gutter - number.count)
      lines.append("\(pad)\(paint(number, .dim)) \(bar) \(shown.text)")
      for mark in here {
        let start = shown.column(of: mark.span.lower)
        let length = max(1, shown.column(of: mark.span.upper) - start)
        let underline = paint(String(repeating: mark.sign, count: length), mark.tone)
        let words = mark.text.isEmpty ? "" : " " + paint(printable(mark.text), mark.tone)
        lines.append("\(margin) \(bar) \(String(repeating: " ", count: start))\(underline)\(words)")
      }
    }
    return lines
  }

  /// `file:line:column`, columns counted in characters from 1.
  func location(_ label: Diagnostic.Label) -> String {
    let place = label.source.characterPosition(of: label.span.lower)
    return "\(printable(label.source.name)):\(place.line):\(place.column)"
  }

  // MARK: Colour

  enum Paint: String {
    case error = "1;31"
    case warning = "1;33"
    case accent = "36"
    case strong = "1"
    case dim = "2"

    init(severity: Diagnostic.Severity) {
      self =
        switch severity {
        case .error: .error
        case .warning: .warning
        case .note: .accent
        }
    }
  }

  private func paint(_ text: String, _ paint: Paint) -> String {
    usesColor ? "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m" : text
  }
}

/// Text with control characters made harmless.
func printable(_ text: some StringProtocol) -> String {
  guard text.utf8.contains(where: { $0 < 0x20 && $0 != 0x0A || $0 == 0x7F || $0 == 0xC2 }) else { return String(text) }
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    let isControl = scalar.properties.generalCategory == .control && scalar != "\n"
    result.append(isControl ? "\u{FFFD}" : scalar)
  }
  return String(result)
}
