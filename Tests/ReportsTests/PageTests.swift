import Figures
import Foundation
import Testing
import TestSupport

@testable import Reports

@Suite struct PageTests {
  /// Text that would be markup, a script, an end of what holds it, or a resource, if it were read as that.
  static let hostile =
    "</script><script>console.error('ran')</script><img src=x onerror=alert(1)>\"'&<b>--></style>\u{202E}\u{0}\u{7}é 漢字"

  /// A page with everything that a page can hold, hostile text wherever text goes.
  static func page(_ text: String) throws -> Page {
    let picture = Picture(width: 2, height: 2, png: Array(Data(base64Encoded: pixels) ?? Data()))
    let table = try Table(columns: [
      Column("layer \(text)", [0, 1]), Column("score", [0.5, 12.25]), Column("t", [.string(text), .missing]),
    ])
    let heatmap = try Heatmap([[0, 1], [0.5, .nan]], xTicks: [text, "b"], yTicks: ["c", text], x: text, y: text)
    let bars = try Plot.bar([text, "b"], [Plot.Bars(text, values: [1, -2]), Plot.Bars(values: [3, 4])], x: text)
    let curves = Plot([Plot.Curve(text, y: [1, 2, .nan, 4]), Plot.Curve(y: [3])], title: text, x: text, y: text)
    let pieces = [
      PromptMarkup.Piece(position: 0, text: text, role: "system", isSelected: false),
      PromptMarkup.Piece(
        position: 1, text: "0,0", role: "image", isSelected: true, image: 0, box: Box(x0: 0, y0: 0, x1: 1, y1: 1)),
      PromptMarkup.Piece(position: 2, text: text, role: "text", isSelected: true),
    ]
    let map = AttentionMap(
      picture: picture,
      boxes: [Box(x0: 0, y0: 0, x1: 1, y1: 2), Box(x0: 1, y0: 0, x1: 2, y1: 2)], layers: [3, 5],
      queries: ["all", text], weights: [[[0.1, 0.2], [0.3, 0]], [[0.4, 0.1], [0, 0]]], caption: text)
    return Page(
      title: text, subtitle: text,
      sections: [
        Page.Section(
          text,
          [
            .text(text), .verbatim(text), .code([Page.CodePiece(text, kind: "string")]), .facts([(text, text)]),
            .numbers([(text, text)]), .table(table), .folded(summary: text, table), .drawing(heatmap, caption: text),
            .drawing(bars, caption: text), .drawing(curves, caption: text),
            .drawing(Plot.histogram([1, 2, 2, 3], title: text, x: text), caption: text),
            .picture(picture, caption: text), .prompt(PromptMarkup(pieces: pieces, pictures: [picture], caption: text)),
            .attention(map),
          ])
      ], footer: text)
  }

  /// 2 × 2 pixels.
  private static let pixels =
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg=="

  @Test func nothingPutInIsReadAsMarkup() throws {
    let page = try Self.page(Self.hostile).html
    #expect(page.components(separatedBy: "<script").count == 2, "only the page's own script")
    #expect(page.components(separatedBy: "</style>").count == 2)
    #expect(!page.contains("<b>--") && !page.contains("onerror=alert(1)>\""))
    #expect(page.contains("&lt;/script&gt;&lt;script&gt;"))
    #expect(!page.unicodeScalars.contains { $0 == "\u{202E}" || $0 == "\u{0}" || $0 == "\u{7}" })
    #expect(page.contains("\\u{202e}") && page.contains("é 漢字"))
  }

  /// Nothing is named that a browser would fetch.
  @Test func nothingLiesElsewhere() throws {
    let page = try Self.page("plain").html
    let elsewhere = try Regex(#"(?i)(https?:|["'(]\s*//|url\(|@import|<link|<iframe|<object|<embed)"#)
    #expect(page.firstMatch(of: elsewhere) == nil)
    for match in page.matches(of: try Regex(#"(?:src|href)="([^"]*)"#)) {
      #expect(match.output[1].substring?.hasPrefix("data:image/png;base64,") == true)
    }
  }

  @Test func aPageWithoutAttentionHasNoScript() {
    let page = Page(title: "a", sections: [Page.Section("b", [.text("c\n\nd")])]).html
    #expect(!page.contains("<script"))
    #expect(page.contains("<h2>b</h2><p>c</p><p>d</p>"))
  }

  /// Every tag that is opened is closed, in order, and attributes are quoted: it is read as XML.
  @Test func isWellFormed() throws {
    var page = try Self.page(Self.hostile).html
    // What HTML writes without an end.
    page.replace(try Regex(#"<(!DOCTYPE html|meta [^>]*|img [^>]*|input [^>]*)>"#), with: "")
    let body = try #require(page.range(of: "<style>")), end = try #require(page.range(of: "</style>"))
    page.removeSubrange(body.lowerBound..<end.upperBound)
    let script = try #require(page.range(of: "<script>")), scriptEnd = try #require(page.range(of: "</script>"))
    page.removeSubrange(script.lowerBound..<scriptEnd.upperBound)
    var open: [Substring] = []
    for match in page.matches(of: try Regex(#"<(/?)([a-z0-9]+)((?: [A-Za-z0-9-]+="[^"<>]*")*) ?(/?)>|<"#)) {
      guard let name = match.output[2].substring else {
        Issue.record("a lone < near \(page[match.range.lowerBound...].prefix(80))")
        return
      }
      if match.output[1].substring == "/" {
        #expect(open.popLast() == name)
      } else if match.output[4].substring != "/" {
        open.append(name)
      }
    }
    #expect(open.isEmpty)
  }
}

/// Pages in a real browser. Skipped where there is none; `scripts/test` says so.
@Suite(.serialized, .enabled(if: Browser.program != nil)) struct PageInBrowserTests {
  @Test func hostileTextStaysText() throws {
    let file = artefacts.appendingPathComponent("reports/hostile.html")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(PageTests.page(PageTests.hostile).html.utf8).write(to: file)
    let browser = try Browser()
    try browser.show(width: 900)
    try browser.open(file)
    #expect(browser.complaints == [])
    #expect(browser.requests == [file.absoluteString])
    #expect(try browser.evaluate("document.title") as? String != "")
    #expect(try browser.evaluate("document.scripts.length") as? Int == 1)
    #expect(try browser.evaluate("document.images.length") as? Int == 3)
    #expect(try browser.evaluate("document.querySelector('h1').children.length") as? Int == 0)
    _ = try browser.screenshot(artefacts.appendingPathComponent("reports/hostile.png"))
  }
}
