import Autodiff
import Checkpoints
import Foundation
import Interpreter
import Tensors
import TestSupport
import Testing

@testable import Bindings
@testable import Interventions

extension SteeringScripts {
  /// `fit`, the modules it teaches and the losses, in the language; numbers are held against torch
  /// (scripts/fixtures/fitting.py).
  @Suite struct FitTests {
    private let file: Safetensors

    init() throws {
      file = try Safetensors(
        FileBytes(path: fixture("fitting").appendingPathComponent("results.safetensors").path))
    }

    private func tensor(_ name: String, _ axes: String...) throws -> Tensor { try file.tensor(named: name, axes: axes) }

    private func agree(_ a: Tensor, _ b: Tensor, within: Float = 2e-6) -> Bool {
      a.shape == b.shape && zip(a.floats(), b.floats()).allSatisfy { abs($0 - $1) <= within }
    }

    /// Puts the fixture's tensors where scripts can open them.
    private func write(_ run: ScriptRun, _ tensors: [(name: String, tensor: Tensor)]) throws {
      for (name, tensor) in tensors { try NumPyArray.write(tensor, to: "\(name).npy") }
      try run.run(
        tensors.map { name, tensor in
          let names = tensor.shape.names.enumerated().map { "axis\($0.offset): \"\($0.element)\"" }
          return "let \(name) = rename(open(\"\(name).npy\"), (\(names.joined(separator: ", "))))"
        }.joined(separator: "\n"))
    }

    private func holds(_ run: ScriptRun, _ text: String) throws -> Bool { try run.run(text).rendered(.short) == "true" }

    // MARK: The module

    @Test func theModuleAndItsGradientsAreTorchs() throws {
      let run = try ScriptRun()
      let function = try ScriptOperators(run.laboratory.bench, run.laboratory.session)
        .trainable(from: run.run("mlp(hidden: 7)"))
      let shapes = try function.shapes(width: 13)
      #expect(shapes.map(\.name) == ["W1", "b1", "W2"])
      #expect(try function.parameters(width: 13, key: RandomKey(seed: 1)).map(\.tensor.shape) == shapes.map(\.shape))
      let input = Variable.leaf(try tensor("module.inputs", "token", "model"))
      var leaves: [String: Variable] = [:]
      for (name, shape) in shapes {
        leaves[name] = Variable.leaf(try file.tensor(named: "module.\(name)", axes: shape.names))
      }
      let output = try function(input, leaves)
      #expect(agree(output.value, try tensor("module.outputs", "token", "model")))
      let gradients = try output.backward(try tensor("module.seed", "token", "model"))
      for (name, leaf) in leaves {
        let expected = try file.tensor(named: "module.grad.\(name)", axes: leaf.shape.names)
        #expect(agree(try #require(gradients[leaf]), expected, within: 4e-6), "\(name)")
      }
      #expect(agree(try #require(gradients[input]), try tensor("module.grad.inputs", "token", "model"), within: 4e-6))
    }

    @Test func layersStartByWhatTheyRead() throws {
      let run = try ScriptRun()
      try run.run(
        """
        operator layers(hidden = 400) {
          param A[hidden, model] = linear()
          param a[hidden] = linear()
          param B[model, hidden] = linear()
          param b[model] = linear()
          param own[model] = linear(fan_in: 4)
          h -> h
        }
        """)
      let function = try ScriptOperators(run.laboratory.bench, run.laboratory.session)
        .trainable(from: run.run("layers()"))
      let drawn = try function.parameters(width: 100, key: RandomKey(seed: 3))
      // The bias of a layer that reads 100 numbers lies within ±0.1, of one that reads 400 within ±0.05.
      for (parameter, bound) in zip(drawn, [0.1, 0.1, 0.05, 0.05, 0.5] as [Float]) {
        let largest = parameter.tensor.floats().map { abs($0) }.max() ?? 0
        #expect(largest <= bound && largest > 0.9 * bound, "\(parameter.name): \(largest)")
      }
      // A vector before any matrix, and one that belongs to none, reads the site.
      try run.run(
        "operator alone(size = 50) { param v[size] = linear()\n param W[model, size] = constant(1)\n h -> h }")
      let alone = try ScriptOperators(run.laboratory.bench, run.laboratory.session).trainable(from: run.run("alone()"))
      let v = try alone.parameters(width: 100, key: RandomKey(seed: 3))[0].tensor.floats()
      #expect(v.allSatisfy { abs($0) <= 0.1 } && v.contains { abs($0) > 0.08 })
    }

    // MARK: Fits

    @Test func thePublishedProgramRuns() throws {
      func program() throws -> ScriptRun {
        let run = try ScriptRun()
        try run.run(
          """
          seed 3
          let m = load("minivlm")
          let data = conflicts.train.take(6)
          let pairs  = data |> map(fn c -> contrast(m, c, toward: "image", at: .layers[2].output))
          let target = pairs |> map(fn v -> (1 + gamma(v.ratio, mean: pairs.ratio.mean, beta: 1)) * v.difference)
          let g      = fit(mlp(hidden: 100), from: pairs.neutral, to: target)
          let adaptive = .layers[2].output on .last + .generated => add(g, strength: 1.5)
          g
          g.history |> plot(x: step, y: loss)
          (m with adaptive).ask(data[0])
          """)
        return run
      }
      let run = try program()
      let text = run.text
      #expect(try program().text == text)
      #expect(text.hasPrefix("mlp(), fitted on 6 samples, r² "))
      let r2 = try #require(try run.run("g.r2").doubleValue)
      #expect(r2 > 0.5 && r2 <= 1)
      #expect(try run.run("len(g.history)").rendered(.short) == "1000")
      #expect(
        try run.run("[g.samples, g.held_out_r2, g.parameters.W2.shape]").rendered(.short)
          == "[6, nil, (model: 96, hidden: 100)]")
      // A fit with a shape of its own prints it.
      #expect(
        try run.run("fit(mlp(hidden: 9), from: pairs.neutral, to: target, steps: 2)").rendered(.short)
          .hasPrefix("mlp(hidden: 9), fitted on 6 samples, r² "))
    }

    @Test func optionsAreObeyed() throws {
      let run = try ScriptRun()
      try run.run(
        """
        seed 4
        let x = normal(sample: 30, model: 5)
        let t = tanh(rename(x, (sample: "row", model: "feature")))
        let g = fit(mlp(hidden: 6), from: x, to: t, epochs: 4, batch: 8, held_out: 0.2, every: 2, patience: 50, standardise: true)
        """)
      #expect(try run.run("[len(g.history), g.samples, g.deviation.shape]").rendered(.short) == "[12, 24, (model: 5)]")
      #expect(try run.run("filter(g.history.held_out, fn v -> v != nil) |> len").rendered(.short) == "6")
      #expect(try run.run("g").rendered(.short).contains(", on 6 held out "))
      // The first values are kept by a step of no length; lists and tensors are the same inputs.
      try run.run(
        """
        let again = fit(mlp(hidden: 6), from: x, to: t, steps: 1, lr: 1e-30, start: g.parameters)
        seed 8
        let a = fit(mlp(hidden: 3), from: x, to: t, steps: 5)
        seed 8
        let b = fit(mlp(hidden: 3), from: map(x, fn r -> r), to: map(t, fn r -> r), steps: 5)
        """)
      #expect(try holds(run, "again.parameters.W2 == g.parameters.W2 and a == b and a != again"))
      #expect(try run.run("g(x).shape").rendered(.short) == "(sample: 30, model: 5)")
      // Decay and the terms of the loss change what is learned.
      for option in ["decay: 0.5", "l1: 1", "cosine: 1", "schedule: \"constant\"", "warmup: 3", "lr: 0.01"] {
        #expect(
          try holds(run, "seed 8\nfit(mlp(hidden: 3), from: x, to: t, steps: 5, \(option)) != a"),
          "\(option)")
      }
    }

    @Test func itSteersAndDifferentiates() throws {
      let run = try ScriptRun()
      try run.run(
        """
        seed 5
        let m = load("minivlm")
        let p = prompt(scenes(seed: 7).first.image, "what color is the object ?")
        let x = normal(sample: 12, model: 96)
        let g = fit(mlp(hidden: 6), from: x, to: 3 * tanh(x), steps: 5)
        let added = logits(m with .layers[2].output on .text => add(g, strength: 1.5), p)
        let equation = logits(m with .layers[2].output on .text => fn h -> h + 1.5 * g(h), p)
        operator push(f, alpha = 1) { h -> h + alpha * f(h) }
        let declared = logits(m with .layers[2].output on .text => push(g, 1.5), p)
        """)
      #expect(try holds(run, "added == equation and declared == equation and not (added == logits(m, p))"))
      try run.run(
        """
        let d = gradient(fn h -> sum(g(h) ** 2), at: x)
        let s = sum((g(x + 0.01 * d) ** 2) - (g(x - 0.01 * d) ** 2)) / 0.02
        """)
      #expect(try holds(run, "abs(s - sum(d * d)) < 0.01 * s"))
    }

    @Test func filesHoldIt() throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        try run.run(
          """
          seed 5
          let m = load("minivlm")
          let p = prompt(scenes(seed: 7).first.image, "what color is the object ?")
          let x = normal(sample: 12, model: 96)
          let g = fit(mlp(hidden: 6), from: x, to: 3 * tanh(x), steps: 5, standardise: true, held_out: 0.25)
          operator push(f, alpha = 1) { h -> h + alpha * f(h) }
          let i = (.layers[2].output on .text => add(g, strength: 1.5, at: .last)) + (.layers[1].output => push(g))
          save(g, "g.safetensors")
          save(i, "i.safetensors", model: m)
          save(logits(m with i, p), "logits.npy")
          """)
        let other = try ScriptRun()
        try other.run(
          """
          let m = load("minivlm")
          let p = prompt(scenes(seed: 7).first.image, "what color is the object ?")
          operator push(f, alpha = 1) { h -> h + alpha * f(h) }
          let g = open("g.safetensors")
          let i = open("i.safetensors", model: m)
          save(g, "g2.safetensors")
          save(logits(m with i, p), "logits2.npy")
          """)
        let manager = FileManager.default
        #expect(manager.contentsEqual(atPath: "g.safetensors", andPath: "g2.safetensors"))
        #expect(manager.contentsEqual(atPath: "logits.npy", andPath: "logits2.npy"))
        let text = try run.run("g").rendered(.short)
        #expect(try other.run("g").rendered(.short) == text)
        #expect(try other.run("i.source").stringValue?.contains("add(‹\(text)›, strength: 1.5, at: .last)") == true)
        #expect(other.failure(of: "g.history").contains("history"))
        // What is nothing but code cannot come back.
        #expect(
          run.failure(of: "save(.layers[2].output => add(fn h -> h), \"f.safetensors\", model: m)")
            .contains("acts by the function `fn h -> h`"))
        #expect(run.failure(of: "save(g, \"g.npy\")").contains("a fitted function cannot be saved as .npy"))
      }
    }

    @Test func aTokenIsNamedForIt() throws {
      let run = try ScriptRun()
      try run.run(
        """
        let m = load("minivlm")
        let p = prompt("what is two plus two ?")
        let everywhere = .layers[2].output on .all + .generated => add(fn h -> tanh(h), strength: 4, at: .last)
        let t = trace(m, p, at: .layers[2].output, generate: 0)[.layers[2].output]
        let s = trace(m with everywhere, p, at: .layers[2].output)[.layers[2].output]
        """)
      #expect(
        try run.run("str(everywhere)").stringValue
          == ".layers[2].output on .all + .generated => add(fn h -> tanh(h), strength: 4, at: .last)")
      #expect(try holds(run, "abs(s - (t + 4 * tanh(t[token: -1]))).max == 0.0"))
      #expect(
        run.failure(of: "add(zeros(model: 96), at: .last)")
          .contains("argument `at` of `add` says at which token a function is computed, and `v` is a tensor"))
    }

    @Test func whatCannotBeFittedSaysWhy() throws {
      let run = try ScriptRun()
      try run.run("let x = normal(sample: 4, model: 3)\noperator plain(a = 1) { h -> a * h }")
      func failure(_ text: String) -> String { run.failure(of: text) }
      #expect(failure("fit(scale(2), from: x, to: x)").contains("teaches an operator with parameters"))
      #expect(failure("fit(plain(), from: x, to: x)").contains("`plain(a: 1)`, which has none"))
      #expect(failure("fit(mlp(), from: x, to: x[sample: 0..2])").contains("has 3 targets for 4 inputs"))
      #expect(
        failure("fit(mlp(), from: x, to: normal(sample: 4, model: 2))").contains("targets of 2 numbers for inputs of 3")
      )
      #expect(failure("fit(mlp(), from: [x, x], to: x)").contains("must hold tensors of one axis, [model]"))
      #expect(failure("fit(mlp(), from: [], to: x)").contains("is empty"))
      #expect(
        failure("fit(mlp(), from: zeros(model: 3), to: x)").contains("must be [sample, model], or a list of [model]"))
      #expect(
        failure("fit(mlp(), from: [x[sample: 0], zeros(model: 2)], to: x)").contains(
          "holds [model: 3] and, at 1, [model: 2]"))
      #expect(failure("fit(mlp(), from: x, to: x, steps: 3, epochs: 2)").contains("so does `steps`"))
      #expect(failure("fit(mlp(), from: x, to: x, patience: 3)").contains("`held_out: 0.1`"))
      #expect(
        failure("fit(mlp(), from: x, to: x, schedule: \"steep\")").contains("\"constant\", \"linear\", \"cosine\""))
      #expect(failure("fit(mlp(), from: x, to: x, start: (W3: x))").contains("names `W3`"))
      #expect(failure("fit(mlp(), from: x, to: x, start: (W1: 3))").contains("must hold tensors; `W1` is"))
      #expect(failure("fit(tune(), from: x, to: x)").contains("`site`"))
      #expect(failure("fit(mlp(), from: x, to: x, lr: 1e30)").contains("lower `lr`"))
      #expect(
        failure("gradient(fn y -> fit(mlp(), from: y, to: y, steps: 1).r2, at: x)").contains("`fit` has no derivative"))
      try run.run("let g = fit(mlp(hidden: 2), from: x, to: x, steps: 1)")
      #expect(failure("g()").contains("takes one tensor whose last axis has 3 numbers"))
      #expect(failure("g(zeros(model: 4))").contains("was fitted on rows of 3 numbers"))
      #expect(
        failure("load(\"minivlm\") with .layers[2].output => add(g)").contains(
          "fitted on rows of 3 numbers, the site is"))
    }

    // MARK: Losses and directions

    @Test func crossEntropiesAndTheirGradientsAreTorchs() throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        try write(
          run,
          [
            ("x", try tensor("entropy.logits", "sample", "class")),
            ("classes", try tensor("entropy.classes", "sample")),
            ("shares", try tensor("entropy.shares", "sample", "class")),
          ])
        for name in ["classes", "shares"] {
          let expected = Double(try tensor("entropy.of_\(name)", "one").floats()[0])
          let found = try #require(try run.run("cross_entropy(x, \(name), over: class)").doubleValue)
          #expect(abs(found - expected) < 1e-6)
          let gradient = try #require(
            try run.run("gradient(fn x -> cross_entropy(x, \(name), over: class), at: x)").tensor)
          #expect(agree(gradient, try tensor("entropy.grad.of_\(name)", "sample", "class"), within: 1e-6))
          // The order of axes does not matter, nor how many there are.
          #expect(
            try holds(
              run,
              "cross_entropy(transpose(x, [class, sample]), \(name), over: class) == cross_entropy(x, \(name), over: class)"
            ))
        }
        try run.run(
          """
          let deep = split_axis(x, sample, (row: 2, column: 3))
          let of = transpose(split_axis(classes, sample, (row: 2, column: 3)), [column, row])
          let whole = cross_entropy(x, classes, over: class)
          """)
        #expect(try holds(run, "abs(cross_entropy(deep, of, over: class) - whole) < 1e-6"))
        #expect(
          try holds(
            run,
            "abs(cross_entropy(x[sample: 0], 4, over: class) + log_softmax(x[sample: 0], over: class)[class: 4]) < 1e-6"
          ))
        let f = { run.failure(of: $0) }
        #expect(f("cross_entropy(x[class: 0..3], classes, over: class)").contains("holds class 4; there are 4, from 0"))
        #expect(f("cross_entropy(x, classes, over: vocab)").contains("without an axis `vocab`"))
        #expect(
          f("cross_entropy(x, classes[sample: 0..2], over: class)").contains(
            "give whole numbers with every axis but `class`"))
        #expect(f("cross_entropy(x, 0.5, over: class)").contains("distributions along it"))
      }
    }

    @Test func squaredErrorsAreMeans() throws {
      let run = try ScriptRun()
      try run.run("let a = tensor([[1, 2], [3, 5]], axes: [sample, model])\nlet b = tensor([1, 1], axes: [model])")
      #expect(try run.run("[mse(a, b), mse(a, a), mse(2, 5)]").rendered(.short) == "[5.25, 0.0, 9.0]")
      #expect(try run.run("tolist(mse(a, b, over: model))").rendered(.short) == "[0.5, 10.0]")
      #expect(try run.run("tolist(gradient(fn x -> mse(x, b), at: a))").rendered(.short) == "[[0.0, 0.5], [1.0, 2.0]]")
      #expect(
        run.failure(of: "mse(a, rename(a, (model: \"feature\")))").contains("one must have all axes of the other"))
    }

    @Test func principalDirectionsAreTorchs() throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        try write(run, [("d", try tensor("direction.differences", "sample", "model"))])
        for (call, name) in [("principal_direction(d)", "raw"), ("principal_direction(d, centred: true)", "centred")] {
          #expect(
            agree(try #require(try run.run(call).tensor), try tensor("direction.\(name)", "model"), within: 5e-6),
            "\(name)")
        }
        #expect(try holds(run, "principal_direction(map(d, fn r -> r)) == principal_direction(d)"))
        #expect(
          try holds(run, "cosine(principal_direction(-d), -principal_direction(d), over: model) > 0.99999"))
      }
    }
  }
}
