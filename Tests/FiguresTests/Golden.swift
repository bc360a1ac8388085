import Figures
import Foundation
import TestSupport
import Testing

/// Compares a rendering with `Tests/Fixtures/figures/<name>.txt`. With STEERSH_RECORD set the file is written instead,
/// to be looked at before it is committed.
func expectGolden(_ rendering: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let file = fixture("figures/\(name).txt")
  if ProcessInfo.processInfo.environment["STEERSH_RECORD"] != nil {
    try (rendering + "\n").write(to: file, atomically: true, encoding: .utf8)
  }
  let expected = try String(contentsOf: file, encoding: .utf8)
  #expect(rendering + "\n" == expected, sourceLocation: sourceLocation)
}

/// The same in the four kinds of terminal: plain and coloured, with Unicode and without.
func expectGoldens(_ figure: some Figure, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  for (suffix, terminal) in terminals {
    let rendering = figure.rendered(on: terminal)
    expectFits(rendering, terminal, sourceLocation: sourceLocation)
    try expectGolden(rendering, name + suffix, sourceLocation: sourceLocation)
  }
}

let terminals: [(suffix: String, terminal: Terminal)] = [
  ("", Terminal()), (".color", Terminal(color: true)), (".ascii", Terminal(unicode: false)),
]

/// No line is wider than the terminal, none ends in a space, and there are no more lines than the terminal shows.
func expectFits(_ rendering: String, _ terminal: Terminal, sourceLocation: SourceLocation = #_sourceLocation) {
  let lines = rendering.split(separator: "\n", omittingEmptySubsequences: false)
  #expect(lines.count <= terminal.height, sourceLocation: sourceLocation)
  for line in lines {
    let plain = line.replacing(/\u{1B}\[[0-9;]*m/, with: "")
    // All test data is one cell wide per character, but for the widths that DisplayWidthTests look at.
    #expect(plain.count <= terminal.width, "\(plain)", sourceLocation: sourceLocation)
    if !terminal.unicode { #expect(plain.utf8.count == plain.count, "\(plain)", sourceLocation: sourceLocation) }
    if !terminal.color { #expect(!line.contains("\u{1B}"), sourceLocation: sourceLocation) }
  }
}
