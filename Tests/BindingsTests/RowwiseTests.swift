import Foundation
import Interpreter
import Testing

@testable import Bindings

extension SteeringScripts {
  /// Which operators of scripts are known to treat every row by itself.
  @Suite struct RowwiseTests {
    private func holds(_ body: String, before: String = "", call: String = "op()") throws -> Bool {
      let value = try ScriptRun().run("\(before)\noperator op(rank = 2, v = nil) {\n\(body)\n}\n\(call)")
      return RowwiseProof.holds(try #require(value.object as? OperatorObject))
    }

    @Test(arguments: ["mores", "loreft", "noreft", "direft", "consreft", "editor", "red", "adapter"])
    func operatorsOfTheLibraryAre(_ name: String) throws {
      let value = try ScriptRun().run("\(name)()")
      #expect(RowwiseProof.holds(try #require(value.object as? OperatorObject)))
    }

    @Test(arguments: [
      "h -> h", "h -> 2 * h - 1", "h -> h / (1 + exp(-h))", "h -> tanh(h) |> relu", "h -> where(h > 0, h, 0)",
      "h -> h / norm(h, over: model)", "h -> softmax(h, over: model) * h", "h -> { let g = h * h\n g + h }",
      "h -> if rank > 1 { h } else { 2 * h }", "h -> h + dot(h, h, over: model) * h",
      "param R[rank, model] = orthogonal()\nlet Q = rename(qr(transpose(R, [model, rank])).q, (component: \"rank\"))\n"
        + "h -> h + (h @ Q) @ Q",
      // The rows of the tokens at hand.
      "param R[token, model] = constant(0)\nh -> R", "param R[token, model] = constant(0)\nh -> h + tanh(R)",
      "param g[model] = constant(1)\nlet act = (a: relu, b: tanh)[\"b\"]\nh -> act(h) * g",
    ])
    func equationsAre(_ body: String) throws { #expect(try holds(body)) }

    @Test(arguments: [
      "h -> h.mean", "h -> h - mean(h, over: token)", "h -> h / norm(h)", "h -> h[0] + 0 * h",
      "h -> h[token: 0] + 0 * h",
      "h -> h - mean(h, over: [token, model])", "h -> (h @ rename(h, (model: \"other\"))) @ h",
      "h -> cumsum(h, over: token)",
      "h -> h + normal(model: 96)", "h -> outside * h", "h -> h * zeros(token: 3)", "h -> helper(h)",
      "h -> h[.image] + h", "h -> { var g = h\n g := g.mean\n g * h }", "h -> max(h)",
      "param R[token, model] = constant(0)\nh -> h + mean(R, over: token)",
      "param R[token, model] = constant(0)\nh -> R @ h",
      "param R[token, model] = constant(0)\nlet Q = qr(R).q\nh -> h + Q",
      "param R[query, model] = constant(0)\nh -> h + R", "let axis = \"token\"\nh -> h - mean(h, over: axis)",
      "let axis = \"to\" + \"ken\"\nh -> h - mean(h, over: axis)", "h -> 3",
    ])
    func otherwiseNothingIsSaid(_ body: String) throws {
      #expect(try !holds(body, before: "let outside = ones(token: 3)\nfn helper(x) = x - mean(x, over: token)"))
    }

    @Test func whatIsShadowedIsNotTheLibrarys() throws {
      #expect(try holds("h -> tanh(h)"))
      #expect(try !holds("h -> tanh(h)", before: "fn tanh(x) = x - mean(x, over: token)"))
      #expect(try !holds("let tanh = fn x -> x.mean\nh -> tanh(h)"))
      // Where a function takes an axis, a bare name is the axis, whatever else has that name.
      #expect(try holds("h -> h / norm(h, over: model)", before: "let model = \"token\""))
      #expect(
        try !holds(
          "param R[model, rank] = linear()\nlet T = transpose(R, [model, wide])\nh -> h", before: "let wide = 3"))
    }

    @Test func argumentsWithRowsOfTheirOwnAreLookedAt() throws {
      #expect(try holds("h -> h + v", call: "op(v: ones(model: 96))"))
      #expect(try !holds("h -> h + v", call: "op(v: ones(token: 3, model: 96))"))
      #expect(try !holds("h -> v(h)", call: "op(v: fn x -> x)"))
    }

    /// Training with rows together gives what training sample by sample gives, but for the order of sums.
    @Test func rowsTogetherTrainAsAlone() throws {
      let run = try ScriptRun()
      let difference = try run.run(
        """
        operator together(rank = 2) {
          param R[rank, model] = orthogonal()
          param b[rank] = linear()
          h -> h + (tanh(R @ h) + b) @ R
        }
        operator alone(rank = 2) {
          param R[rank, model] = orthogonal()
          param b[rank] = linear()
          h -> h + (tanh(R @ h) + b) @ R + 0 * mean(h, over: token)
        }
        let m = load("minivlm")
        let items = vqa.train.take(6)
        fn losses(op) {
          seed 2
          train(.layers[1..2].output on .image.first(3) + .last => op(), model: m, on: items, steps: 4, batch: 6, lr: 0.02).history.loss
        }
        max(zip(losses(together), losses(alone)) |> map(fn pair -> abs(pair[0] - pair[1])))
        """)
      #expect(try #require(difference.doubleValue) < 1e-5)
    }
  }
}
