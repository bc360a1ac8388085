import Foundation
import TestSupport
import Testing

@testable import Interpreter

/// The examples of docs/language/grammar.md that need no model hold: each block marked `steer` runs in a fresh session.
@Suite struct GrammarPageTests {
  @Test func itsExamplesHold() throws {
    let file = repositoryRoot.appendingPathComponent("docs/language/grammar.md")
    let page = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    let blocks = page.matches(of: #/```steer\n(?<text>(?:[^`]|`(?!``))*)```/#)
    #expect(blocks.count >= 7)
    for block in blocks {
      let text = String(block.output.text)
      let diagnostics = try Harness().diagnostics(asFile: text, name: "grammar.md")
      #expect(diagnostics.isEmpty, "\(text)\n\(diagnostics.map(\.message))")
    }
  }
}
