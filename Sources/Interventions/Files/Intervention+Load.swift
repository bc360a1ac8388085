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
    let file = try Safetensors(FileBytes(path: path, expected: "a saved intervention (.safetensors)"))
    guard let text = file.metadata[InterventionFile.key] else {
      throw InterventionError.file(
        path: path,
        reason: "this safetensors file holds no intervention: its metadata has no `steersh`; "
          + "it may be a model or plain tensors")
    }
    let about = Field(try JSON.parse(text, file: path), file: path)
    let format = try about["format"].integer(in: 1...)
    guard format <= InterventionFile.format else {
      throw InterventionError.file(
        path: path,
        reason: "it has format \(format), written by \((try? about["library"].string()) ?? "a newer version"); "
          + "this version reads up to \(InterventionFile.format)")
    }
    guard let origin = ModelFingerprint(try about["model"].string()) else {
      throw about["model"].mustBe("a model's fingerprint")
    }
    let reader = Reader(path: path, file: file, registry: registry)
    return Intervention(try reader.node(about["intervention"], depth: 0), origin: origin)
  }

  private struct Reader {
    let path: String
    let file: Safetensors
    let registry: OperatorRegistry

    func node(_ field: Field, depth: Int) throws -> Node {
      guard depth < 64 else { throw InterventionError.file(path: path, reason: "it is nested more than 64 deep") }
      if field["sequence"].exists {
        return .sequence(try field["sequence"].array().map { try node($0, depth: depth + 1) })
      }
      if field["scaled"].exists {
        let value = try argument(field["scaled"]["by"])
        return .scaled(try registry.strength(value, path), try node(field["scaled"]["of"], depth: depth + 1))
      }
      return .edit(try edit(field["edit"]))
    }

    private func edit(_ field: Field) throws -> Edit {
      let operation = field["operator"]
      let arguments = try operation["arguments"].array().map { field in
        OperatorArgument(
          try field["name"].string(), try argument(field["value"]),
          isPositional: try field["positional"].bool(or: false))
      }
      let binding = try field["at"].array().map { own in
        Edit.SiteParameters(
          site: try site(own["site"]),
          parameters: try own["parameters"].array().map {
            NamedTensor(
              try $0["name"].string(), try tensor($0["value"]),
              isOrthonormal: try $0["orthonormal"].bool(or: false))
          })
      }
      return Edit(
        sites: try SitePattern(try field["sites"].string()), tokens: try TokenSelector(try field["tokens"].string()),
        operation: try registry.make(try operation["name"].string(), arguments, path: path), binding: binding)
    }

    private func site(_ field: Field) throws -> Site {
      let text = try field.string()
      guard let site = Site(path: text) else { throw field.mustBe("the path of a site") }
      return site
    }

    private func argument(_ field: Field) throws -> OperatorArgument.Value {
      if field["tensor"].exists { return .tensor(try tensor(field)) }
      if field["integer"].exists { return .integer(try field["integer"].integer()) }
      if field["flag"].exists { return .flag(try field["flag"].bool()) }
      if field["text"].exists { return .text(try field["text"].string()) }
      if field["function"].exists { return .function(source: try field["function"].string()) }
      guard let number = Float(try field["number"].string()) else { throw field["number"].mustBe("a number in quotes") }
      return .number(number)
    }

    private func tensor(_ field: Field) throws -> Tensor {
      let names = try field["axes"].strings()
      guard Set(names).count == names.count else { throw field["axes"].mustBe("names that differ") }
      let tensor = try file.tensor(named: try field["tensor"].string(), axes: names)
      guard field["layers"].exists, let place = names.firstIndex(of: "layer") else { return tensor }
      let layers = try field["layers"].integers(in: 0...)
      guard layers.count == tensor.axes[place].size else {
        throw field["layers"].mustBe("\(tensor.axes[place].size) layers, as many as the tensor has")
      }
      return try tensor.labelled("layer", LayerLabels(layers))
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
