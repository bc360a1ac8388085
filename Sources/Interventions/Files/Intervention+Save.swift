import Checkpoints
import Models
import Tensors

extension Intervention {
  /// Writes the intervention with everything that applying it again needs, all or nothing.
  ///
  /// - Throws: `InterventionError.unbound` before `bind`; `CheckpointError` for a path that cannot be written.
  public func save(to path: String) throws {
    guard isBound, let origin else { throw InterventionError.unbound(intervention: description) }
    var writer = Writer()
    let root = try writer.json(node)
    try SavedFile.write(
      writer.values, ["model": .string(origin.description), "intervention": root], source: description, to: path)
  }

  private struct Writer {
    var values = ValueWriter()
    private var edits = 0

    mutating func json(_ node: Node) throws -> JSON {
      switch node {
      case .edit(let edit): return .object(["edit": json(edit)])
      case .sequence(let parts):
        var list: [JSON] = []
        for part in parts { list.append(try json(part)) }
        return .object(["sequence": .array(list)])
      case .scaled(let strength, let inner):
        let value = values.json(strength.argument, "scale\(values.tensors.count)")
        return .object(["scaled": .object(["by": value, "of": try json(inner)])])
      }
    }

    private mutating func json(_ edit: Edit) -> JSON {
      let place = "edit\(edits)"
      edits += 1
      let arguments = values.json(edit.operation.arguments, place)
      var parameters: [JSON] = []
      for own in edit.binding ?? [] {
        let list = values.json(own.parameters, "\(place).\(own.site.path)")
        parameters.append(.object(["site": .string(own.site.path), "parameters": list]))
      }
      return .object([
        "sites": .string(edit.sites.description), "tokens": .string(edit.tokens.description),
        "operator": .object([
          "name": .string(edit.operation.name), "source": .string(edit.operation.source), "arguments": arguments,
        ]),
        "at": .array(parameters),
      ])
    }
  }
}
