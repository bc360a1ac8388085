import Bindings
import Foundation
import Interpreter
import Testing
import TestSupport

extension SteeringScripts {
  /// What scripts compute passes gradients on, or says that it cannot.
  @Suite struct GradientTests {
    /// Functions of x, a tensor `[token: 3, model: 4]`, that give a number; by the native that each is there for. `w` has x's
    /// shape, so has `p`, which is positive; `s` is a matrix `[model: 4, model2: 4]`. No x is near a kink.
    static let differentiable: [(native: String, expression: String)] = [
      // Operators and indices.
      ("+", "sum(w * (x + w[token: 0]) ** 2)"), ("-", "sum(w * (1 - x) ** 2)"), ("*", "sum(x * w * x)"),
      ("/", "sum(w / (p + x ** 2))"), ("%", "sum(w * (x % 10))"), ("**", "sum(w * p ** x)"),
      ("@", "sum((x @ s) ** 2)"), ("negation", "sum(w * exp(-x))"),
      ("index", "sum(x[token: 1] * x[model: 2..3][token: 0] [model: 1])"),
      ("iteration", "sum(map(x, fn r -> sum(r * r)))"),
      ("number", "(sum(x) + 2) * (3 - sum(x * w)) / 2 ** sum(w * x)"),
      // Of the core library.
      ("abs", "sum(w * abs(x))"), ("sqrt", "sum(w * sqrt(p + x ** 2))"), ("exp", "sum(w * exp(x))"),
      ("log", "sum(w * log(p + x ** 2))"), ("sin", "sum(w * sin(x))"), ("cos", "sum(w * cos(x))"),
      ("floor", "sum(x * floor(x * 0 + 1.5))"), ("ceil", "sum(x * ceil(x * 0 + 1.5))"),
      ("round", "sum(x * round(x * 0 + 1.7))"), ("sum", "sum(sum(x, over: token) ** 2)"),
      ("mean", "mean(x, over: [model, token]) ** 2 + mean([sum(x * w), mean(x)]) + sum(mean(x, over: token) ** 2)"),
      ("min", "sum(min(x, over: model) * min(x))"),
      ("max", "sum(max(x, w) * max(x, 0.1)) + max(x)"),
      // Of the tensors' library.
      ("rename", "sum(rename(x, (model: \"key\")) @ rename(w, (model: \"key\", token: \"query\")) |> tanh)"),
      ("transpose", "sum(transpose(x, [model, token])[model: 0] ** 3)"),
      ("merge", "sum(merge(x, [model, token], into: all) * merge(x * w, [model, token], into: all))"),
      ("split_axis", "sum(split_axis(x, model, (head: 2, feature: 2))[head: 1] ** 2)"),
      ("cat", "sum(cat([x, w, x * 2], over: token)[token: 1..7] ** 2)"),
      ("stack", "sum(stack([x, w, x], over: sample) ** 2)"),
      ("std", "sum(std(x, over: token) ** 2)"), ("variance", "sum(variance(x, over: token) ** 2)"),
      ("median", "sum(median(x, over: model) ** 2)"), ("norm", "sum(norm(x, over: model)) + norm(x)"),
      ("top", "sum(top(x, 2, over: model).values ** 2)"), ("order", "sum(order(x, over: model)[model: 1..2] ** 2)"),
      ("softmax", "sum(w * softmax(x, over: model))"), ("log_softmax", "sum(w * log_softmax(x, over: token))"),
      ("cumsum", "sum(w * cumsum(x, over: token) ** 2)"), ("dot", "sum(dot(x, w, over: model) ** 2)"),
      ("unit", "sum(w * unit(x))"), ("cosine", "sum(cosine(x, w, over: model))"),
      ("where", "sum(where(w > 0, x ** 2, w))"), ("tanh", "sum(w * tanh(x))"), ("sigmoid", "sum(w * sigmoid(x))"),
      ("relu", "sum(w * relu(x))"), ("gelu", "sum(w * gelu(x))"), ("silu", "sum(w * silu(x))"),
      ("svd", "sum(svd(x).s ** 3) + sum(w * (svd(x).u @ svd(x).v))"),
      ("qr", "sum(qr(transpose(x, [model, token])).q[component: 1] ** 3) + sum(qr(x).r)"),
      ("eigh", "sum(eigh(dot(x, rename(x, (token: \"other\")), over: model)).values ** 2)"),
      ("solve", "sum(solve(s + 4 * eye(4, axes: [model, model2]), transpose(x, [model, token])) ** 2)"),
      ("einsum", "sum(einsum([x, s, x], keep: [token, model2]) ** 2)"),
      ("tolist", "tolist(x)[0][1] * tolist(x)[2][3] + tolist(x)[0][0]"), ("detach", "sum(x * detach(w))"),
      ("cast", "sum(cast(x, \"f64\") ** 2 * 0.1)"),
    ]
    /// Natives whose results are constants, and how they come out in a function of x.
    static let constant = [
      "shape": "sum(x) * x.shape.token", "axes": "sum(x) * len(x.axes)", "size": "sum(x) * size(x)",
      "dtype": "if dtype(x) == \"f32\" { sum(x) } else { 0 }", "labels": "sum(x) * len(labels(x, over: token))",
      "argmax": "sum(x[model: argmax(x[token: 0], over: model)])", "nonfinite": "sum(x) * (1 + nonfinite(x))",
      "argmin": "sum(x[model: argmin(x[token: 0], over: model)])",
    ]
    static let refused = ["pca": "pca(x, over: token).variance[component: 0]"]
    /// Those that take no tensors, and the gradient itself.
    static let makers: Set = ["tensor", "zeros", "ones", "full", "arange", "normal", "uniform", "eye", "gradient"]

    private func run(_ expression: String) throws -> ScriptRun {
      let run = try ScriptRun()
      try run.run(
        """
        seed 3
        let x = tensor([[0.7, -1.3, 0.4, 1.9], [-0.6, 1.1, -2.1, 0.3], [1.5, -0.9, 0.8, -0.2]], axes: [token, model])
        let w = normal(token: 3, model: 4)
        let p = 0.5 + uniform(token: 3, model: 4)
        let s = normal(model: 4, model2: 4)
        let f = fn x -> \(expression)
        """)
      return run
    }

    /// The slope along three directions: in single precision, with a step of 1/100, its error is some 10⁻⁴ of it.
    @Test(arguments: differentiable.map(\.native) + constant.keys.sorted())
    func slopesAreThoseOfDifferences(_ native: String) throws {
      let expression = try #require(
        Self.differentiable.first { $0.native == native }?.expression ?? Self.constant[native])
      let run = try run(expression)
      try run.run("let g = gradient(f, at: x)\nlet h = 0.01")
      for _ in 0..<3 {
        try run.run("let d = normal(token: 3, model: 4)")
        let slope = try #require(try run.run("(f(x + d * h) - f(x - d * h)) / (2 * h)").doubleValue)
        let found = try #require(try run.run("sum(g * d)").doubleValue)
        #expect(abs(slope - found) <= 3e-3 * max(1, abs(slope)), "\(found), by differences \(slope): \(expression)")
      }
    }

    @Test func everyNativeOfTensorsIsTested() throws {
      let names = try ScriptRun().laboratory.session.standardLibrary
        .filter { $0.location?.source.name.hasSuffix("tensors.steer") ?? false }.map(\.name)
      let tested = Set(Self.differentiable.map(\.native)).union(Self.constant.keys).union(Self.refused.keys)
        .union(Self.makers)
      #expect(names.count > 40)
      #expect(names.filter { !tested.contains($0) } == [])
    }

    @Test(arguments: refused.keys.sorted())
    func whatHasNoDerivativeSaysSo(_ native: String) throws {
      let expression = try #require(Self.refused[native])
      let message = try run(expression).failure(of: "gradient(f, at: x)")
      #expect(message.contains("`\(native)` has no derivative") && message.contains("detach"))
    }

    @Test func aTensorWithoutAxesStaysTrackedAndActsAsANumber() throws {
      let run = try ScriptRun()
      let value = try run.run(
        """
        gradient(at: 3.0, fn x -> {
          let y = x ** 2
          print(y, type(y), y > 8, y == 9, "{y}", format(y, 1), float(y), int(y), round(y, 2))
          if y > 8 { y * 2 } else { y }
        })
        """)
      #expect(run.text.hasPrefix("9.0 tensor true true 9.0 9.0 9.0 9 9.0"))
      #expect(value.doubleValue == 12)
    }

    @Test func theGradientIsMadeLikeThePoint() throws {
      let run = try ScriptRun()
      let value = try run.run(
        """
        let p = (w: tensor([1, 2], axes: [model]), b: [0.5, 2])
        let g = gradient(fn p -> sum(p.w * p.b[0]) + p.b[0] ** 2, at: p)
        [tolist(g.w), g.b]
        """)
      #expect(value.rendered(.short) == "[[0.5, 0.5], [4.0, 0.0]]")
    }

    @Test func whatCannotBeDifferentiated() throws {
      let run = try ScriptRun()
      try run.run("let v = tensor([1, 2], axes: [model])")
      #expect(run.failure(of: "gradient(fn x -> x, at: v)").contains("sum"))
      #expect(run.failure(of: "gradient(fn x -> 3.0, at: v)").contains("does not depend on `at`"))
      #expect(run.failure(of: "gradient(fn x -> \"text\", at: v)").contains("must give one number, found a string"))
      #expect(run.failure(of: "gradient(fn x -> sum(x), at: \"text\")").contains("must be a tensor, a number"))
      #expect(run.failure(of: "gradient(fn x -> sum(x), at: v > 1)").contains("mask"))
      // Second derivatives, of the point and of what surrounds it.
      let twice = "gradient(fn x -> sum(gradient(fn y -> sum(y ** 3), at: x)), at: v)"
      #expect(run.failure(of: twice).contains("second derivatives"))
      let around = "gradient(fn x -> sum(gradient(fn y -> sum(y * x), at: v)), at: v)"
      #expect(run.failure(of: around).contains("second derivatives"))
      let operation =
        "gradient(fn x -> sum(logits(load(\"minivlm\") with .layers[0].output on .last => add(x), "
        + "prompt(\"what is two plus two ?\"))), at: zeros(model: 96))"
      #expect(run.failure(of: operation).contains("`add` has no derivative"))
    }
  }
}
