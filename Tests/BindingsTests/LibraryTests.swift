import Bindings
import Foundation
import Interpreter
import StandardLibrary
import Syntax
import Testing
import TestSupport

extension SteeringScripts {
  /// The standard library's declarations, bodies, docs and examples belong together.
  @Suite struct LibraryTests {
    @Test func everyDeclarationHasABodyAndTheReverse() throws {
      let session = try ScriptRun().laboratory.session
      #expect(session.unboundDeclarations == [])
      #expect(session.unusedNatives == [])
    }

    @Test func everyDefinitionIsDocumentedWithAnExample() throws {
      for name in try ScriptRun().laboratory.session.standardLibrary {
        let documentation = try #require(name.documentation, "\(name.name) has no documentation")
        // The core library's examples stand between backquotes; the interpreter's tests run those.
        let hasExample = !Self.examples(in: documentation).isEmpty || documentation.contains("\n`")
        #expect(hasExample, "\(name.name) has no example")
      }
    }

    /// Each example runs in a session of its own.
    @Test func examplesRun() throws {
      try inTemporaryFolder {
        for name in try ScriptRun().laboratory.session.standardLibrary {
          let example = Self.examples(in: name.documentation ?? "")
          do {
            try ScriptRun().run(example, name: "stdlib example of \(name.name)")
          } catch let error as ScriptError where error.code == .badCall && name.signature?.result == "start" {
            // Starts have a meaning in operators only; there `mores` and the golden programs run them.
            continue
          } catch {
            Issue.record("the example of \(name.name) fails: \(error)\n\(example)")
          }
        }
      }
    }

    /// `docs/reference/functions.md` is made from the declarations; `STEERSH_RECORD=1` writes it.
    @Test func theReferenceIsWhatTheDeclarationsSay() throws {
      var page =
        "# Functions and operators\n\nMade from `stdlib/*.steer` by the tests. At the prompt, `?name` shows the same.\n"
      let names = try ScriptRun().laboratory.session.standardLibrary
      for file in Set(names.compactMap { $0.location?.source.name }).sorted() {
        page += "\n## \(file)\n"
        for name in names where name.location?.source.name == file {
          page += "\n### `\(name.signature.map { "\($0)" } ?? name.name)`\n\n\(name.documentation ?? "")\n"
        }
      }
      let committed = repositoryRoot.appendingPathComponent("docs/reference/functions.md")
      if ProcessInfo.processInfo.environment["STEERSH_RECORD"] != nil {
        try page.write(to: committed, atomically: true, encoding: .utf8)
      }
      #expect(page == (try String(contentsOf: committed, encoding: .utf8)))
    }

    /// The indented lines.
    static func examples(in documentation: String) -> String {
      documentation.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { $0.hasPrefix("    ") }.map { $0.dropFirst(4) }.joined(separator: "\n")
    }
  }

  /// The ```steer blocks of the pages under docs/ and of the README: a page is one session, in order. Blocks marked
  /// `parse` are only parsed.
  @Suite struct PageTests {
    static let pages: [URL] = {
      let root = repositoryRoot
      let docs = FileManager.default.enumerator(
        at: root.appendingPathComponent("docs"), includingPropertiesForKeys: nil)
      let found = (docs?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "md" }
      return [root.appendingPathComponent("README.md")] + found.sorted { $0.path < $1.path }
    }()

    /// They run, and where a block marked `text` follows, they show what stands in it; `STEERSH_RECORD=1` writes it.
    @Test func blocksRunAndShowWhatThePageSays() throws {
      var count = 0
      var compared = 0
      try inTemporaryFolder {
        for page in Self.pages {
          let text = try String(contentsOf: page, encoding: .utf8)
          var lines = text.components(separatedBy: "\n")
          let run = try ScriptRun(width: 100)
          var moved = 0
          for block in Self.blocks(in: lines) {
            count += 1
            let source = SourceText(name: page.lastPathComponent, block.text)
            let script = Script.parse(source)
            #expect(!script.hasErrors, "\(page.lastPathComponent): \(script.diagnostics.map(\.message))\n\(block.text)")
            guard !block.isOnlyParsed, !script.hasErrors else { continue }
            let before = run.text.count
            do {
              try run.run(block.text, name: page.lastPathComponent)
            } catch {
              Issue.record("\(page.lastPathComponent): \(error)\n\(block.text)")
              continue
            }
            guard let shown = block.shown else { continue }
            compared += 1
            let printed = run.text.dropFirst(before).drop { $0 == "\n" }.components(separatedBy: "\n")
            let range = (shown.lowerBound + moved)..<(shown.upperBound + moved)
            if Self.records {
              lines.replaceSubrange(range, with: printed)
              moved += printed.count - shown.count
            } else {
              #expect(Array(lines[range]) == printed, "\(page.lastPathComponent):\(range.lowerBound + 1)")
            }
          }
          let after = lines.joined(separator: "\n")
          if after != text { try after.write(to: page, atomically: true, encoding: .utf8) }
        }
      }
      #expect(count > 20)
      #expect(compared > 20)
    }

    static let records = ProcessInfo.processInfo.environment["STEERSH_RECORD"] != nil

    /// The README shows the tour as `scripts/demo` prints it.
    @Test func theReadmeShowsWhatTheTourPrints() throws {
      let readme = try String(contentsOf: Self.pages[0], encoding: .utf8)
      let tour = repositoryRoot.appendingPathComponent("examples/tour.steer")
      let run = try ScriptRun(width: 100)
      try run.run(try String(contentsOf: tour, encoding: .utf8), name: "tour.steer")
      #expect(readme.contains("```text\n" + run.text + "\n```"))
    }

    /// `docs/papers/parameters.md` is what `examples/parameters.steer` prints; `STEERSH_RECORD=1` writes it.
    @Test func thePapersParametersAreCounted() throws {
      let script = repositoryRoot.appendingPathComponent("examples/parameters.steer")
      let page = repositoryRoot.appendingPathComponent("docs/papers/parameters.md")
      // Its configurations are found from the root of the checkout.
      let printed = try inFolder(repositoryRoot.path) {
        let run = try ScriptRun()
        try run.run(try String(contentsOf: script, encoding: .utf8), name: "parameters.steer")
        return run.text + "\n"
      }
      if Self.records {
        try printed.write(to: page, atomically: true, encoding: .utf8)
      }
      #expect(printed == (try String(contentsOf: page, encoding: .utf8)))
      // The printed value that does not compute is the only one.
      #expect(printed.components(separatedBy: "| **no** |").count == 2)
    }

    /// A block of a page, and the lines of the block marked `text` that follows it with nothing but empty lines between.
    struct Block {
      var text: String
      var isOnlyParsed: Bool
      var shown: Range<Int>?
    }

    static func blocks(in lines: [String]) -> [Block] {
      var blocks: [Block] = []
      var at = 0
      func end(of opening: Int) -> Int { lines[(opening + 1)...].firstIndex { $0.hasPrefix("```") } ?? lines.count }
      while at < lines.count {
        guard lines[at].hasPrefix("```") else {
          at += 1
          continue
        }
        let close = end(of: at)
        if lines[at].hasPrefix("```steer") {
          var block = Block(
            text: lines[(at + 1)..<close].joined(separator: "\n"), isOnlyParsed: lines[at].contains("parse"))
          if let next = lines.indices.dropFirst(close + 1).first(where: { !lines[$0].isEmpty }), lines[next] == "```text" {
            block.shown = (next + 1)..<end(of: next)
          }
          blocks.append(block)
        }
        at = close + 1
      }
      return blocks
    }
  }
}
