import Syntax
import Testing

@testable import Interpreter

@Suite struct HostTests {
  let host = TestHost()
  let harness: Harness

  init() throws {
    harness = try Harness(host: host, natives: .testing, extra: [NativeTable.testingDeclarations])
  }

  @Test func hostObjectsTakePartInEverything() throws {
    try harness.run("let r = row(model, [1, -2])")
    #expect(try harness.run("r") == "[model 2]")
    #expect(try harness.run("r.axis") == "\"model\"")
    #expect(try harness.run("r[model: 1]") == "-2.0")
    #expect(try harness.run("(r * 2)[model: 0]") == "2.0")
    #expect(try harness.run("(2 * r)[model: 0]") == "2.0")
    #expect(try harness.run("(1 - r)[model: 1]") == "3.0")
    #expect(try harness.run("(-r)[model: 1]") == "2.0")
    #expect(try harness.run("r.shifted(by: 1)[model: 0]") == "2.0")
    #expect(try harness.run("r == row(other, [1.0, -2.0])") == "true")
    #expect(try harness.run("type(r)") == "\"row\"")
    #expect(try harness.run("r |> map(fn x -> x * 2)") == "[2.0, -4.0]")
    #expect(try harness.run("var s = 0\nfor x in r { s := s + x }\ns") == "-1.0")
    #expect(try harness.run("[r, r].axis") == "[\"model\", \"model\"]")
    #expect(try harness.run("len(r)") == "2")
    #expect(try harness.run("\"{r}\"") == "\"[model 2]\"")
    try harness.run("print(r)")
    #expect(harness.lines == ["[model [1.0, -2.0]]"])
  }

  @Test func hostObjectsAnswerNatives() throws {
    try harness.run("let r = row(model, [1, -2])")
    #expect(try harness.run("r.mean(over: model)") == "-0.5")
    #expect(try harness.run("mean(r)") == "-0.5")
    #expect(try harness.run("r.abs.list") == "[1.0, 2.0]")
    #expect(try harness.run("r |> sum") == "-1.0")
    let found = harness.diagnostics("r.mean(over: [query, key])")
    #expect(found.map(\.code) == [.hostFailure])
    #expect(found.first?.message == "no axis [\"query\", \"key\"]")
  }

  @Test func hostErrorsKeepTheirWordsAndGetAPlace() throws {
    let found = try #require(harness.diagnostics("fn f() = broken()\nf()").first)
    #expect(found.message == "the file is torn")
    #expect(found.primary?.span == Span(9, 17))
    #expect(found.stack.map(\.function) == ["f"])
  }

  @Test func operatorsBetweenPathsGoToTheHost() throws {
    #expect(
      try harness.run("(.layers[1..4].output on .image.first(2) + .last => fn h -> h)")
        == "\"((.layers[1..4].output on .image.first(2) + .last) => fn h -> h)\"")
    #expect(try harness.run("1 with .a") == "\"(1 with .a)\"")
    #expect(try harness.run("-(.a)") == "\"-.a\"")
    #expect(harness.codes("(.a) * 2") == ["E0401"])
  }

  @Test func argumentErrorsNameParameterAndFunction() throws {
    let found = harness.diagnostics("row(model, 3)")
    #expect(found.first?.message == "argument `numbers` of `row` must be a list, found an int")
  }

  // MARK: Operators with parameters

  @Test func operatorsInitialiseAndApply() throws {
    try harness.run(
      """
      let offset = 100
      operator tilt(rank = 1, gain = 2) {
        let base = gain * 10
        ## The directions.
        param R[rank, model] = orthogonal()
        param W[rank: rank * 2] = R
        let twice = W * 2
        h, extra -> h + base + twice[W: 0] + extra + offset
      }
      """)
    let value = try harness.session.evaluate(SourceText(name: "t", "tilt(rank: 3)"))
    let tilt = try #require(value.object as? OperatorObject)
    #expect(tilt.name == "tilt")
    #expect(tilt.rendered(.short) == "tilt(rank: 3, gain: 2)")
    #expect(tilt.parameters.map(\.name) == ["R", "W"])
    #expect(tilt.parameters[0].axes == [.init(name: "rank", size: 3), .init(name: "model", size: nil)])
    #expect(tilt.parameters[1].axes == [.init(name: "rank", size: 6)])
    #expect(tilt.parameters[0].documentation == "The directions.")
    #expect(tilt.updateParameters == ["h", "extra"])
    let first = try tilt.initialise(0, sizes: ["model": 96], in: harness.session)
    #expect((first.object as? Row)?.axis == "R")
    #expect((first.object as? Row)?.numbers == [3, 96])
    let second = try tilt.initialise(1, sizes: [:], earlier: ["R": .int(5)], in: harness.session)
    #expect(second.rendered(.short) == "5")
    let result = try tilt.apply(
      parameters: ["R": first, "W": .object(Row("W", [7]))], to: .int(1), extra: [.int(1000)], in: harness.session)
    #expect(result.rendered(.short) == "1135.0")
    #expect(throws: ScriptError.self) { try tilt.initialise(0, sizes: [:], in: harness.session) }
    #expect(throws: ScriptError.self) {
      try tilt.apply(parameters: [:], to: .int(1), extra: [.null], in: harness.session)
    }
    #expect(harness.codes("orthogonal()") == ["E0411"])
    #expect(harness.codes("tilt(rank: 0)") == ["E0411"])
    #expect(harness.codes("tilt(rnak: 1)") == ["E0305"])
  }

  // MARK: Re-entrancy

  @Test func nativesEvaluateAndCallBack() throws {
    try harness.run("let a = 1\nfn f(x) = evaluate_text(\"let b = a + {x}\\nb * 2\")")
    #expect(try harness.run("[1, 2] |> map(f)") == "[4, 6]")
    #expect(try harness.run("b") == "3")
    #expect(harness.codes("f(\"oops\")") == ["E0301"])
    #expect(try harness.run("f(1)") == "4")
    let function = try harness.session.evaluate(SourceText(name: "t", "fn x, y = 3 -> x * y"))
    #expect(try harness.session.call(function, .int(2)).rendered(.short) == "6")
    #expect(
      try harness.session.call(function, Arguments([.int(2)], named: [("y", .int(5))])).rendered(.short) == "10")
  }
}
