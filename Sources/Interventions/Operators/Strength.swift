import Models
import Tensors

/// How strongly an operator acts: a number, a number per layer, or a function of the sample.
///
/// A function is called once per sample and run, on the thread of the forward pass.
public enum Strength: @unchecked Sendable {
  case number(Float)
  /// `[layer]`: indexed by the site's layer, or by the layers that the axis' labels name.
  case layers(Tensor)
  case function(source: String, (SampleContext) throws -> Float)

  /// The number where it is one for all layers and samples.
  var constant: Float? {
    guard case .number(let value) = self else { return nil }
    return value
  }

  /// Whether every sample gets the same.
  var dependsOnSample: Bool {
    guard case .function = self else { return false }
    return true
  }

  func value(at site: Site, _ sample: SampleContext) throws -> Float {
    switch self {
    case .number(let value): return value
    case .function(_, let function): return try function(sample)
    case .layers(let tensor):
      let slice = try layerSlice(tensor, at: site, of: "strength")
      guard slice.count == 1, slice.axes.count == 0 else {
        throw InterventionError.argument(
          operation: "strength", name: "strength",
          reason: "is \(tensor.shape); it must be a number or have one axis, `layer`")
      }
      return try slice.item()
    }
  }

  var argument: OperatorArgument.Value {
    switch self {
    case .number(let value): .number(value)
    case .layers(let tensor): .tensor(tensor)
    case .function(let source, _): .function(source: source)
    }
  }

  var source: String { OperatorArgument("", argument, isPositional: true).source }
}

/// The part of a tensor that belongs to a site's layer: without its `layer` axis, as it is where it has none.
func layerSlice(_ tensor: Tensor, at site: Site, of operation: String) throws -> Tensor {
  guard let axis = tensor.shape.index(of: "layer") else { return tensor }
  let size = tensor.axes[axis].size
  func fault(_ reason: String) -> InterventionError {
    .misfit(operation: operation, site: site.path, reason: reason)
  }
  guard let layer = site.layer else { throw fault("the argument has an axis `layer`, and the site is in no layer") }
  if let labels = tensor.axes[axis].labels as? LayerLabels {
    guard let place = labels.layers.firstIndex(of: layer), place < size else {
      throw fault("the argument holds layers \(labels.layers.map(String.init).joined(separator: ", "))")
    }
    return try tensor.select("layer", .index(place))
  }
  guard layer < size else { throw fault("the argument's axis `layer` has \(size) entries, none for layer \(layer)") }
  return try tensor.select("layer", .index(layer))
}
