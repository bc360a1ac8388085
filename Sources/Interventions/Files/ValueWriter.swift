import Checkpoints
import Models
import Tensors

/// Collects a file's tensors while the JSON that says what they are is made.
struct ValueWriter {
  private(set) var tensors: [(name: String, tensor: Tensor)] = []

  mutating func json(_ arguments: [OperatorArgument], _ place: String) -> JSON {
    .array(
      arguments.map { argument in
        .object([
          "name": .string(argument.name), "positional": .bool(argument.isPositional),
          "value": json(argument.value, "\(place).\(argument.name)"),
        ])
      })
  }

  mutating func json(_ parameters: [NamedTensor], _ place: String) -> JSON {
    .array(
      parameters.map { parameter in
        var about: JSON.Object = [
          "name": .string(parameter.name), "value": json(parameter.tensor, "\(place).\(parameter.name)"),
        ]
        if parameter.isOrthonormal { about["orthonormal"] = .bool(true) }
        return .object(about)
      })
  }

  mutating func json(_ value: OperatorArgument.Value, _ name: String) -> JSON {
    switch value {
    case .integer(let value): .object(["integer": .integer(value)])
    case .number(let value): .object(["number": .string(numberText(value))])
    case .flag(let value): .object(["flag": .bool(value)])
    case .text(let text): .object(["text": .string(text)])
    case .function(let source): .object(["function": .string(source)])
    case .tokens(let source): .object(["tokens": .string(source)])
    case .tensor(let tensor): json(tensor, name)
    case .fitted(let function): .object(["fitted": json(function, name)])
    }
  }

  mutating func json(_ fitted: FittedFunction, _ name: String) -> JSON {
    var about: JSON.Object = [
      "operator": .object([
        "name": .string(fitted.function.name), "source": .string(fitted.function.source),
        "arguments": json(fitted.function.arguments, name),
      ]),
      "width": .integer(fitted.width),
      "samples": .integer(fitted.quality.samples),
      "parameters": json(fitted.parameters, name),
    ]
    if fitted.quality.heldOut > 0 { about["held_out"] = .integer(fitted.quality.heldOut) }
    if let r2 = fitted.quality.r2 { about["r2"] = .string(numberText(r2)) }
    if let r2 = fitted.quality.heldOutR2 { about["held_out_r2"] = .string(numberText(r2)) }
    if let own = fitted.standardisation {
      about["mean"] = json(own.mean, "\(name).mean")
      about["deviation"] = json(own.deviation, "\(name).deviation")
    }
    return .object(about)
  }

  /// Axis names and layer labels are no part of safetensors, so they go here.
  private mutating func json(_ tensor: Tensor, _ name: String) -> JSON {
    tensors.append((name, tensor))
    var object: JSON.Object = [
      "tensor": .string(name), "axes": .array(tensor.axes.map { .string($0.name) }),
    ]
    if let labels = tensor.axes.lazy.compactMap({ $0.labels as? LayerLabels }).first {
      object["layers"] = .array(labels.layers.map { .integer($0) })
    }
    return .object(object)
  }
}
