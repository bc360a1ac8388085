import Syntax

extension Machine {
  /// The object an instruction makes from operands on the stack, and how many of them it takes.
  func make(_ instruction: Instruction, _ frame: UnsafeMutablePointer<Frame>) throws -> (Value, popped: Int) {
    let code = frame.pointee.header.pointee.code.takeUnretainedValue()
    let operand = Int(instruction.a)
    switch instruction.operation {
    case .makeRange: return try makeRange(operand)
    case .makePath: return makePath(code.tables.paths[operand])
    case .makeFunction:
      let template = code.tables.closures[operand]
      return (.object(FunctionObject(template.code, captures: captured(template.captures, frame))), 0)
    case .makeOperator: return try makeOperator(code.tables.operators[operand], frame)
    default: return (.string(operands(operand).map(\.displayed).joined()), operand)
    }
  }

  /// An array of the values from `first` on, which are gone from there.
  static func moved(_ first: UnsafeMutablePointer<Value>, count: Int) -> [Value] {
    Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      buffer.baseAddress?.moveInitialize(from: first, count: count)
      initialized = count
    }
  }

  private func operands(_ count: Int) -> [Value] { Array(UnsafeBufferPointer(start: top - count, count: count)) }

  private func captured(_ sources: [CaptureSource], _ frame: UnsafeMutablePointer<Frame>) -> [Value] {
    sources.map { source in
      switch source {
      case .local(let slot): frame.pointee.base[slot]
      case .capture(let position): frame.pointee.captures?[position] ?? .null
      case .itself: frame.pointee.function.map { .object($0.takeUnretainedValue()) } ?? .null
      }
    }
  }

  private func makeRange(_ flags: Int) throws -> (Value, popped: Int) {
    let hasStep = flags & 2 != 0
    let values = operands(hasStep ? 3 : 2)
    let isInclusive = flags & 1 != 0
    if case .int(let lower) = values[0], case .int(let upper) = values[1] {
      switch hasStep ? values[2] : .null {
      case .null:
        return (.object(try RangeObject(lower: lower, upper: upper, inclusive: isInclusive)), values.count)
      case .int(let step):
        return (.object(try RangeObject(lower: lower, upper: upper, inclusive: isInclusive, step: step)), values.count)
      default: break
      }
    }
    let numbers = values.map(\.doubleValue)
    if let wrong = numbers.firstIndex(where: { $0 == nil }) {
      throw ScriptError(.badRange, "a range is made of numbers, found \(values[wrong].typePhrase)")
    }
    let range = try RangeObject(
      lower: numbers[0] ?? 0, upper: numbers[1] ?? 0, inclusive: isInclusive, step: hasStep ? numbers[2] : nil)
    return (.object(range), values.count)
  }

  private func makePath(_ templates: [CodeTables.PathTemplate]) -> (Value, popped: Int) {
    let count = templates.reduce(0) { $0 + ($1.argumentNames?.count ?? 0) }
    var values = operands(count)[...]
    let segments = templates.map { template in
      guard let names = template.argumentNames else { return PathObject.Segment(template.name) }
      let arguments = Arguments(names.map { name in Arguments.Element(values.removeFirst(), name: name) })
      return PathObject.Segment(template.name, template.isCall ? .call(arguments) : .index(arguments))
    }
    return (.object(PathObject(segments)), count)
  }

  /// On the stack lie, for each trainable parameter, its axes' sizes and the closure of its initial value, and then the
  /// closure of the update. The operator's own parameters are the frame's first locals.
  private func makeOperator(
    _ definition: OperatorDefinition, _ frame: UnsafeMutablePointer<Frame>
  ) throws -> (Value, popped: Int) {
    let count = definition.trainables.reduce(1) { $0 + $1.axes.count + 1 }
    var values = operands(count)[...]
    var parameters: [OperatorObject.Parameter] = []
    for trainable in definition.trainables {
      var sizes: [FunctionObject?] = []
      let axes = try trainable.axes.map { axis in
        let value = values.removeFirst()
        sizes.append(axis.hasSize ? value.object as? FunctionObject : nil)
        switch value {
        case .int(let size):
          guard size > 0 else {
            throw ScriptError(
              .badArgument,
              "axis `\(axis.name)` of `\(trainable.name)` in `\(definition.name)` must have a size of at least 1, "
                + "found \(size)")
          }
          return OperatorObject.Axis(name: axis.name, size: size)
        case .object(let object as StringObject)
        where !axis.hasSize && definition.signature.parameters.contains { $0.name == axis.name }:
          return OperatorObject.Axis(name: object.text, size: nil)
        default: return OperatorObject.Axis(name: axis.name, size: nil)
        }
      }
      guard case .object(let initial as FunctionObject) = values.removeFirst() else { continue }
      parameters.append(
        OperatorObject.Parameter(
          name: trainable.name, axes: axes, documentation: trainable.documentation, initial: initial,
          sizes: sizes))
    }
    guard case .object(let update as FunctionObject)? = values.first else { return (.null, count) }
    let arguments = definition.signature.parameters.indices.map { frame.pointee.base[$0] }
    return (
      .object(OperatorObject(definition, arguments: arguments, parameters: parameters, update: update)), count
    )
  }
}
