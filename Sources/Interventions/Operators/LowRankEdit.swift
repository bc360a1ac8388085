import Glibc
import Tensors

/// Moves the activations within a low-rank subspace: MoReS, the ReFT family, and the editor of MRT.
///
///     mores, loreft   h′ = h + Rᵀ(σ(W h + b) − R h)      LLaVA Steering eq. 3–4; Wu et al. 2024, eq. 2
///     editor          h′ = h + Rᵀ σ(W h + b − R h)       MRT eq. 1, R orthonormal by QR
///     noreft          as loreft, R free
///     direft          h′ = h + Rᵀ σ(W h + b)
///     consreft        h′ = h + Rᵀ(b − R h)
///
/// R and W are `[rank, model]`, b is `[rank]`; R has orthonormal rows except in `noreft`. W and b start as a linear layer draws them
/// (uniform within ±1/√model), or with `identity` from W = R, b = 0, which changes no activation.
public struct LowRankEdit: Operator {
  public let form: Form
  public let rank: Int
  public let identity: Bool
  public let activation: Activation

  public enum Form: String, Sendable, CaseIterable { case mores, loreft, noreft, direft, consreft, editor }

  /// σ
  public enum Activation: String, Sendable, CaseIterable { case identity, relu, tanh, silu, gelu }

  /// - Throws: `InterventionError.argument` for a rank below 1.
  public init(_ form: Form, rank: Int, identity: Bool = false, activation: Activation = .identity) throws {
    guard rank >= 1 else {
      throw InterventionError.argument(operation: form.rawValue, name: "rank", reason: "is \(rank); it starts at 1")
    }
    if identity, form == .direft || form == .consreft {
      throw InterventionError.argument(
        operation: form.rawValue, name: "identity",
        reason: "is not possible: no start of its parameters changes nothing")
    }
    self.form = form
    self.rank = rank
    self.identity = identity
    self.activation = activation
  }

  public var name: String { form.rawValue }
  public var arguments: [OperatorArgument] {
    var arguments = [OperatorArgument("rank", .integer(rank))]
    if identity { arguments.append(OperatorArgument("identity", .flag(true))) }
    if activation != .identity { arguments.append(OperatorArgument("activation", .text(activation.rawValue))) }
    return arguments
  }

  public func initialise(for site: SiteCatalog.Entry, key: RandomKey) throws -> [NamedTensor] {
    let width = try usableWidth(of: site)
    let across = Axis("rank", rank)
    let matrix = [across, Axis("model", width)]
    let rotation = try (form == .noreft ? Start.linear(fanIn: width) : .orthogonal)
      .tensor(matrix, key: key.fold("R"))
    let source = identity ? rotation : try Start.linear(fanIn: width).tensor(matrix, key: key.fold("W"))
    let bias = try (identity ? Start.constant(0) : .linear(fanIn: width)).tensor([across], key: key.fold("b"))
    let all = [NamedTensor("R", rotation), NamedTensor("W", source), NamedTensor("b", bias)]
    return form == .consreft ? [all[0], all[2]] : all
  }

  public func prepare(for site: SiteCatalog.Entry, parameters: [String: Tensor]) throws -> any PreparedOperator {
    let width = try usableWidth(of: site)
    func values(_ name: String, _ sizes: [Int]) throws -> [Float] {
      guard let tensor = parameters[name] else { throw misfit(site, "its parameter `\(name)` is missing") }
      guard tensor.shape.sizes == sizes else {
        throw misfit(site, "its parameter `\(name)` is \(tensor.shape), expected sizes \(sizes)")
      }
      return tensor.to(.f32).withFloats { Array($0) }
    }
    var rotation = try values("R", [rank, width])
    if form == .editor {
      let orthonormal = orthonormalRows(rotation, width: width)
      guard orthonormal.kept.count == rank else {
        throw misfit(site, "the rows of its parameter `R` are not independent")
      }
      rotation = orthonormal.rows
    }
    return Prepared(
      form: form, activation: activation, width: width, rank: rank, rotation: rotation,
      source: form == .consreft ? [] : try values("W", [rank, width]), bias: try values("b", [rank]))
  }

  private func usableWidth(of site: SiteCatalog.Entry) throws -> Int {
    let width = try width(of: site)
    guard rank <= width else { throw misfit(site, "its rank is larger than the site's width \(width)") }
    return width
  }

  private final class Prepared: RowOperator {
    let form: Form
    let activation: Activation
    let width: Int
    let rank: Int
    let rotation: [Float]
    let source: [Float]
    let bias: [Float]

    init(
      form: Form, activation: Activation, width: Int, rank: Int, rotation: [Float], source: [Float], bias: [Float]
    ) {
      self.form = form
      self.activation = activation
      self.width = width
      self.rank = rank
      self.rotation = rotation
      self.source = source
      self.bias = bias
    }

    func edit(_ row: UnsafeMutableBufferPointer<Float>, strength: Float, at place: RowPlace) {
      guard let h = row.baseAddress, row.count == width else { return }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: rank) { moved in
        rotation.withUnsafeBufferPointer { rotation in
          source.withUnsafeBufferPointer { source in
            guard let R = rotation.baseAddress, let W = source.baseAddress else { return }
            for i in 0..<rank {
              let read = form == .consreft ? 0 : dot(W + i * width, h, width)
              moved[i] = move(read: read, bias: bias[i], stands: form == .direft ? 0 : dot(R + i * width, h, width))
            }
            for i in 0..<rank { accumulate(moved[i], R + i * width, into: h, width) }
          }
        }
      }
    }

    private func move(read: Float, bias: Float, stands: Float) -> Float {
      form == .editor ? activation((read + bias) - stands) : activation(read + bias) - stands
    }
  }
}

extension LowRankEdit.Activation {
  func callAsFunction(_ x: Float) -> Float {
    switch self {
    case .identity: x
    case .relu: max(x, 0)
    case .tanh: Float(Glibc.tanh(Double(x)))
    case .silu: x / (1 + Float(Glibc.exp(-Double(x))))
    case .gelu: x * 0.5 * (1 + Float(Glibc.erf(Double(x) * 0.5.squareRoot())))
    }
  }
}
