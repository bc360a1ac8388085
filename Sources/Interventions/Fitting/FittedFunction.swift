import Autodiff
import Tensors

/// A function with the parameters that it was taught: the g of h + α g(h).
public final class FittedFunction: Sendable {
  public let function: TrainableFunction
  public let parameters: [NamedTensor]
  /// What inputs go through before the function.
  public let standardisation: Standardisation?
  /// How many numbers a row has.
  public let width: Int
  public let quality: Quality

  /// (h − mean) / deviation, feature by feature: `[model]` each. A feature that never varied has deviation 1.
  public final class Standardisation: Sendable {
    public let mean: Tensor
    public let deviation: Tensor

    public init(mean: Tensor, deviation: Tensor) {
      self.mean = mean
      self.deviation = deviation
    }
  }

  /// How well outputs agree with targets: r² is the share of the targets' variance, all features together, that outputs
  /// explain. Nil where targets do not vary.
  public struct Quality: Sendable, Equatable {
    /// Samples that were learned from, and that were held out. None for a function that another tool taught.
    public let samples: Int
    public let heldOut: Int
    public let r2: Float?
    public let heldOutR2: Float?

    public init(samples: Int, heldOut: Int = 0, r2: Float?, heldOutR2: Float? = nil) {
      self.samples = samples
      self.heldOut = heldOut
      self.r2 = r2
      self.heldOutR2 = heldOutR2
    }
  }

  public init(
    _ function: TrainableFunction, parameters: [NamedTensor], standardisation: Standardisation? = nil, width: Int,
    quality: Quality
  ) {
    self.function = function
    self.parameters = parameters
    self.standardisation = standardisation
    self.width = width
    self.quality = quality
  }

  /// Maps `[…, model]` to the same axes, whatever they are called; every row by itself unless the function mixes rows.
  ///
  /// - Throws: `InterventionError.functionWidth` for rows of another width.
  public func callAsFunction(_ hidden: Variable) throws -> Variable {
    guard let last = hidden.axes.last, last.size == width else {
      throw InterventionError.functionWidth(function: function.source, width: width, found: "\(hidden.shape)")
    }
    let count = hidden.count / max(width, 1)
    let wide = hidden.dtype == .f32 ? hidden : hidden.to(.f32)
    // Axes of the caller's could bear names that the function gives its own.
    var rows = try wide.reshape([Axis("token", count), Axis("model", width)])
    if let standardisation {
      rows = try (rows - Variable(standardisation.mean)) / Variable(standardisation.deviation)
    }
    let values = Dictionary(parameters.map { ($0.name, Variable($0.tensor)) }) { first, _ in first }
    return try function(rows, values).reshape(hidden.axes)
  }

  public func callAsFunction(_ hidden: Tensor) throws -> Tensor { try self(Variable(hidden)).value }

  /// Same source and same bits.
  public func isSame(as other: FittedFunction) -> Bool {
    func tensors(_ one: FittedFunction) -> [Tensor] {
      one.parameters.map(\.tensor) + (one.standardisation.map { [$0.mean, $0.deviation] } ?? [])
    }
    return function.source == other.function.source && quality == other.quality
      && parameters.map(\.name) == other.parameters.map(\.name)
      && (standardisation == nil) == (other.standardisation == nil)
      && tensors(self).elementsEqual(tensors(other)) { $0.isSame(as: $1) }
  }
}

extension FittedFunction: CustomStringConvertible {
  /// `mlp(hidden: 100), fitted on 840 samples, r² 0.71`
  public var description: String {
    guard quality.samples > 0 else { return "\(function.source), fitted elsewhere" }
    var text = "\(function.source), fitted on \(quality.samples) sample\(quality.samples == 1 ? "" : "s")"
    if let r2 = quality.r2 { text += ", r² \(Self.twoPlaces(r2))" }
    if let r2 = quality.heldOutR2 { text += ", on \(quality.heldOut) held out \(Self.twoPlaces(r2))" }
    return text
  }

  private static func twoPlaces(_ value: Float) -> String {
    guard value.isFinite, abs(value) < 1e6 else { return numberText(value) }
    let hundredths = Int((abs(value) * 100).rounded())
    let digits = hundredths % 100
    return (value < 0 && hundredths > 0 ? "-" : "") + "\(hundredths / 100).\(digits < 10 ? "0" : "")\(digits)"
  }
}
