/// What LLaVA's configurations say about pictures of any proportions.
extension ImageProcessor {
  /// LLaVA-NeXT's `image_grid_pinpoints`, a list of `[height, width]`, and the sides that follow from the other fields.
  static func cells(_ config: Field, _ kind: ImageProcessorKind) throws -> Cells {
    let whole: Cells.Canvas
    switch try size(config, kind) {
    case .exactly(let width, let height): whole = Cells.Canvas(width: width, height: height)
    case .shortestEdge(let edge): whole = Cells.Canvas(width: edge, height: edge)
    case .multiples: throw config["size"].mustBe("an object with shortest_edge, or one with height and width")
    }
    // transformers asks crop_size first, whether or not anything is cropped.
    let side = config["crop_size"].value == .null ? whole.height : try cropSize(config["crop_size"]).height
    return Cells(
      canvases: try canvases(config["image_grid_pinpoints"], side: side, widthFirst: false), side: side, whole: whole)
  }

  /// - Parameter widthFirst: the released LLaVA code has `[width, height]`, transformers `[height, width]`.
  private static func canvases(_ field: Field, side: Int, widthFirst: Bool) throws -> [Cells.Canvas] {
    let pairs: [[Int]]
    if field.exists {
      pairs = try field.array().map { try $0.integers(in: 1...Image.maximumSide) }
    } else {
      pairs = [[336, 672], [672, 336], [672, 672], [1008, 336], [336, 1008]]
    }
    guard !pairs.isEmpty, pairs.allSatisfy({ $0.count == 2 }) else {
      throw field.mustBe("an array of pairs of numbers")
    }
    guard pairs.joined().allSatisfy({ $0.isMultiple(of: side) }) else {
      throw field.mustBe("pairs of multiples of \(side), the side of a cell")
    }
    return pairs.map {
      widthFirst ? Cells.Canvas(width: $0[0], height: $0[1]) : Cells.Canvas(width: $0[1], height: $0[0])
    }
  }

  /// Obeys the `image_aspect_ratio` that the released LLaVA code keeps in the model's own configuration.
  ///
  /// `pad` centres pictures on a square of the mean colour, `anyres` cuts them up by `image_grid_pinpoints`; nothing,
  /// `square` and null leave them as they are.
  /// - Parameter model: the model's `config.json`.
  public mutating func follow(_ model: Field) throws {
    let field = model["image_aspect_ratio"]
    switch try field.string(or: "square") {
    case "square": return
    case "pad": square = normalization.map { Self.color($0.mean) } ?? [0, 0, 0]
    case "anyres":
      guard cells == nil else { return }
      guard let whole = wholeSize else {
        throw field.mustBe("\"pad\" or \"square\": the image processor's size does not say how large a cell is")
      }
      let side = crop?.height ?? whole.height
      cells = Cells(
        canvases: try Self.canvases(model["image_grid_pinpoints"], side: side, widthFirst: true), side: side,
        whole: whole)
    default: throw field.mustBe("\"pad\", \"anyres\" or \"square\"")
    }
  }

  private var wholeSize: Cells.Canvas? {
    switch size {
    case .exactly(let width, let height): Cells.Canvas(width: width, height: height)
    case .shortestEdge(let edge): Cells.Canvas(width: edge, height: edge)
    case .multiples, nil: nil
    }
  }
}
