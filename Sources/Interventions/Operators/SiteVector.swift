import Models
import Tensors

/// A tensor argument made ready for one site: a number, a row, a row per head, or a row per selected token.
struct SiteVector {
  private let values: Tensor
  private let perHead: Int
  private let perToken: Int
  let width: Int

  /// - Parameters:
  ///   - tensor: any of `[]`, `[model]`, `[token, model]`, and at sites with heads `[head, model]` or
  ///     `[head, token, model]`, each also with an axis `layer`. At a weight `[input]` or `[output, input]`.
  init(_ tensor: Tensor, named name: String, for site: SiteCatalog.Entry, of operation: some Operator) throws {
    let sliced = try layerSlice(tensor.to(.f32), at: site.site, of: operation.source)
    values = sliced
    var axes = sliced.axes[...]
    guard let last = axes.popLast() else {
      (perHead, perToken, width) = (1, 1, 1)
      return
    }
    width = last.size
    guard let siteWidth = site.width, last.size == siteWidth else {
      throw operation.misfit(site, "`\(name)` is \(tensor.shape), the site is \(site.shapeText)")
    }
    // A weight's rows are not tokens; they have the name that the weight gives them.
    let rowAxis = site.site.point.isWeight ? site.axes.dropLast().last?.name ?? "" : "token"
    var heads = 1
    var tokens = 1
    while let axis = axes.popLast() {
      switch axis.name {
      case "head" where site.axes.first?.name == "head" && site.axes.first?.size == axis.size && axes.isEmpty:
        heads = axis.size
      case rowAxis where tokens == 1 && axis.size > 0: tokens = axis.size
      default:
        throw operation.misfit(
          site,
          "`\(name)` is \(tensor.shape), the site is \(site.shapeText); only `\(rowAxis)`, `head` and `layer` may come before the last axis"
        )
      }
    }
    (perHead, perToken) = (heads, tokens)
  }

  /// How many tokens it has rows for; nil when one row serves all.
  var tokenCount: Int? { perToken > 1 ? perToken : nil }

  /// The values for one row; a count of 1 serves every element.
  func withRow<R>(_ place: RowPlace, _ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    let head = perHead > 1 ? place.head : 0
    let token = perToken > 1 ? place.ordinal : 0
    let start = (head * perToken + token) * width
    return try values.withFloats { try body(UnsafeBufferPointer(rebasing: $0[start..<start + width])) }
  }

  /// The values for many rows, to stand beside them in arithmetic.
  ///
  /// - Parameter rows: `[token, model]`, or with heads before the tokens; the names are the site's.
  func values(for rows: Shape, ordinals: [Int], _ operation: String, _ site: Site) throws -> Tensor {
    guard let last = values.axes.last, let width = rows.names.last, let token = rows.names.dropLast().last else {
      return values
    }
    var own = try values.rename(last.name, to: width)
    guard own.shape.names.dropLast().contains("token") else { return own }
    if let count = tokenCount, let most = ordinals.max(), most >= count {
      throw tooFew(count, needed: most + 1, operation, site)
    }
    own = try own.select("token", tokenCount == nil ? .index(0) : .list(ordinals))
    return tokenCount == nil || token == "token" ? own : try own.rename("token", to: token)
  }

  /// Checks that a selector which names this many tokens finds a row for each.
  func check(_ place: RowPlace, _ operation: String, _ site: Site) throws {
    guard let count = tokenCount, place.ordinal >= count else { return }
    throw tooFew(count, needed: place.ordinal + 1, operation, site)
  }

  private func tooFew(_ count: Int, needed: Int, _ operation: String, _ site: Site) -> InterventionError {
    .misfit(
      operation: operation, site: site.path,
      reason: "it has rows for \(count) tokens, and the selector names at least \(needed)")
  }
}
