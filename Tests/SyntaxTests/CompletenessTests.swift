import Foundation
import Testing

@testable import Syntax

@Suite struct CompletenessTests {
  @Test(arguments: [
    "", "1", "let a = 1", "# only a comment", "f(x) { c -> c }", "if a { b }", "fn f(a)", "a.b", "\"{x}\"", "xs\n|> f",
  ]) func isComplete(_ text: String) {
    #expect(Completeness.check(text) == .complete)
  }

  @Test(arguments: [
    "f(", "f(1,", "f(1", "[1,", "[1", "(", "(x:", "(x: 1", "let a =", "let", "a +", "a |>", "not", "-", "m with", "if",
    "if a", "if a {", "if a { b } else", "if a { b } else {", "while a", "for x in", "for x", "for", "fn", "fn f(",
    "fn f(a) {", "fn f(a) =", "fn x ->", "fn x,", "f(x) { c ->", "operator o(", "operator o() {", "operator o() {\n",
    "operator o() {\n  param R[model] = z()\n", "a := ", "expect", "expect a,", "{", "let [a,", ".layers[", "a[*",
    "sweep(layer: 0..5) { c ->\n  let x = 1", "input a =", "var", "f(a,\n  b,", "0..", "0..<",
  ]) func isIncomplete(_ text: String) {
    let diagnostics = Script.parse(SourceText(name: "test", text)).diagnostics
    #expect(Completeness.check(text) == .incomplete, "\(diagnostics.map(\.message))")
  }

  @Test(arguments: [
    ")", "a b", "f(]", "\"open", "'open", "\"{open", "let 1 = 2", "f(a b", "a = 1", "$", "a.", "}",
    "a < b < c", "let x = 1 2 (",
  ]) func isInvalid(_ text: String) {
    #expect(Completeness.check(text) == .invalid)
  }

  /// Whatever the prompt holds while a program is typed line by line, it is never taken for a mistake.
  @Test(arguments: GoldenTests.inputs.filter { $0.path.contains("/programs/") || $0.path.contains("/trees/") })
  func noLineOfAProgramIsAMistakeSoFar(_ file: URL) throws {
    let source = try GoldenTests.script(file).source
    for line in source.lineStarts.indices.dropFirst() {
      let soFar = source.text(Span(0, source.lineStarts[line]))
      #expect(Completeness.check(soFar) != .invalid, "\(soFar)")
    }
  }

  @Test func openBracketsAreCounted() {
    #expect(Completeness.openBrackets(in: "f(a, [b, {") == 3)
    #expect(Completeness.openBrackets(in: "f(a) { c ->") == 1)
    #expect(Completeness.openBrackets(in: "\"(\" # (") == 0)
    #expect(Completeness.openBrackets(in: ")") == 0)
  }
}
