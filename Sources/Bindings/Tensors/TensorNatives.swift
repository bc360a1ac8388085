import Autodiff
import Interpreter
import Interventions
import Tensors

extension NativeTable {
  /// The bodies of `stdlib/tensors.steer`.
  mutating func addTensors(_ bench: Workbench) {
    addTensorMaking(bench)
    addTensorShapes()
    addTensorReductions()
    addTensorFunctions()
    addLinearAlgebra()
    addGradients()
  }

  private mutating func addTensorMaking(_ bench: Workbench) {
    self["tensor"] = { call in
      let nested = try NestedNumbers(call.value("values"), call)
      let names = try call.names("axes")
      let chosen = names.isEmpty ? nested.sizes.indices.map { "axis\($0)" } : names
      guard chosen.count == nested.sizes.count else {
        throw call.wrongValue(
          "axes", "must name \(nested.sizes.count) axes, one for each level of the lists, found \(chosen.count)")
      }
      let axes = zip(chosen, nested.sizes).map { Axis($0, $1) }
      return nested.areIntegers
        ? Value(try Tensor.of(nested.values.map { Int($0) }, axes))
        : Value(try Tensor.of(nested.values.map { Float($0) }, axes))
    }
    self["zeros"] = { call in Value(try Tensor.zeros(call.axes("sizes"))) }
    self["ones"] = { call in Value(try Tensor.ones(call.axes("sizes"))) }
    self["full"] = { call in Value(try Tensor.full(Float(call.number("value")), call.axes("sizes"))) }
    self["arange"] = { call in Value(try Tensor.arange(Axis(call.axisName("axis"), call.int("count", atLeast: 0)))) }
    self["normal"] = { call in Value(try bench.nextKey().normal(call.axes("sizes"))) }
    self["uniform"] = { call in Value(try bench.nextKey().uniform(call.axes("sizes"))) }
    self["eye"] = { call in
      let names = try call.names("axes")
      let size = try call.int("size", atLeast: 0)
      guard names.count == 2 else { throw call.wrongValue("axes", "must name the two axes of the matrix") }
      return Value(try Tensor.eye(Axis(names[0], size), Axis(names[1], size)))
    }
  }

  private mutating func addTensorShapes() {
    self["shape"] = { call in .record(try call.variable("t").axes.map { ($0.name, .int($0.size)) }) }
    self["axes"] = { call in .list(try call.variable("t").axes.map { .string($0.name) }) }
    self["size"] = { call in .int(try call.variable("t").count) }
    self["dtype"] = { call in .string(try call.variable("t").dtype.rawValue) }
    self["cast"] = { call in
      let name = try call.string("dtype")
      guard let dtype = DType(rawValue: name) else {
        let known = DType.plain.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        throw call.wrongValue("dtype", "must be one of \(known), found \"\(name)\"")
      }
      return Value(try call.variable("t").to(dtype))
    }
    self["labels"] = { call in
      let tensor = try call.variable("t").value
      let name = try call.axisName("over")
      guard let axis = tensor.axes.first(where: { $0.name == name }) else {
        throw call.wrongValue("over", "names `\(name)`, which \(tensor.shape) does not have")
      }
      if let layers = (axis.labels as? LayerLabels)?.layers { return .list(layers.map { .int($0) }) }
      return .list((0..<axis.size).map { place in axis.labels.map { .string($0.label(at: place)) } ?? .int(place) })
    }
    self["tolist"] = { call in try call.variable("t").nestedLists() }
    self["rename"] = { call in
      var variable = try call.variable("t")
      let names = try call.record("names").fields.map { old, new in
        guard let new = new.stringValue else { throw call.wrongValue("names", "must give new names as strings") }
        return (old: old, new: new)
      }
      // All at once, so that two axes can take each other's names.
      let taken = Set(names.map(\.old)).intersection(names.map(\.new))
      for (old, _) in names where taken.contains(old) { variable = try variable.rename(old, to: "‹\(old)›") }
      for (old, new) in names { variable = try variable.rename(taken.contains(old) ? "‹\(old)›" : old, to: new) }
      return Value(variable)
    }
    self["transpose"] = { call in Value(try call.variable("t").reorder(call.names("order"))) }
    self["merge"] = { call in Value(try call.variable("t").merge(call.names("axes"), into: call.axisName("into"))) }
    self["split_axis"] = { call in Value(try call.variable("t").split(call.axisName("over"), into: call.axes("into"))) }
    self["cat"] = { call in Value(try Variable.concat(call.variables("tensors"), along: call.axisName("over"))) }
    self["stack"] = { call in Value(try Variable.stack(call.variables("tensors"), into: call.axisName("over"))) }
  }

  private mutating func addTensorReductions() {
    func reduction(_ name: String, _ body: @escaping (Variable, [String]?) throws -> Variable) {
      self[name] = { call in Value(try body(call.variable("t"), call.namesOrAll("over"))) }
    }
    reduction("std") { try $0.standardDeviation(over: $1) }
    reduction("variance") { try $0.variance(over: $1) }
    reduction("median") { try $0.median(over: $1) }
    reduction("norm") { try $0.norm(over: $1) }
    self["argmax"] = { call in Value(try call.variable("t").argmax(over: call.axisName("over"))) }
    self["argmin"] = { call in Value(try call.variable("t").argmin(over: call.axisName("over"))) }
    self["cumsum"] = { call in Value(try call.variable("t").cumulativeSum(over: call.axisName("over"))) }
    self["top"] = { call in
      let (values, indices) = try call.variable("t").top(call.int("k", atLeast: 1), over: call.axisName("over"))
      return .record([("values", Value(values)), ("indices", Value(indices))])
    }
    self["order"] = { call in Value(try call.variable("t").sorted(over: call.axisName("over"))) }
    self["nonfinite"] = { call in Value(try call.variable("t").countNonFinite()) }
  }

  private mutating func addTensorFunctions() {
    func elementwise(_ name: String, _ body: @escaping (Variable) -> Variable) {
      self[name] = { call in Value(body(try call.variable("t"))) }
    }
    elementwise("tanh") { $0.tanh() }
    elementwise("sigmoid") { $0.sigmoid() }
    elementwise("relu") { $0.relu() }
    elementwise("gelu") { $0.gelu() }
    elementwise("silu") { $0.silu() }
    self["softmax"] = { call in Value(try call.variable("t").softmax(over: call.axisName("over"))) }
    self["log_softmax"] = { call in Value(try call.variable("t").logSoftmax(over: call.axisName("over"))) }
    self["where"] = { call in
      let mask = try call.variable("mask")
      guard mask.dtype == .bool else {
        throw call.wrongValue("mask", "must be a comparison's result, found \(mask.dtype.rawValue)")
      }
      let dtypes = ["a", "b"].map { call.value($0).tensor?.dtype }
      return Value(
        try mask.choose(call.variable("a", beside: dtypes[1]), else: call.variable("b", beside: dtypes[0])))
    }
    self["unit"] = { call in
      let variable = try call.variable("t")
      guard let axis = try call.name("over") ?? variable.axes.last?.name else {
        throw call.wrongValue("t", "is a number; a direction needs an axis")
      }
      return Value(try variable.unit(over: axis))
    }
    self["dot"] = { call in Value(try call.variable("a").contract(call.variable("b"), over: call.names("over"))) }
    self["einsum"] = { call in Value(try Variable.einsum(call.variables("tensors"), to: call.names("keep"))) }
  }
}

extension NativeCall {
  /// A tensor, for functions that have a derivative; a number is a tensor without axes.
  func variable(_ parameter: String) throws -> Variable {
    try variable(parameter, beside: nil)
  }

  /// A tensor; a number is one without axes, f64 where it stands beside f64.
  func variable(_ parameter: String, beside dtype: DType?) throws -> Variable {
    guard let variable = Variable(operand: value(parameter), beside: dtype) else {
      throw wrongType(parameter, expected: "a tensor")
    }
    return variable
  }

  /// A tensor, for functions without a derivative.
  ///
  /// - Throws: `AutodiffError.noDerivative` for one that a gradient is to pass through.
  func tensor(_ parameter: String) throws -> Tensor { try variable(parameter).constant(for: name) }

  func variables(_ parameter: String) throws -> [Variable] {
    let variables = try elements(parameter).enumerated().map { position, element in
      guard let variable = Variable(operand: element) else {
        throw wrongValue(parameter, "must hold tensors, element \(position) is \(element.typePhrase)")
      }
      return variable
    }
    guard !variables.isEmpty else { throw wrongValue(parameter, "is empty") }
    return variables
  }

  /// Axes from a record of names and sizes.
  func axes(_ parameter: String) throws -> [Axis] {
    try record(parameter).fields.map { name, size in
      guard case .int(let size) = size, size >= 0 else {
        throw wrongValue(parameter, "needs sizes from 0; `\(name)` is \(size.rendered(.short))")
      }
      return Axis(name, size)
    }
  }

  func axisName(_ parameter: String) throws -> String {
    guard let name = try name(parameter) else { throw wrongValue(parameter, "must name an axis") }
    return name
  }

  /// The named axes; nil, which means all of them, when none is given.
  func namesOrAll(_ parameter: String) throws -> [String]? {
    let names = try names(parameter)
    return names.isEmpty && value(parameter).isNull ? nil : names
  }
}

/// Numbers in nested lists of equal lengths.
private struct NestedNumbers {
  private(set) var sizes: [Int] = []
  private(set) var values: [Double] = []
  private(set) var areIntegers = true

  init(_ value: Value, _ call: NativeCall) throws { try append(value, depth: 0, call) }

  private mutating func append(_ value: Value, depth: Int, _ call: NativeCall) throws {
    if let number = value.doubleValue {
      guard depth == sizes.count else { throw call.wrongValue("values", "has lists of different depth") }
      if case .float = value { areIntegers = false }
      if number.magnitude > 0x1p53 { areIntegers = false }
      values.append(number)
      return
    }
    guard value.stringValue == nil, let elements = try call.session.elements(of: value) else {
      throw call.wrongValue("values", "must hold numbers, found \(value.typePhrase)")
    }
    guard depth < 32 else { throw call.wrongValue("values", "is nested more than 32 deep") }
    if depth == sizes.count {
      guard values.isEmpty else { throw call.wrongValue("values", "has lists of different depth") }
      sizes.append(elements.count)
    }
    guard sizes[depth] == elements.count else {
      throw call.wrongValue("values", "has lists of different lengths: \(sizes[depth]) and \(elements.count)")
    }
    for element in elements { try append(element, depth: depth + 1, call) }
  }
}

extension Variable {
  fileprivate func nestedLists() throws -> Value {
    guard let axis = axes.first else { return Value(self) }
    return .list(try (0..<axis.size).map { try select(axis.name, .index($0)).nestedLists() })
  }
}
