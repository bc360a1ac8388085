import Autodiff
import Interpreter
import Interventions
import Syntax
import Tensors

/// A tensor as a value. A tensor without axes is a number in scripts, and one of these only where a gradient is to pass
/// through it.
final class TensorObject: HostObject {
  let variable: Variable
  var tensor: Tensor { variable.value }

  init(_ variable: Variable) { self.variable = variable }

  override var typeName: String { "tensor" }

  override func rendered(_ style: RenderingStyle) -> String {
    if tensor.axes.isEmpty { return Value(tensor).rendered(style) }
    return style.form == .short ? tensor.describe() : tensor.text(width: style.width)
  }

  /// The elements along the first axis.
  override var count: Int? { tensor.axes.first?.size }

  override func element(at position: Int, in session: Session) throws -> Value {
    Value(try variable.select(tensor.axes[0].name, .index(position)))
  }

  override func isEqual(to other: Object) -> Bool {
    guard let other = (other as? TensorObject)?.tensor, other.shape == tensor.shape else { return false }
    return (try? tensor.equal(other).all())?.isTrue ?? false
  }

  override func perform(_ native: String, _ call: NativeCall) throws -> Value? { try extended(native, call) }

  // MARK: Indices

  /// `t[head: 3, key: .image]`; unnamed indices stand for the axes in order.
  override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    guard arguments.positional.count <= tensor.axes.count else {
      throw ScriptError(
        .badIndex,
        "the tensor \(tensor.shape) has \(tensor.axes.count) axes, found \(arguments.positional.count) indices")
    }
    var place = 0
    var chosen: [(axis: String, value: Value)] = []
    for argument in arguments.all {
      let name = argument.name ?? tensor.axes[place].name
      if argument.name == nil { place += 1 }
      guard !chosen.contains(where: { $0.axis == name }) else {
        throw ScriptError(.badIndex, "axis `\(name)` is indexed twice")
      }
      chosen.append((name, argument.value))
    }
    var result = variable
    for (name, value) in chosen { result = try result.indexed(name, by: value) }
    return Value(result)
  }

  // MARK: Operators

  override func binary(
    _ op: BinaryOperator, _ other: Value, swapped: Bool, in session: Session
  ) throws -> Value? {
    guard let operand = Variable(operand: other, beside: tensor.dtype) else { return nil }
    let (left, right) = swapped ? (operand, variable) : (variable, operand)
    let result: Variable
    switch op {
    case .add: result = try left + right
    case .subtract: result = try left - right
    case .multiply: result = try left * right
    case .divide: result = try left / right
    case .modulo: result = try left.remainder(right)
    case .power: result = try left.power(right)
    case .contract: result = try left.contract(right)
    case .less: result = try left.less(right)
    case .lessOrEqual: result = try left.lessOrEqual(right)
    case .greater: result = try left.greater(right)
    case .greaterOrEqual: result = try left.greaterOrEqual(right)
    case .equal, .notEqual:
      // Two tensors are one thing or two; against a number the elements are compared.
      if other.object is TensorObject { return nil }
      result = op == .equal ? try left.equal(right) : try left.notEqual(right)
    case .integerDivide, .and, .or, .on, .yields, .with: return nil
    }
    return Value(result)
  }

  override func unary(_ op: UnaryOperator, in session: Session) throws -> Value? {
    switch op {
    case .negate: Value(variable.negated())
    case .not: tensor.dtype == .bool ? Value(try variable.not()) : nil
    }
  }
}

extension Value {
  /// A tensor as scripts see it: one without axes is a number or a truth value.
  init(_ tensor: Tensor) {
    guard tensor.axes.isEmpty else {
      self = .object(TensorObject(Variable(tensor)))
      return
    }
    switch tensor.dtype {
    case .bool: self = .bool(tensor.isTrue)
    case .i64: self = .int((try? tensor.integers().first) ?? 0)
    case .f32, .f16, .bf16, .blocks: self = .float(Double(decimal: tensor.floats()[0]))
    case .f64: self = .float(tensor.doubles()[0])
    }
  }

  /// A tensor as scripts see it. What a gradient is to pass through stays a tensor, with or without axes.
  init(_ variable: Variable) {
    if variable.isTracked {
      self = .object(TensorObject(variable))
    } else {
      self.init(variable.value)
    }
  }

  /// The numbers of a tensor, for looking at: what is computed from them has no gradient.
  var tensor: Tensor? { (object as? TensorObject)?.tensor }
}

extension Value {
  fileprivate var isInteger: Bool {
    guard case .int = self else { return false }
    return true
  }
}

extension Tensor {
  /// The truth value of a mask without axes.
  var isTrue: Bool { (try? booleans().first) ?? false }

  /// The numbers of what stands beside a tensor in arithmetic; what is computed from them has no gradient.
  init?(operand value: Value) {
    guard let variable = Variable(operand: value) else { return nil }
    self = variable.value
  }
}

extension Variable {
  /// What stands beside a tensor in arithmetic: another one, or a number, which is f64 beside f64 and f32 otherwise.
  init?(operand value: Value, beside dtype: DType? = nil) {
    switch value {
    case .int(let value):
      self.init(dtype == .f64 ? Tensor(double: Double(value)) : Tensor(Float(value)))
    case .float(let value): self.init(Tensor(value, dtype: dtype == .f64 ? .f64 : .f32))
    default:
      guard let variable = (value.object as? TensorObject)?.variable else { return nil }
      self = variable
    }
  }

  /// The numbers, for a function that has no derivative.
  func constant(for function: String) throws -> Tensor {
    try constant(for: function, advice: "`detach(t)` gives the numbers without their gradient")
  }

  /// One axis by an index, a range, a list, `*`, or by the tokens that stand along it. Along `layer` the number is the
  /// layer's, where the tensor knows which layers it holds.
  func indexed(_ name: String, by value: Value) throws -> Variable {
    guard let place = shape.index(of: name) else {
      throw ScriptError(
        .badIndex,
        "the tensor \(shape) has no axis `\(name)`; it has \(shape.names.map { "`\($0)`" }.joined(separator: ", "))")
    }
    let axis = axes[place]
    switch value {
    case .int(let index): return try select(name, .index(axis.position(of: index)))
    case .object(is AllObject): return self
    case .object(let mask as TensorObject) where mask.tensor.dtype == .bool && mask.tensor.shape.rank == 1:
      let kept = try mask.tensor.booleans()
      guard kept.count == axis.size else {
        throw ScriptError(.badIndex, "the mask has \(kept.count) elements, axis `\(name)` has \(axis.size)")
      }
      return try select(name, .list(kept.indices.filter { kept[$0] }))
    case .object(let positions as TensorObject)
    where positions.tensor.dtype == .i64 && positions.tensor.shape.rank == 1:
      return try select(name, .list(try positions.tensor.integers().map { try axis.position(of: $0) }))
    case .object(let mask as TensorObject):
      throw ScriptError(
        .badIndex, "an axis is indexed by a mask or positions of one axis, found \(mask.tensor.describe())",
        help: "choose among elements with `where(mask, a, b)`")
    case .object(is PathObject), .object(is TokensObject):
      return try select(name, .list(try axis.indices(of: TokenSelector(value))))
    case .object(let list as ListObject) where !list.elements.isEmpty && list.elements.allSatisfy(\.isInteger):
      // In the list's order, and as often as it says.
      return try select(
        name, .list(list.elements.map { if case .int(let index) = $0 { try axis.position(of: index) } else { 0 } }))
    default:
      let choice = try IndexChoice([try PathValue(value)], in: "[\(name): \(value.rendered(.short))]")
      return try select(name, .list(try axis.positions(of: choice)))
    }
  }
}

extension Axis {
  /// Where an index points: the layer of that number on an axis that knows its layers, otherwise the position.
  func position(of index: Int) throws -> Int {
    if let layers = (labels as? LayerLabels)?.layers, index >= 0 {
      guard let position = layers.firstIndex(of: index) else {
        throw ScriptError(
          .indexOutOfRange,
          "layer \(index) is not in this tensor; it holds layers \(layers.map(String.init).joined(separator: ", "))")
      }
      return position
    }
    let position = index < 0 ? index + size : index
    guard (0..<size).contains(position) else {
      throw ScriptError(.indexOutOfRange, "index \(index) is outside axis `\(name)`, which has \(size) entries")
    }
    return position
  }

  func positions(of choice: IndexChoice) throws -> [Int] {
    if let layers = (labels as? LayerLabels)?.layers, case .items = choice {
      let wanted = Set(choice.resolve(count: (layers.max() ?? -1) + 1).indices)
      return layers.indices.filter { wanted.contains(layers[$0]) }
    }
    let (indices, outside) = choice.resolve(count: size)
    if let outside = outside.first {
      throw ScriptError(.indexOutOfRange, "index \(outside) is outside axis `\(name)`, which has \(size) entries")
    }
    return indices
  }
}

extension Double {
  /// The shortest decimal that stands for a single-precision number: 0.1 rather than 0.10000000149.
  init(decimal value: Float) { self = value.isFinite ? Double("\(value)") ?? Double(value) : Double(value) }
}
