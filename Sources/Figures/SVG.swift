/// A drawing as an `<svg>` element inside a page whose style sheet holds `SVG.style`: no colours of its own, so that it follows
/// the page from light to dark and onto paper.
public struct SVG: Sendable {
  let width: Double
  let height: Double
  private var body = ""

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  /// About what a character of a label takes, in pixels.
  static let characterWidth = 6.6
  static func width(of text: String) -> Double { Double(text.displayWidth) * characterWidth }

  enum Anchor: String { case start, middle, end }

  mutating func line(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double, _ style: String) {
    body += "<line class=\"\(style)\" x1=\"\(n(x0))\" y1=\"\(n(y0))\" x2=\"\(n(x1))\" y2=\"\(n(y1))\"/>"
  }

  mutating func text(_ text: String, _ x: Double, _ y: Double, _ anchor: Anchor = .start, _ style: String = "") {
    let style = style.isEmpty ? "" : " class=\"\(style)\""
    body +=
      "<text\(style) x=\"\(n(x))\" y=\"\(n(y))\" text-anchor=\"\(anchor.rawValue)\">\(Markup.escaped(text))</text>"
  }

  /// - Parameter title: shown where the pointer rests.
  mutating func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, style: String = "", fill: String? = nil,
    title: String? = nil
  ) {
    body += "<rect"
    if !style.isEmpty { body += " class=\"\(style)\"" }
    if let fill { body += " fill=\"\(fill)\"" }
    body += " x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(max(width, 0)))\" height=\"\(n(max(height, 0)))\""
    body += title.map { "><title>\(Markup.escaped($0))</title></rect>" } ?? "/>"
  }

  mutating func dot(_ x: Double, _ y: Double, radius: Double, _ style: String, title: String? = nil) {
    body += "<circle class=\"\(style)\" cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(radius))\""
    body += title.map { "><title>\(Markup.escaped($0))</title></circle>" } ?? "/>"
  }

  mutating func path(_ points: [(x: Double, y: Double)], _ style: String) {
    guard let first = points.first else { return }
    let steps = points.dropFirst().map { "L\(n($0.x)) \(n($0.y))" }.joined()
    body += "<path class=\"\(style)\" d=\"M\(n(first.x)) \(n(first.y))\(steps)\"/>"
  }

  /// Keys of several series in a row above the field.
  mutating func legend(_ names: [String], from x: Double, y: Double) {
    var x = x
    for (index, name) in names.enumerated() {
      let name = name.printable(unicode: true).truncated(to: 28, ellipsis: "…")
      rectangle(x, y - 9, 14, 4, style: "s\(index % Palette.series.count) key")
      text(name, x + 20, y)
      x += 38 + Self.width(of: name)
    }
  }

  private func n(_ value: Double) -> String { Markup.number(value) }

  /// - Parameter label: what it shows, for those who cannot see it.
  func element(label: String) -> String {
    "<svg viewBox=\"0 0 \(n(width)) \(n(height))\" width=\"\(n(width))\" role=\"img\" aria-label=\"\(Markup.escaped(label))\">"
      + body + "</svg>"
  }

  /// What a page's style sheet must say for these drawings. `--ink`, `--soft` and `--line` are the page's own.
  public static var style: String {
    func rules(_ colors: [String]) -> String {
      colors.enumerated().map { "svg .s\($0){--c:\($1)}" }.joined(separator: "\n")
    }
    return """
      svg{display:block;max-width:100%;height:auto;font:12px ui-sans-serif,system-ui,sans-serif;font-variant-numeric:tabular-nums}
      svg text{fill:var(--soft)}
      svg text.name{fill:var(--ink)}
      svg line.grid{stroke:var(--line);stroke-width:1}
      svg line.axis{stroke:var(--soft);stroke-width:1}
      svg .curve{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
      svg .dot,svg .bar,svg .key{fill:var(--c)}
      svg text.light{fill:#fff}
      svg text.dark{fill:#111}
      svg rect.gap{fill:none;stroke:var(--line)}
      \(rules(Palette.series.map(\.rgb)))
      @media screen and (prefers-color-scheme:dark){
      \(rules(Palette.onDark))
      }
      """
  }
}

extension Figure {
  /// The figure as an `<svg>` element for inside a page with `SVG.style`; nil where there is nothing to draw, as for a table.
  public func svg() -> String? {
    switch self {
    case let plot as Plot: plot.drawing
    case let heatmap as Heatmap: heatmap.drawing
    default: nil
    }
  }
}
