import Kernels
import Tensors

/// What a thin pair of matrices adds to a linear map, as peft computes it: `y = x Wᵀ + b + (s · x Aᵀ) Bᵀ`. Hu et al. 2021, eq. 3.
///
/// The pair is not merged: W stays in the file, in its own type, and no rounding to that type changes the sum.
struct LowRank: Sendable {
  /// A, `[rank, input]`
  let down: Weight
  /// B, `[output, rank]`
  let up: Weight
  let scale: Float

  var rank: Int { down.tensor.shape.sizes[0] }

  /// How many rows are computed at once.
  private static let step = 256

  /// Adds what the pair gives.
  ///
  /// - Parameters:
  ///   - out: `[row, output]`
  ///   - x: `[row, input]`
  func add(
    to out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, rows: Int, of map: Linear, _ workspace: Workspace
  ) {
    let (rank, step) = (rank, min(rows, Self.step))
    workspace.thin.reserve(step * rank)
    workspace.wide.reserve(step * map.output)
    let (thin, wide) = (workspace.thin.pointer, workspace.wide.pointer)
    var scale = scale
    for start in stride(from: 0, to: rows, by: max(step, 1)) {
      let count = Int64(min(step, rows - start))
      let (own, r) = (out + start * map.output, Int64(rank))
      sk_linear(
        thin, r, x + start * map.input, Int64(map.input), down.pointer, Int64(map.input), down.type, nil, SK_F32, count,
        r, Int64(map.input))
      sk_binary(SK_MULTIPLY, thin, thin, 1, &scale, 0, count * r)
      sk_linear(
        wide, Int64(map.output), thin, r, up.pointer, r, up.type, nil, SK_F32, count, Int64(map.output), r)
      sk_binary(SK_ADD, own, own, 1, wide, 1, count * Int64(map.output))
    }
  }

  /// `W + s · B A`, f32: the map that the pair makes of a weight.
  func merged(into weight: Tensor) throws -> Tensor {
    let product = try up.values.to(.f32).contract(down.values.to(.f32), over: ["rank"])
    return try weight.to(.f32) + product * Tensor(scale)
  }

  /// Where a checkpoint may keep A or B of the pair beside a weight; peft before 0.3 had no name for the adapter.
  static func names(_ matrix: String, beside places: [WeightPlace]) -> [WeightPlace] {
    places.compactMap { place -> String? in
      guard place.part == nil, !place.isTurned, place.name.hasSuffix(".weight") else { return nil }
      let module = String(place.name.dropLast(".weight".count))
      return module.hasSuffix(".base_layer") ? nil : module
    }
    .flatMap { ["\($0).lora_\(matrix).weight", "\($0).lora_\(matrix).default.weight"] }
    .map { WeightPlace($0) }
  }
}

extension Decoder {
  /// The pairs beside its maps, layer by layer.
  var lowRanks: [LowRank] { blocks.flatMap(\.maps).compactMap(\.map.lowRank) }
}
