import Autodiff
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
    let all = [
      NamedTensor("R", rotation, isOrthonormal: form != .noreft), NamedTensor("W", source), NamedTensor("b", bias),
    ]
    return form == .consreft ? [all[0], all[2]] : all
  }

  public func parameterShapes(for site: SiteCatalog.Entry) throws -> [(name: String, shape: Shape)] {
    let across = Axis("rank", rank)
    let matrix = Shape([across, Axis("model", try usableWidth(of: site))])
    let all = [(name: "R", shape: matrix), (name: "W", shape: matrix), (name: "b", shape: Shape([across]))]
    return form == .consreft ? [all[0], all[2]] : all
  }

  public func prepare(for site: SiteCatalog.Entry, parameters: [String: Variable]) throws -> any PreparedOperator {
    let width = try usableWidth(of: site)
    let axes = [Axis("rank", rank), Axis("model", width)]
    func variable(_ name: String, _ axes: [Axis]) throws -> Variable {
      guard let found = parameters[name] else { throw misfit(site, "its parameter `\(name)` is missing") }
      guard found.shape.sizes == axes.map(\.size) else {
        throw misfit(site, "its parameter `\(name)` is \(found.shape), expected sizes \(axes.map(\.size))")
      }
      return try found.to(.f32).reshape(axes)
    }
    var rotation = try variable("R", axes)
    if form == .editor {
      let rows = orthonormalRows(rotation.value.floats(), width: width)
      guard rows.kept.count == rank else {
        throw misfit(site, "the rows of its parameter `R` are not independent")
      }
      let value = Tensor(axes, rows.rows)
      rotation =
        rotation.isTracked ? try rotation.orthonormalRowsByQR(over: "model").stating(value) : Variable(value)
    }
    return Prepared(
      form: form, activation: activation, rotation: rotation,
      source: form == .consreft ? nil : try variable("W", axes), bias: try variable("b", [axes[0]]))
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
    /// The parameters as rows of numbers for editing in place, and as variables.
    let (rotation, source, bias): ([Float], [Float], [Float])
    let (rotationVariable, sourceVariable, biasVariable): (Variable, Variable?, Variable)

    init(form: Form, activation: Activation, rotation: Variable, source: Variable?, bias: Variable) {
      self.form = form
      self.activation = activation
      (rank, width) = (rotation.axes[0].size, rotation.axes[1].size)
      (self.rotation, self.source, self.bias) = (
        rotation.value.floats(), source?.value.floats() ?? [], bias.value.floats()
      )
      (rotationVariable, sourceVariable, biasVariable) = (rotation, source, bias)
    }

    /// The equations over all rows; their numbers are those of the edit in place, which adds up in another order.
    func edit(_ rows: Variable, strength: Variable, ordinals: [Int]) throws -> Variable {
      let value = try edited(rows.value, ordinals: ordinals) { _ in 1 }
      let parameters = [rotationVariable, sourceVariable, biasVariable].compactMap { $0 }
      guard rows.isTracked || parameters.contains(where: \.isTracked), let last = rows.axes.last else {
        return Variable(value)
      }
      let h = last.name == "model" ? rows : try rows.rename(last.name, to: "model")
      let read = try sourceVariable.map { try h.contract($0, over: ["model"]) + biasVariable } ?? biasVariable
      let stands = form == .direft ? nil : try h.contract(rotationVariable, over: ["model"])
      let moved: Variable
      if form == .editor, let stands {
        moved = try activation(read - stands)
      } else {
        moved = try stands.map { try activation(read) - $0 } ?? activation(read)
      }
      // A target that is the same for every row takes the rows' axes from where they stand.
      let edited = try h + moved.contract(rotationVariable, over: ["rank"])
      return try (last.name == "model" ? edited : edited.rename("model", to: last.name)).stating(value)
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
  fileprivate func callAsFunction(_ x: Variable) -> Variable {
    switch self {
    case .identity: x
    case .relu: x.relu()
    case .tanh: x.tanh()
    case .silu: x.silu()
    case .gelu: x.gelu()
    }
  }

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
