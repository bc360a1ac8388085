import Figures

/// Attention over the patches of a picture, layer by layer and token by token, to be looked through with a slider.
public struct AttentionMap: Sendable {
  public let picture: Picture
  /// The part of the picture that each patch covers.
  public let boxes: [Box]
  /// The number of each layer.
  public let layers: [Int]
  /// Who attends; the first is all of them together.
  public let queries: [String]
  /// The weight from each query to each patch, `[layer][query][patch]`, averaged over heads.
  public let weights: [[[Float]]]
  public let caption: String

  public init(
    picture: Picture, boxes: [Box], layers: [Int], queries: [String], weights: [[[Float]]], caption: String = ""
  ) {
    self.picture = picture
    self.boxes = boxes
    self.layers = layers
    self.queries = queries
    self.weights = weights
    self.caption = caption
  }

  /// What of the attention goes to the picture, `[layer][query]`.
  private var shares: [[Float]] { weights.map { $0.map { $0.reduce(0) { $0 + max($1, 0) } } } }

  var html: String {
    let shares = shares
    let most = shares.map { $0.first ?? 0 }
    let start = most.indices.max { most[$0] < most[$1] } ?? 0
    let top = max(most.max() ?? 0, .leastNormalMagnitude)
    let bars = zip(layers, most).map { layer, share in
      let height = max(2, 100 * share / top)
      return
        "<i style=\"height:\(Markup.number(Double(height)))%\" title=\"layer \(layer): \(Self.percent(share))\"></i>"
    }.joined()
    let choices =
      queries.count < 2
      ? ""
      : queries.enumerated().map { index, name in
        "<label><input type=\"radio\"\(index == 0 ? " checked" : "") value=\"\(index)\"><span>\(Markup.escaped(name))</span></label>"
      }.joined()
    let label = "Layer"
    return """
      <figure class="attention" \(data(shares))>
      <div class="stage" style="\(picture.stage)">\(picture.html)<canvas></canvas></div>
      <div class="controls" style="--n:\(max(layers.count, 1))">
      <p class="reading"><b>\(label) \(layers.isEmpty ? 0 : layers[start])</b></p>
      <div class="strip" aria-hidden="true">\(bars)</div>
      <input type="range" min="0" max="\(max(layers.count - 1, 0))" step="1" value="\(start)" aria-label="layer">
      <div class="queries" role="radiogroup" aria-label="attention of">\(choices)</div>
      <p class="note">\(Markup.escaped(caption))</p>
      </div>
      </figure>
      """
  }

  /// The numbers for the script: each map in steps of 1/255 of its own greatest weight.
  private func data(_ shares: [[Float]]) -> String {
    var bytes: [UInt8] = []
    var peaks: [Float] = []
    for map in weights.joined() {
      let peak = map.reduce(0, max)
      peaks.append(peak)
      bytes += map.map { peak > 0 && $0 > 0 ? UInt8(($0 / peak * 255).rounded()) : 0 }
    }
    let flat = boxes.flatMap { [$0.x0, $0.y0, $0.x1, $0.y1] }.map { Markup.number($0) }.joined(separator: ",")
    let numbers = [
      ("values", Base64.text(of: bytes)), ("boxes", flat), ("layers", layers.map { "\($0)" }.joined(separator: ",")),
      ("peaks", peaks.map(Self.short).joined(separator: ",")),
      ("shares", shares.joined().map(Self.short).joined(separator: ",")), ("queries", "\(queries.count)"),
      ("width", "\(picture.width)"), ("height", "\(picture.height)"),
    ]
    return numbers.map { "data-\($0.0)=\"\(Markup.escaped($0.1))\"" }.joined(separator: " ")
  }

  private static func short(_ value: Float) -> String {
    value.isFinite ? "\((Double(value) * 100_000).rounded() / 100_000)" : "0"
  }

  private static func percent(_ value: Float) -> String {
    value.isFinite ? "\((Double(value) * 1000).rounded() / 10) %" : "—"
  }
}
