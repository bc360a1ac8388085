import Models
import Tensors

/// Activations of the same point, or the same weight, in several layers along an axis `layer` that comes first; a single one as it is.
func stacked(_ tensors: [Tensor], _ sites: [Site], pattern: String) throws -> Tensor {
  guard tensors.count != 1, let first = tensors.first else { return tensors[0] }
  guard let lead = sites.first, sites.allSatisfy({ $0.stack == lead.stack && $0.point == lead.point }) else {
    throw InterventionError.runs(
      "`\(pattern)` names several points, which do not stack; ask for one point in several layers, or one after the other"
    )
  }
  guard tensors.allSatisfy({ $0.shape == first.shape }) else {
    throw InterventionError.runs("what `\(pattern)` names has different shapes and does not stack")
  }
  return try Tensor.stack(tensors, into: "layer").labelled("layer", LayerLabels(sites.compactMap(\.layer)))
}
