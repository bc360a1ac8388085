import Checkpoints
import Interventions
import Models
import Tensors

/// A model that an adapter's tensors are to fit; or, where none is at hand, what their names and shapes let one guess.
struct PeftTarget {
  /// The file of the tensors, for errors.
  let file: String
  private let known: Known?

  private struct Known {
    let model: Model
    let names: ModuleNames
    let catalog: SiteCatalog
  }

  /// A weight of the model, or a guess at one, and which part of a tensor is its.
  struct Part {
    let place: ForeignPlace
    let outputs: Range<Int>?
    fileprivate let own: ModuleNames.Part?
  }

  /// How many numbers a linear map reads and gives; nil without a model.
  struct Map {
    let (output, input): (Int?, Int?)
  }

  init(_ model: Model?, file: String) {
    self.file = file
    known = model.map { Known(model: $0, names: ModuleNames($0.blueprint), catalog: SiteCatalog($0.configuration)) }
  }

  var isGuess: Bool { known == nil }
  /// Whether the output layer is the table of embeddings.
  var sharesTable: Bool { known?.model.configuration.decoder.tiedEmbeddings ?? false }
  /// How wide the decoder's embeddings are.
  var width: Int? { known?.model.configuration.decoder.block.width }

  /// What is wrong with a tensor.
  func refusal(_ tensor: String, _ reason: String) -> InteropError {
    InteropError(file, .unsupported(what: "the tensor `\(tensor)`", reason: reason))
  }

  /// The weights that a name stands for: `model.layers.3.self_attn.q_proj.weight`.
  ///
  /// - Parameter tensor: the adapter's tensor that is to act there, for the error.
  func parts(of name: String, tensor: String) throws -> [Part] {
    guard let known else {
      return [Part(place: .named(name, likely: ModuleGuess.site(of: name)), outputs: nil, own: nil)]
    }
    guard let parts = try weights(of: name) else {
      throw InteropError(
        file,
        .noPlace(
          name: name,
          reason: "\(known.model.origin) has no such module"
            + (known.names.example.map { " (its own are like `\($0)`)" } ?? "")
            + "; `\(tensor)` was made for another model"))
    }
    return parts
  }

  /// The same; nil where the model has none.
  func weights(of name: String) throws -> [Part]? {
    known?.names.meaning(of: name)?.parts.map { part in
      Part(place: .site(part.site, name: name), outputs: part.outputs, own: part)
    }
  }

  /// The model's own name for a module that a file names by the end of it.
  func completion(of name: String) -> String? { known?.names.meaning(of: name)?.completed }

  /// The sizes of the linear map of these weights.
  func map(_ parts: [Part], tensor: String) throws -> Map {
    guard let known else { return Map(output: nil, input: nil) }
    var (output, input) = (0, 0)
    for part in parts.compactMap(\.own) {
      guard let entry = known.catalog[part.site], entry.isLinear, let own = entry.axes[0].size,
        let width = entry.axes[1].size
      else { throw refusal(tensor, "it is for `\(part.site.path)`, which is no linear map") }
      output = max(output, part.count ?? own)
      input = width
    }
    return Map(output: output, input: input)
  }

  /// Whether this is the output layer or a table of embeddings, as far as it is known.
  func isTable(_ parts: [Part]) -> Bool {
    parts.count == 1 && [.logitsWeight, .embeddingsWeight].contains(parts[0].place.site?.point)
  }

  /// The sizes of a table of embeddings.
  func table(_ parts: [Part], tensor: String) throws -> (rows: Int?, width: Int?) {
    guard let known else { return (nil, nil) }
    guard parts.count == 1, let own = parts[0].own, let entry = known.catalog[own.site],
      entry.axes.map(\.name) == ["vocab", "model"]
    else {
      throw refusal(tensor, "it is for a table of embeddings, and `\(parts[0].place.name)` is none in this model")
    }
    return (entry.axes[0].size, entry.axes[1].size)
  }

  /// The weight that is stored at a part, f32 `[output, input]`; nil without a model.
  func weight(at part: Part) throws -> Tensor? {
    guard let known, let own = part.own else { return nil }
    return try known.model.weight(at: own.site).to(.f32)
  }

  /// Whether the model's weight has these numbers already.
  func holds(_ value: Tensor, at part: Part) throws -> Bool {
    guard let known, let own = part.own else { return false }
    let stored = try known.model.weight(at: own.site).to(.f32)
    return stored.withFloats { stored in value.withFloats { stored.elementsEqual($0) } }
  }

  /// A tensor as f32 with these axes.
  ///
  /// - Parameters:
  ///   - sizes: what it must be; nil for any size from 1.
  ///   - module: where it is to act, for the error.
  func tensor(
    _ tensor: Tensor?, _ name: String, _ sizes: [Int?], _ axes: [String], of module: String
  ) throws -> Tensor {
    let wanted = zip(axes, sizes).map { axis, size in size.map { "\(axis) \($0)" } ?? axis }
    guard let tensor else { throw InteropError(file, .missing(tensor: name, present: [])) }
    let found = tensor.shape.sizes
    guard found.count == sizes.count,
      zip(found, sizes).allSatisfy({ size, must in must.map { $0 == size } ?? (size > 0) })
    else {
      throw InteropError(
        file,
        .misfit(tensor: name, found: "\(found)", site: module, expected: "[\(wanted.joined(separator: ", "))]"))
    }
    guard [.f32, .f16, .bf16, .f64].contains(tensor.dtype) else {
      throw refusal(name, "it holds \(tensor.dtype.rawValue), where numbers with a fraction belong")
    }
    return try tensor.to(.f32).reshape(zip(axes, found).map { Axis($0, $1) })
  }

  /// The part of a tensor that stands for a weight by itself, with the weight's own axes. A map stored as `[input, output]` is
  /// turned.
  func whole(_ tensor: Tensor, name: String, _ part: Part) throws -> Tensor {
    guard let known, let own = part.own else { return tensor }
    guard let axes = known.model.configuration.weightAxes(of: own.site) else {
      throw refusal(name, "it is for `\(own.site.path)`, which is no weight of its own in this model")
    }
    var sizes = axes.map { Optional($0.size) }
    if let count = own.count { sizes[0] = count }
    let (names, module) = (axes.map(\.name), part.place.name)
    guard own.isTurned, sizes.count == 2 else {
      return try self.tensor(tensor, name, sizes, names, of: module).rows(own.outputs)
    }
    return try self.tensor(tensor, name, sizes.reversed(), names.reversed(), of: module).reorder(names).rows(
      own.outputs)
  }
}

extension Tensor {
  /// Some of the positions of the first axis; all without a range.
  func rows(_ range: Range<Int>?) throws -> Tensor {
    guard let range, let first = axes.first, range != 0..<first.size else { return self }
    return try select(first.name, .range(range))
  }
}
