import Checkpoints
import Models
import Tensors

/// Interventions as files: one safetensors file whose tensors are the parameters and the operators' own tensors, and
/// whose metadata `steersh` says in JSON what they belong to (docs/internals/interventions.md).
enum InterventionFile {
  static let key = "steersh"
  static let format = 1
  static let library = "steersh 0.1"
}

extension Intervention {
  /// Writes the intervention with everything that applying it again needs, all or nothing.
  ///
  /// - Throws: `InterventionError.unbound` before `bind`; `CheckpointError` for a path that cannot be written.
  public func save(to path: String) throws {
    guard isBound, let origin else { throw InterventionError.unbound(intervention: description) }
    var writer = Writer()
    let root = try writer.json(node)
    let about: JSON = .object([
      "format": .integer(InterventionFile.format),
      "library": .string(InterventionFile.library),
      "source": .string(description),
      "model": .string(origin.description),
      "intervention": root,
    ])
    try Safetensors.write(
      writer.tensors, metadata: [InterventionFile.key: try about.text(file: path)], to: path)
  }

  private struct Writer {
    var tensors: [(name: String, tensor: Tensor)] = []
    private var edits = 0

    mutating func json(_ node: Node) throws -> JSON {
      switch node {
      case .edit(let edit): return .object(["edit": try json(edit)])
      case .sequence(let parts):
        var list: [JSON] = []
        for part in parts { list.append(try json(part)) }
        return .object(["sequence": .array(list)])
      case .scaled(let strength, let inner):
        let value = json(strength.argument, "scale\(tensors.count)")
        return .object(["scaled": .object(["by": value, "of": try json(inner)])])
      }
    }

    private mutating func json(_ edit: Edit) throws -> JSON {
      let place = "edit\(edits)"
      edits += 1
      var arguments: [JSON] = []
      for argument in edit.operation.arguments {
        arguments.append(
          .object([
            "name": .string(argument.name), "positional": .bool(argument.isPositional),
            "value": json(argument.value, "\(place).\(argument.name)"),
          ]))
      }
      var parameters: [JSON] = []
      for own in edit.binding ?? [] {
        var list: [JSON] = []
        for parameter in own.parameters {
          let value = add(parameter.tensor, "\(place).\(own.site.path).\(parameter.name)")
          var about: JSON.Object = ["name": .string(parameter.name), "value": value]
          if parameter.isOrthonormal { about["orthonormal"] = .bool(true) }
          list.append(.object(about))
        }
        parameters.append(.object(["site": .string(own.site.path), "parameters": .array(list)]))
      }
      return .object([
        "sites": .string(edit.sites.description), "tokens": .string(edit.tokens.description),
        "operator": .object([
          "name": .string(edit.operation.name), "source": .string(edit.operation.source),
          "arguments": .array(arguments),
        ]),
        "at": .array(parameters),
      ])
    }

    private mutating func json(_ value: OperatorArgument.Value, _ name: String) -> JSON {
      switch value {
      case .integer(let value): .object(["integer": .integer(value)])
      case .number(let value): .object(["number": .string(numberText(value))])
      case .flag(let value): .object(["flag": .bool(value)])
      case .text(let text): .object(["text": .string(text)])
      case .function(let source): .object(["function": .string(source)])
      case .tensor(let tensor): add(tensor, name)
      }
    }

    /// Axis names and layer labels are no part of safetensors, so they go here.
    private mutating func add(_ tensor: Tensor, _ name: String) -> JSON {
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
}
