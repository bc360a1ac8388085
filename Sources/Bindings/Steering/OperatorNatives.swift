import Autodiff
import Interpreter
import Interventions
import Tensors

extension NativeTable {
  /// The bodies of `stdlib/steering.steer`.
  mutating func addOperators(_ bench: Workbench) {
    func define(_ name: String, _ make: @escaping (NativeCall) throws -> any Operator) {
      self[name] = { call in .object(NativeOperatorObject(try make(call))) }
    }
    define("add") { call in
      let strength = try Strength(call.value("strength"), for: "strength", call)
      let value = call.value("v")
      let reference = call.value("at").isNull ? nil : try TokenSelector(call.value("at"))
      if let fitted = value.object as? FittedObject {
        return Add(fitted.function, strength: strength, at: reference)
      }
      guard value.tensor == nil, value.isCallable else {
        let direction = try call.tensor("v").to(.f32)
        guard reference == nil else {
          throw call.wrongValue("at", "says at which token a function is computed, and `v` is a tensor")
        }
        return Add(direction, strength: strength)
      }
      let session = call.session
      let source = value.rendered(.short)
      return Add(source: source, strength: strength, at: reference) { hidden in
        try ScriptOperators.variable(try session.call(value, Value(hidden)), from: source)
      }
    }
    define("scale") { call in
      let value = call.value("factor")
      if let tensor = value.tensor, tensor.shape.index(of: "layer") == nil {
        return Scale(try call.tensor("factor").to(.f32))
      }
      return Scale(try Strength(value, for: "factor", call))
    }
    define("replace") { call in
      if let number = call.value("value").doubleValue { return Replace(Float(number)) }
      return Replace(try call.tensor("value").to(.f32))
    }
    define("patch") { call in Replace.patch(try call.tensor("value").to(.f32)) }
    define("zero") { _ in Replace.zero }
    define("mean_ablate") { call in Replace.meanAblate(try call.tensor("mean").to(.f32)) }
    define("project_out") { call in ProjectOut(try call.tensor("directions").to(.f32)) }
    define("clamp") { call in
      func bound(_ name: String) throws -> Float? { call.value(name).isNull ? nil : Float(try call.number(name)) }
      let direction = call.value("direction").isNull ? nil : try call.tensor("direction").to(.f32)
      return try Clamp(min: bound("min"), max: bound("max"), direction: direction)
    }
    addStarts(bench)
  }

  private mutating func addStarts(_ bench: Workbench) {
    /// The parameter that is being given its first value: its axes and where to draw from.
    func define(_ name: String, _ draw: @escaping (NativeCall, [Axis], ParameterStart) throws -> Tensor) {
      self[name] = { call in
        guard let parameter = call.session.initialisation, let start = bench.parameterStart else {
          throw ScriptError(.badCall, "`\(name)` says how a `param` of an operator starts; it has no meaning elsewhere")
        }
        return Value(try draw(call, parameter.axes.map { Axis($0.name, $0.size) }, start))
      }
    }
    define("constant") { call, axes, start in
      try Start.constant(Float(call.number("value"))).tensor(axes, key: start.key)
    }
    define("gaussian") { call, axes, start in
      try Start.gaussian(Float(call.number("deviation"))).tensor(axes, key: start.key)
    }
    // A start may also be made of it: a parameter of other axes is an error where the start is looked at.
    define("itself") { _, _, start in try start.weight() }
    define("linear") { call, axes, start in
      let fanIn = call.value("fan_in").isNull ? start.fanIn : try call.int("fan_in", atLeast: 1)
      return try Start.linear(fanIn: fanIn).tensor(axes, key: start.key)
    }
    define("orthogonal") { _, axes, start in
      let drawn = try Start.orthogonal.tensor(axes, key: start.key)
      bench.orthonormalStart = drawn.storage
      return drawn
    }
  }
}
