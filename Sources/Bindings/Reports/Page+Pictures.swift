import Interpreter
import Interventions
import Models
import Reports
import Tensors

extension Picture {
  init(_ object: ImageObject) throws {
    let image = object.image
    self.init(width: image.width, height: image.height, png: try image.png())
  }
}

extension Box {
  fileprivate init(_ box: PixelBox) { self.init(x0: box.x0, y0: box.y0, x1: box.x1, y1: box.y1) }
}

extension PromptMarkup {
  init(_ marked: MarkedPrompt, _ images: [ImageObject], caption: String) throws {
    self.init(
      pieces: marked.pieces.map { piece in
        Piece(
          position: piece.position, text: piece.text, role: "\(piece.role)", isSelected: piece.selected,
          image: piece.image, box: piece.box.map { Box($0) })
      }, pictures: try images.map { try Picture($0) }, caption: caption)
  }
}

extension AttentionMap {
  /// At most so many tokens have maps of their own: the rest of an answer counts in the mean.
  private static let shownQueries = 24
  /// A page's numbers in bytes, before they become text.
  private static let mostNumbers = 4_000_000

  /// A map for each picture of a trace that has captured the decoder's attention weights; none otherwise.
  ///
  /// The mean is over the answer's tokens that were read back, as in `lmar`; where nothing was generated it is the prompt's last
  /// token.
  static func maps(of trace: Trace, _ pictures: [Picture]) throws -> [AttentionMap] {
    let sites = trace.sites.filter { $0.stack == .decoder && $0.point == .weights }
    guard let first = sites.first, !pictures.isEmpty else { return [] }
    let queries = try Queries(try trace.tensor(first))
    let patches = try MarkedPrompt(trace.context, .image).pieces
    let keys = try trace.tensor(first).axes.first { $0.name == "key" }
    guard !queries.places.isEmpty, let labels = keys?.labels as? TokenLabels else { return [] }
    let place = Dictionary(zip(labels.positions, labels.positions.indices)) { first, _ in first }
    return try pictures.enumerated().compactMap { number, picture in
      let shown = patches.filter { $0.image == number && place[$0.position] != nil }
      let boxes = shown.compactMap { $0.box.map { Box($0) } }
      let columns = shown.compactMap { place[$0.position] }
      guard !boxes.isEmpty, boxes.count == columns.count else { return nil }
      let isLarge = boxes.count * sites.count * (queries.places.count + 1) > mostNumbers
      let single = isLarge || queries.places.count == 1 ? [] : Array(queries.places.prefix(shownQueries))
      let weights = try sites.map { site -> [[Float]] in
        let mean = try trace.tensor(site).to(.f32).mean(over: ["head"])
        let rows = try queries.places.map { query in
          try mean.select("query", .index(query)).select("key", .list(columns)).floats()
        }
        let all = columns.indices.map { patch in rows.reduce(0) { $0 + $1[patch] } / Float(rows.count) }
        return [all] + rows.prefix(single.count)
      }
      return AttentionMap(
        picture: picture, boxes: boxes, layers: sites.compactMap(\.layer),
        queries: [queries.all] + queries.names.prefix(single.count), weights: weights,
        caption:
          "Weights averaged over heads. Each map is coloured up to its own strongest patch; the bars show how much of "
          + "the attention goes to the picture in each layer.")
    }
  }

  /// Whose attention is shown, as places along the axis `query`.
  private struct Queries {
    let all: String
    let places: [Int]
    let names: [String]

    init(_ weights: Tensor) throws {
      guard let axis = weights.axes.first(where: { $0.name == "query" }) else {
        (all, places, names) = ("", [], [])
        return
      }
      let generated = try axis.indices(of: .generated)
      places = generated.isEmpty ? try axis.indices(of: .last) : generated
      all = generated.isEmpty ? "the prompt’s last token" : "whole answer"
      names = generated.isEmpty ? [] : generated.map { axis.labels?.label(at: $0) ?? "\($0)" }
    }
  }
}
