import Autodiff
import Interpreter
import Interventions
import Models
import Tensors

extension NativeTable {
  /// The bodies of `stdlib/fitting.steer`.
  mutating func addFitting(_ bench: Workbench) {
    self["fit"] = { call in
      let function = try ScriptOperators(bench, call.session).trainable(from: call.value("g"))
      let (inputs, targets) = (try call.rows("from"), try call.rows("to"))
      guard inputs.axes[0].size == targets.axes[0].size else {
        throw call.wrongValue("to", "has \(targets.axes[0].size) targets for \(inputs.axes[0].size) inputs")
      }
      guard inputs.axes[1].size == targets.axes[1].size else {
        throw call.wrongValue(
          "to", "has targets of \(targets.axes[1].size) numbers for inputs of \(inputs.axes[1].size)")
      }
      let options = try FittingOptions(call, bench)
      let fit = try call.running {
        try function.fit(from: inputs, to: targets, options: options, control: call.control) {
          bench.progress(call.name, $0.step, $0.steps, note: $0.note)
        }
      }
      return .object(FittedObject(fit.function, history: fit.history))
    }
    self["mse"] = { call in
      let (a, b) = (try call.variable("a"), try call.variable("b"))
      let (first, second) = (Set(a.shape.names), Set(b.shape.names))
      guard first.isSubset(of: second) || second.isSubset(of: first) else {
        throw call.wrongValue("b", "is \(b.shape) beside \(a.shape); one must have all axes of the other")
      }
      return Value(try (a - b).square().mean(over: call.namesOrAll("over")))
    }
    self["cross_entropy"] = { call in Value(try call.crossEntropy()) }
  }
}

extension FittingOptions {
  /// From the arguments of `fit`.
  fileprivate init(_ call: NativeCall, _ bench: Workbench) throws {
    self.init()
    training.length = try call.length(usual: FittingOptions().training.length)
    training.batch = try call.int("batch", atLeast: 1)
    training.rate = try call.number("lr")
    training.decay = try call.number("decay")
    training.schedule = try call.schedule()
    l1 = try call.number("l1")
    cosine = try call.number("cosine")
    standardise = try call.bool("standardise")
    heldOut = try call.number("held_out")
    training.heldOutEvery = try call.optionalInt("every")
    if heldOut > 0 {
      training.patience = try call.optionalInt("patience")
    } else if let given = ["every", "patience"].first(where: { call.hasArgument($0) }) {
      throw call.wrongValue(given, "needs a share of samples to measure on, such as `held_out: 0.1`")
    }
    if !call.value("start").isNull {
      for (name, value) in try call.record("start").fields {
        guard let tensor = value.tensor else {
          throw call.wrongValue("start", "must hold tensors; `\(name)` is \(value.typePhrase)")
        }
        start[name] = tensor
      }
    }
    training.key = bench.nextKey()
  }
}

extension NativeCall {
  /// A tensor of two axes, or a list of tensors of one: `[sample, model]`.
  fileprivate func rows(_ parameter: String) throws -> Tensor {
    guard !(value(parameter).object is TensorObject) else {
      let rows = try tensor(parameter)
      guard rows.shape.rank == 2, rows.axes[1].size > 0 else {
        throw wrongValue(parameter, "must be [sample, model], or a list of [model]; found \(rows.shape)")
      }
      return rows
    }
    let rows = try variables(parameter).map { try $0.constant(for: name) }
    guard let first = rows.first, first.shape.rank == 1, first.count > 0 else {
      throw wrongValue(parameter, "must hold tensors of one axis, [model]; found \(rows.first?.shape ?? Shape([]))")
    }
    if let odd = rows.firstIndex(where: { $0.shape != first.shape }) {
      throw wrongValue(parameter, "holds \(first.shape) and, at \(odd), \(rows[odd].shape)")
    }
    return try Tensor.stack(rows, into: first.axes[0].name == "sample" ? "row" : "sample")
  }

  /// The mean over samples of −Σ p log softmax(logits), p one class or a distribution.
  fileprivate func crossEntropy() throws -> Variable {
    let (logits, axis) = (try variable("logits"), try axisName("over"))
    guard let classes = logits.axes.first(where: { $0.name == axis }), classes.size > 0 else {
      throw wrongValue("logits", "is \(logits.shape), without an axis `\(axis)` to choose from")
    }
    let others = logits.axes.filter { $0.name != axis }
    let count = others.reduce(1) { $0 * $1.size }
    guard count > 0 else { throw wrongValue("logits", "is \(logits.shape), which holds no sample") }
    guard let chosen = try chosenClasses(others) else {
      let targets = try variable("targets")
      guard targets.dtype != .i64, targets.shape.index(of: axis) != nil,
        targets.axes.allSatisfy({ own in logits.axes.contains { $0.name == own.name && $0.size == own.size } })
      else {
        throw wrongValue(
          "targets",
          "is \(targets.value.describe()) beside logits \(logits.shape); give whole numbers with every axis but `\(axis)`, "
            + "or distributions along it")
      }
      return try (targets * logits.logSoftmax(over: axis)).sum(over: [axis]).mean().negated()
    }
    if let wrong = chosen.first(where: { !(0..<classes.size).contains($0) }) {
      throw wrongValue("targets", "holds class \(wrong); there are \(classes.size), from 0")
    }
    let rows = try logits.reorder(others.map(\.name) + [axis])
      .reshape([Axis("row", count), Axis("vocab", classes.size)])
    return try rows.crossEntropies(targets: chosen).mean()
  }

  /// The classes of all samples in the order of the logits' other axes; nil where targets say something else.
  private func chosenClasses(_ axes: [Axis]) throws -> [Int]? {
    if case .int(let one) = value("targets") { return axes.isEmpty ? [one] : nil }
    guard let targets = value("targets").tensor, targets.dtype == .i64,
      Set(targets.shape.names) == Set(axes.map(\.name))
    else { return nil }
    let ordered = try targets.reorder(axes.map(\.name))
    return ordered.shape.sizes == axes.map(\.size) ? try ordered.integers() : nil
  }
}
