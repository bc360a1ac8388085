import Models
import Tensors

/// What the positions along a `token`, `query` or `key` axis are: which sample's, and where they stand in it.
///
/// With these a selector can slice a captured tensor: `t[key: .image]`.
public struct TokenLabels: AxisLabels {
  public let context: TokenContext
  public let stack: Site.Stack
  /// The sequence position of each index along the axis.
  public let positions: [Int]
  /// Positions that existed when the tensor was captured, generated ones included.
  public let length: Int

  public init(context: TokenContext, stack: Site.Stack, positions: [Int], length: Int) {
    self.context = context
    self.stack = stack
    self.positions = positions
    self.length = length
  }

  public func selecting(_ indices: [Int]) -> any AxisLabels {
    TokenLabels(context: context, stack: stack, positions: indices.map { positions[$0] }, length: length)
  }

  public func label(at index: Int) -> String {
    guard positions.indices.contains(index) else { return "" }
    let position = positions[index]
    if let patch = SequenceMap(context, stack, length: length).patch(at: position) {
      let image = context.images.count > 1 ? "image \(patch.image) " : "image "
      return image + (patch.view > 0 ? "detail " : "") + "\(patch.row),\(patch.column)"
    }
    if let place = SequenceMap(context, stack, length: length).virtual().firstIndex(of: position) {
      return "virtual \(place)"
    }
    guard stack == .decoder else {
      let map = SequenceMap(context, stack, length: length)
      let isClass = context.images.indices.contains { map.classTokens($0).contains(position) }
      return isClass ? "class" : "register"
    }
    return context.tokens.indices.contains(position) ? context.tokens[position].text : "\(position)"
  }

  /// The indices along the axis that a selector names.
  public func indices(_ selector: TokenSelector) throws -> [Int] {
    let wanted = Set(try selector.resolve(in: context, stack: stack, length: length))
    return positions.indices.filter { wanted.contains(positions[$0]) }
  }
}

extension Axis {
  /// The indices along this axis that a token selector names.
  ///
  /// - Throws: `InterventionError.tokensAtSite` when the axis does not know which tokens stand along it.
  public func indices(of selector: TokenSelector) throws -> [Int] {
    guard let tokens = labels as? TokenLabels else {
      throw InterventionError.tokensAtSite(
        selector: selector.description, site: name,
        reason: "this axis does not know its tokens; slice what `trace` or `measure` returned, or use indices")
    }
    return try tokens.indices(selector)
  }
}

/// Which layer each index along a `layer` axis is.
public struct LayerLabels: AxisLabels {
  public let layers: [Int]

  public init(_ layers: [Int]) { self.layers = layers }

  public func selecting(_ indices: [Int]) -> any AxisLabels { LayerLabels(indices.map { layers[$0] }) }
  public func label(at index: Int) -> String { layers.indices.contains(index) ? "\(layers[index])" : "" }
}
