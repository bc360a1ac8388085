import Checkpoints
import Interventions
import Models
import Tensors

/// Control vectors in GGUF, as repeng exports them and llama.cpp applies them: a direction for each layer, added to what the
/// block gives, at every token.
///
/// Both count blocks from 0 and give `direction.N` to the output of block N; llama.cpp has no place for `direction.0`. The
/// generator that comes with llama.cpp names what it read at the output of block il `direction.(il + 1)`, so its vectors act one
/// block later than they were read. The file does not say which tool wrote it: `layers` does.
public enum ControlVectorFormat: ForeignFormat {
  public static let name = "controlvector"
  public static let title = "control vector (GGUF)"
  public static let options = [
    ForeignOption("tokens", "the tokens to act on"),
    ForeignOption("layers", "how N of `direction.N` counts: \"applied\", \"read\" or \"from_zero\""),
    ForeignOption("strength", "the factor of all directions"),
  ]
  public static let operators = ["add"]

  private static let architecture = "controlvector"
  private static let prefix = "direction."
  /// No model has more layers.
  private static let mostLayers = 1024

  /// How the number of a direction counts.
  enum Counting: String, CaseIterable {
    /// N acts at the output of block N, N from 1: llama.cpp and repeng.
    case applied
    /// N was read at the output of block N − 1, and acts there: llama.cpp's generator, put where it was read.
    case read
    /// As `applied`, and N may be 0: EasySteer's files.
    case fromZero = "from_zero"

    func block(of number: Int) -> Int { self == .read ? number - 1 : number }
  }

  public static func recognises(_ source: ForeignSource) throws -> Bool {
    guard let file = source.file, GGUF.recognises(file) else { return false }
    return try GGUF(file).string("general.architecture", or: "") == architecture
  }

  public static func read(_ source: ForeignSource, _ options: ForeignOptions) throws -> ForeignFile {
    guard let bytes = source.file else { throw InteropError(source.path, .missing(tensor: "direction.1", present: [])) }
    let file = try GGUF(bytes)
    let given = try options.choice("layers", of: Counting.allCases.map(\.rawValue), file: source.path)
    let counting = given.flatMap { Counting(rawValue: $0) } ?? .applied
    let strength = try options.number("strength", file: source.path)
    let (directions, ignored) = try directions(file)
    if counting != .fromZero, directions.contains(where: { $0.number == 0 }) {
      throw InteropError(
        source.path,
        .neededOption(
          name: "layers",
          reason:
            "it holds `direction.0`, which llama.cpp refuses since it counts from 1; \"from_zero\" puts it at the output of "
            + "block 0, as EasySteer means it"))
    }
    let blocks = directions.map { counting.block(of: $0.number) }
    let all = try together(directions.map(\.tensor), blocks, file: source.path)
    let tokens = options.tokens ?? .union(.all, .generated)
    let arguments =
      [OperatorArgument("v", .tensor(all), isPositional: true)]
      + (strength.map { [OperatorArgument("strength", .number(Float($0)))] } ?? [])
    let hint = try file.string("controlvector.model_hint", or: "")
    var notes: [String] = []
    if file.value("controlvector.layer_count") != nil {
      let count = try file.integer("controlvector.layer_count", in: 0...mostLayers)
      if count != directions.count {
        notes.append("controlvector.layer_count says \(count), and there are \(directions.count) directions")
      }
    }
    return ForeignFile(
      path: source.path, title: title, madeFor: hint,
      edits: zip(directions, blocks).map { direction, block in
        ForeignEdit(
          at: .site(Site(.decoder, layer: block, .output), name: direction.name), on: tokens, "add", arguments,
          origins: ["v": direction.name])
      },
      choices: [
        ForeignChoice(
          "layers", counting.rawValue, isDefault: given == nil,
          "direction.N acts at the output of block N, as llama.cpp and repeng have it; llama.cpp's generator reads what it "
            + "calls N at block N - 1, which \"read\" means"),
        ForeignChoice(
          "tokens", tokens.description, isDefault: options.tokens == nil, "llama.cpp and repeng act at every token"),
        ForeignChoice(
          "strength", strength.map { "\($0)" } ?? "1", isDefault: strength == nil, "the file has none"),
      ],
      notes: notes, unmapped: ignored)
  }

  private struct Direction {
    let number: Int
    let name: String
    let tensor: Tensor
  }

  /// By their numbers; other tensors are not mapped.
  private static func directions(_ file: GGUF) throws -> ([Direction], [ForeignFile.Unmapped]) {
    var (found, others): ([Direction], [ForeignFile.Unmapped]) = ([], [])
    for entry in file.entries {
      guard entry.name.hasPrefix(prefix) else {
        others.append(.init("the tensor `\(entry.name)`", "control vectors have `direction.N` only"))
        continue
      }
      guard let number = Int(entry.name.dropFirst(prefix.count)), (0...mostLayers).contains(number) else {
        throw InteropError(
          file.name,
          .unsupported(what: "the tensor `\(entry.name)`", reason: "its number is no layer from 0 to \(mostLayers)"))
      }
      guard entry.shape.count == 1, entry.shape[0] > 0 else {
        throw InteropError(
          file.name, .misfit(tensor: entry.name, found: "\(entry.shape)", site: "a block's output", expected: "[model]")
        )
      }
      let tensor = try file.tensor(named: entry.name, axes: ["model"])
      guard [.f32, .f16, .bf16].contains(tensor.dtype) else {
        throw InteropError(
          file.name,
          .unsupported(what: "the tensor `\(entry.name)`", reason: "it is \(entry.type), and directions are f32 or f16")
        )
      }
      guard !found.contains(where: { $0.number == number }) else {
        throw InteropError(
          file.name, .unsupported(what: "the tensor `\(entry.name)`", reason: "another one has the same number"))
      }
      found.append(Direction(number: number, name: entry.name, tensor: tensor.to(.f32)))
    }
    guard !found.isEmpty else {
      throw InteropError(file.name, .missing(tensor: "direction.1", present: file.entries.map(\.name)))
    }
    return (found.sorted { $0.number < $1.number }, others)
  }

  /// `[layer, model]`, zero for blocks without a direction.
  private static func together(_ tensors: [Tensor], _ blocks: [Int], file: String) throws -> Tensor {
    let width = tensors[0].count
    guard tensors.allSatisfy({ $0.count == width }) else {
      throw InteropError(
        file,
        .unsupported(what: "it", reason: "its directions have different lengths: \(Set(tensors.map(\.count)).sorted())")
      )
    }
    let count = (blocks.max() ?? 0) + 1
    return Tensor(Shape([Axis("layer", count), Axis("model", width)])) { all in
      all.update(repeating: 0)
      for (tensor, block) in zip(tensors, blocks) {
        let place = UnsafeMutableBufferPointer(rebasing: all[block * width..<(block + 1) * width])
        tensor.withFloats { _ = place.update(fromContentsOf: $0) }
      }
    }
  }

  public static func write(_ intervention: Intervention, of model: Model, to path: String) throws -> [String] {
    let width = model.configuration.decoder.block.width
    var sums: [Int: [Float]] = [:]
    var tokens: [TokenSelector] = []
    for edit in intervention.edits {
      let (direction, strength) = try parts(of: edit, path)
      tokens.append(edit.tokens)
      for own in edit.binding ?? [] {
        guard own.site.stack == .decoder, own.site.point == .output, let layer = own.site.layer else {
          throw refusal(path, edit, "control vectors act at the outputs of the decoder's blocks")
        }
        guard layer > 0 else {
          throw refusal(path, edit, "llama.cpp has no direction for block 0")
        }
        let values = try self.direction(direction, at: own.site, of: edit, width: width, path)
        var sum = sums[layer] ?? Array(repeating: 0, count: width)
        for i in 0..<width { sum[i] += strength * values[i] }
        sums[layer] = sum
      }
    }
    try GGUF.write(
      sums.sorted { $0.key < $1.key }.map { ("\(prefix)\($0.key)", Tensor([Axis("model", width)], $0.value)) },
      metadata: [
        ("general.architecture", .string(architecture)),
        ("controlvector.model_hint", .string(model.configuration.family)),
        ("controlvector.layer_count", .word(UInt32(sums.count))),
      ], to: path)
    guard tokens.allSatisfy({ $0 == .union(.all, .generated) }) else {
      return [
        "a control vector acts at every token, of the prompt and generated; the file does not hold `\(tokens[0])`"
      ]
    }
    return []
  }

  /// The direction and the one number it is multiplied with.
  private static func parts(of edit: Edit, _ path: String) throws -> (Tensor, Float) {
    guard let add = edit.operation as? Add, case .tensor(let direction) = add.addend else {
      throw refusal(path, edit, "it adds the same to every token, and a function of the activations gives others")
    }
    guard case .number(let strength) = add.strength else {
      throw refusal(path, edit, "its strength is no single number")
    }
    return (direction.to(.f32), strength)
  }

  private static func direction(
    _ tensor: Tensor, at site: Site, of edit: Edit, width: Int, _ path: String
  ) throws -> [Float] {
    var own = tensor
    if let axis = tensor.shape.index(of: "layer"), let layer = site.layer {
      let labels = (tensor.axes[axis].labels as? LayerLabels)?.layers
      guard let place = labels.map({ $0.firstIndex(of: layer) }) ?? layer else {
        throw refusal(path, edit, "it has no layer \(layer)")
      }
      own = try tensor.select("layer", .index(place))
    }
    guard own.shape.rank == 1, own.count == width else {
      throw refusal(path, edit, "a control vector has one direction of \(width) numbers for a layer, not \(own.shape)")
    }
    return own.floats()
  }
}
