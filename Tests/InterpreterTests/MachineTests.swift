import Foundation
import Syntax
import Testing

@testable import Interpreter

@Suite struct MachineTests {
  // MARK: Interrupts

  @Test(arguments: [
    "var n = 0\nwhile true { n := n + 1 }", "while true { }", "fn f() = f2()\nfn f2() = 1\nwhile true { f() }",
    "for i in 0..<9000000000000000000 { i }", "all(0..<9000000000000000000, fn x -> x >= 0)", "sum(0..<4000000000)",
  ])
  func anEndlessScriptStopsWhenAsked(_ script: String) throws {
    let harness = try Harness()
    let interruption = harness.session.interruption
    let timer = Thread {
      Thread.sleep(forTimeInterval: 0.05)
      interruption.request()
    }
    timer.start()
    let found = harness.diagnostics(script)
    #expect(found.map(\.code) == [.interrupted])
    #expect(found.first?.primary != nil)
    interruption.clear()
    #expect(try harness.run("1 + 1") == "2")
  }

  // MARK: Depth

  @Test func deepRecursionWorksAndEndlessRecursionEnds() throws {
    let harness = try Harness()
    #expect(try harness.run("fn down(n) = if n == 0 { 0 } else { 1 + down(n - 1) }\ndown(9000)") == "9000")
    #expect(harness.codes("down(-1)") == ["E0415"])
    #expect(harness.codes("fn through(x) = map([x], fn y -> through(y))\nthrough(1)") == ["E0415"])
    #expect(harness.codes("fn by_sort(x) = sort([2, 1], by: fn y -> by_sort(y))\nby_sort(1)") == ["E0415"])
    #expect(try harness.run("fn few(x) = if x == 0 { [] } else { map([x - 1], fn y -> few(y)) }\nlen(few(100))") == "1")
    #expect(try harness.run("down(9000)") == "9000")
  }

  @Test func deeplyNestedValuesAreNoTrap() throws {
    let harness = try Harness()
    try harness.run("fn nest(n) { var x = []\nfor i in 0..<n { x := [x] }\nx }")
    try harness.run("let deep = nest(300000)")
    #expect(try harness.run("deep == nest(300000)") == "true")
    #expect(try harness.run("\"{deep}\".len < 200") == "true")
    try harness.run("fn chain(n) { var f = fn -> 0\nfor i in 0..<n { let g = f\nf := fn -> g }\nf }\nchain(300000)")
    try harness.run("fn records(n) { var r = ()\nfor i in 0..<n { r := (inner: r) }\nr }\nrecords(300000)")
    try harness.run("fn paths(n) { var p = .a\nfor i in 0..<n { p := .a(p) }\np }\nlet p = paths(100000)")
    #expect(try harness.run("[p == paths(100000), \"{p}\".len < 400]") == "[true, true]")
    try harness.run("let deep = 1")
    #expect(try harness.run("deep") == "1")
  }

  // MARK: Lifetimes

  /// Counts its living instances.
  private final class Counted: HostObject {
    let counter: Counter

    final class Counter { var living = 0 }

    init(_ counter: Counter) {
      self.counter = counter
      counter.living += 1
    }

    deinit { counter.living -= 1 }
  }

  @Test func nothingLivesLongerThanTheScriptKeepsIt() throws {
    let counter = Counted.Counter()
    var natives = NativeTable.core
    natives["fresh"] = { _ in .object(Counted(counter)) }
    natives["living"] = { _ in .int(counter.living) }
    let declarations = SourceText(name: "lib", "fn fresh()\nfn living() -> int")
    let harness = try Harness(natives: natives, extra: [declarations])
    try harness.run("fresh()\n[fresh(), (a: fresh())]\n\"{fresh()}\"")
    #expect(counter.living == 0)
    try harness.run("fn f(x) { let y = [x, fresh()]\nlen(y) }\nf(fresh())")
    #expect(counter.living == 0)
    #expect(
      try harness.run("fn most() { var m = 0\nfor i in 0..<5 { let x = fresh()\nm := max(m, living()) }\nm }\nmost()")
        == "1")
    #expect(counter.living == 0)
    #expect(harness.codes("fn bad(x) { let y = fresh()\n[y, x, 1 div 0] }\nbad(fresh())") == ["E0403"])
    #expect(harness.codes("map([fresh(), fresh()], fn x -> [x, 1 div 0])") == ["E0403"])
    #expect(harness.codes("[1, fresh()] |> fresh()") == ["E0305"])
    #expect(counter.living == 0)
    try harness.run("let kept = fresh()")
    #expect(counter.living == 1)
    try harness.run("let kept = nil")
    #expect(counter.living == 0)
    try harness.run("fn unfinished() { for x in [1, 2] { [fresh(), if x == 2 { break } else { x }] } }\nunfinished()")
    #expect(counter.living == 0)
  }

  // MARK: Joined instructions

  /// Sequences that run in one step give what their parts give, for every kind of number.
  @Test(arguments: ["7", "-7", "0", "1.5", "9223372036854775807", "-9223372036854775807"])
  func joinedInstructionsAgreeWithTheirParts(_ number: String) throws {
    let harness = try Harness()
    func outcome(_ text: String) -> String {
      let value = try? harness.run(text)
      return value ?? harness.codes(text).joined()
    }
    let pairs = [
      ("fn f(x) { var i = x\ni := i + 3\ni }", "fn f(x) { let three = 3\nx + three }"),
      ("fn f(x) { var i = x\ni := i - 3\ni }", "fn f(x) { let three = 3\nx - three }"),
      ("fn f(x) = x + 100", "fn f(x) { let y = 100\nx + y }"),
      ("fn f(x) = x * 2", "fn f(x) { let y = 2\nx * y }"),
      ("fn f(x) { var s = x\ns := s + x\ns }", "fn f(x) { let y = x + x\ny }"),
      ("fn f(x) = if x < 3 { 1 } else { 2 }", "fn f(x) { let c = x < 3\nif c { 1 } else { 2 } }"),
      ("fn f(x) { let y = 3\nif x < y { 1 } else { 2 } }", "fn f(x) { let c = 3 > x\nif c { 1 } else { 2 } }"),
    ]
    for (joined, plain) in pairs {
      #expect(outcome("\(joined)\nf(\(number))") == outcome("\(plain)\nf(\(number))"), "\(joined)")
    }
  }
}
