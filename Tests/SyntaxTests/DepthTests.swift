import Foundation
import Testing

@testable import Syntax

/// Texts that nest without end meet a diagnostic, not the end of the stack.
@Suite struct DepthTests {
  static let count = 10_000

  static let deep: [String] =
    [
      "(", "[", "{", "-", "not ", "f(", "a[", "\"{", ".a[", "(x: ", "if a { ", "fn x -> ", "fn x -> { ", "a ** ",
      "a(b) { ",
      "while a { ", "for x in y { ", "fn f() { ", "2 ** -", "operator o() { h -> { ", "m with f(",
    ].map { String(repeating: $0, count: count) } + [
      "let " + String(repeating: "[", count: count), "let " + String(repeating: "(x: ", count: count),
      "a" + String(repeating: " + a", count: count), "a" + String(repeating: ".b", count: count),
      "a" + String(repeating: "()", count: count), "a" + String(repeating: "[0]", count: count),
      "a" + String(repeating: " |> f", count: count), "a" + String(repeating: " < b", count: count),
      "if a { 1 }" + String(repeating: " else if b { 2 }", count: count),
      String(repeating: "(", count: count) + "1" + String(repeating: ")", count: count),
      String(repeating: "(", count: 150) + "a"
        + String(repeating: String(repeating: " + a", count: 150) + ")", count: 150),
    ]

  @Test(arguments: deep.indices) func isRefused(_ index: Int) {
    let script = Script.parse(SourceText(name: "deep", Self.deep[index]))
    #expect(script.diagnostics.contains { $0.code == .tooDeep }, "\(Self.deep[index].prefix(40))")
    #expect(script.diagnostics.filter { $0.severity == .error }.count <= 2)
    _ = TreePrinter.print(script.statements)
  }

  @Test func aPathIsLongNotDeep() {
    let text = String(repeating: ".a", count: Self.count)
    #expect(Script.parse(SourceText(name: "long", text)).diagnostics.isEmpty)
  }

  private static let deepest = [
    String(repeating: "(", count: 190) + "1" + String(repeating: ")", count: 190),
    String(repeating: "f(", count: 95) + "1" + String(repeating: ")", count: 95),
    "1" + String(repeating: " + 1", count: 190),
    String(repeating: "if a { ", count: 60) + String(repeating: "}", count: 60),
    String(repeating: "g(fn x -> { ", count: 45) + String(repeating: "})", count: 45),
  ]

  /// What the parser accepts can be walked, in a debug build too, on half the usual stack of 8 MB.
  @Test(arguments: deepest.indices) func theGreatestDepthNeedsLittleStack(_ index: Int) {
    let text = Self.deepest[index]
    let result = Shared()
    let thread = Thread {
      let script = Script.parse(SourceText(name: "deep", text))
      result.isDone = !script.hasErrors && Formatter.isFaithful(Formatter.settled(script), to: script)
      result.semaphore.signal()
    }
    thread.stackSize = 4 << 20
    thread.start()
    result.semaphore.wait()
    #expect(result.isDone)
  }

  private final class Shared: @unchecked Sendable {
    let semaphore = DispatchSemaphore(value: 0)
    var isDone = false
  }
}
