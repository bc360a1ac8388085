import Checkpoints
import Models
import Tensors

extension Intervention {
  /// Reads what `save` wrote.
  ///
  /// The result is bound; giving it to a model checks that it is the model it was made for.
  ///
  /// - Parameter registry: makes operators that a script defines, and functions, from their sources.
  /// - Throws: `InterventionError.file` for a file that holds no intervention, `.unknownOperator`; `CheckpointError`
  ///   with the field for metadata that does not say what it must.
  public static func load(_ path: String, registry: OperatorRegistry = OperatorRegistry()) throws -> Intervention {
    let file = try SavedFile(path, expected: "a saved intervention (.safetensors)")
    let about = file.about
    guard !about["fitted"].exists else {
      throw InterventionError.file(path: path, reason: "it holds a fitted function, no intervention; open it as that")
    }
    guard let origin = ModelFingerprint(try about["model"].string()) else {
      throw about["model"].mustBe("a model's fingerprint")
    }
    let reader = Reader(values: ValueReader(path: path, file: file.tensors, registry: registry))
    return Intervention(try reader.node(about["intervention"], depth: 0), origin: origin)
  }

  private struct Reader {
    let values: ValueReader

    func node(_ field: Field, depth: Int) throws -> Node {
      guard depth < 64 else {
        throw InterventionError.file(path: values.path, reason: "it is nested more than 64 deep")
      }
      if field["sequence"].exists {
        return .sequence(try field["sequence"].array().map { try node($0, depth: depth + 1) })
      }
      if field["scaled"].exists {
        let value = try values.value(field["scaled"]["by"])
        return .scaled(
          try values.registry.strength(value, values.path), try node(field["scaled"]["of"], depth: depth + 1))
      }
      return .edit(try edit(field["edit"]))
    }

    private func edit(_ field: Field) throws -> Edit {
      let (name, arguments) = (
        try field["operator"]["name"].string(), try values.arguments(field["operator"]["arguments"])
      )
      let binding = try field["at"].array().map { own in
        Edit.SiteParameters(site: try site(own["site"]), parameters: try values.parameters(own["parameters"]))
      }
      return Edit(
        sites: try SitePattern(try field["sites"].string()), tokens: try TokenSelector(try field["tokens"].string()),
        operation: try values.registry.make(name, arguments, path: values.path), binding: binding)
    }

    private func site(_ field: Field) throws -> Site {
      let text = try field.string()
      guard let site = Site(path: text) else { throw field.mustBe("the path of a site") }
      return site
    }
  }
}

extension Site {
  /// Reads a canonical path, as `path` writes it; nil for anything else.
  init?(path: String) {
    guard let steps = try? PathReader.alternatives(path), steps.count == 1, var parts = steps.first?[...] else {
      return nil
    }
    var stack = Stack.decoder
    if let first = parts.first, let own = Stack(rawValue: first.name), own != .decoder {
      stack = own
      parts = parts.dropFirst()
    }
    var layer: Int?
    if let first = parts.first, first.name == "layers", case .index(let values) = first.suffix,
      case .integer(let index)? = values.first, values.count == 1, index >= 0
    {
      layer = index
      parts = parts.dropFirst()
    }
    guard let point = Point(rawValue: parts.map(\.name).joined(separator: ".")) else { return nil }
    self.init(stack, layer: layer, point)
    guard self.path == path else { return nil }
  }
}
