import Foundation
import TestSupport
import Testing

@testable import Syntax

/// Every fenced `steer` block of docs/language parses, and the page's tables are those of the code.
@Suite struct DocumentationTests {
  static func page(_ name: String) throws -> String {
    let file = repositoryRoot.appendingPathComponent("docs/language/\(name).md")
    return String(decoding: try Data(contentsOf: file), as: UTF8.self)
  }

  @Test func examplesOfTheGrammarParse() throws {
    let blocks = try Self.page("grammar").matches(of: #/```steer( parse)?\n(?<text>(?:[^`]|`(?!``))*)```/#)
    #expect(blocks.count >= 10)
    for block in blocks {
      let script = Script.parse(SourceText(name: "grammar.md", String(block.output.text)))
      #expect(script.diagnostics.isEmpty, "\(DiagnosticRenderer().render(script.diagnostics))")
    }
  }

  @Test func everyCodeIsListed() throws {
    let page = try Self.page("grammar")
    for code in DiagnosticCode.syntax { #expect(page.contains("| \(code.id) | \(code.meaning) |\n")) }
  }

  @Test func everyKeywordIsListed() throws {
    let page = try Self.page("grammar")
    let reserved = TokenKind.words.filter { TokenKind.keywords[$0]?.isSoftKeyword == false }
    let soft = TokenKind.words.filter { TokenKind.keywords[$0]?.isSoftKeyword == true }
    #expect(page.contains("`\(reserved.joined(separator: " "))`"))
    #expect(page.contains("`\(soft.joined(separator: " "))`"))
  }
}
