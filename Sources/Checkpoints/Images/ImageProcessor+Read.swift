extension ImageProcessor {
  /// Reads the image part of `processor_config.json`, or `preprocessor_config.json`; and from `config.json`, where it has
  /// one, the `image_aspect_ratio` of the released LLaVA code.
  public init(_ source: FileSource) throws {
    try self.init(Self.configuration(source))
    if source.contains("config.json") { try follow(Field(source.bytes(of: "config.json"))) }
  }

  private static func configuration(_ source: FileSource) throws -> Field {
    if source.contains("processor_config.json") {
      let whole = try Field(source.bytes(of: "processor_config.json"))
      if whole["image_processor"].exists { return whole["image_processor"] }
    }
    return try Field(
      source.bytes(
        of: "preprocessor_config.json",
        expected: "the image processor's configuration (or processor_config.json with an image_processor)"))
  }

  /// - Parameter config: the object that holds `do_resize` and the like.
  public init(_ config: Field) throws {
    let former = try config["feature_extractor_type"].string(or: ImageProcessorKind.all[0].name)
    let type = try config["image_processor_type"].string(or: former)
    guard let kind = ImageProcessorKind(type: type) else {
      throw CheckpointError(
        config.file, .image(.noProcessor(type: type, read: ImageProcessorKind.all.map(\.name))))
    }
    let mean = try config["image_mean"].numbers(count: 3, or: kind.mean)
    let pads = try config["do_pad"].bool(or: false)
    let code = try config["resample"].integer(in: 0...5, or: ResampleFilter.bicubic.rawValue)
    filter = ResampleFilter(rawValue: code) ?? .bicubic
    if try config["do_resize"].bool(or: true) { size = try Self.size(config, kind) }
    if try config["do_center_crop"].bool(or: kind.cropsCenter) { crop = try Self.cropSize(config["crop_size"]) }
    if try config["do_rescale"].bool(or: true) { rescale = try config["rescale_factor"].number(or: 1.0 / 255) }
    if try config["do_normalize"].bool(or: true) {
      let deviation = try config["image_std"].numbers(count: 3, or: kind.deviation)
      guard deviation.allSatisfy({ $0 != 0 }) else {
        throw config["image_std"].mustBe("an array of numbers other than 0")
      }
      normalization = (mean, deviation)
    }
    switch kind.special {
    case .square: if pads { square = Self.color(mean) }
    case .cells:
      // Here do_pad fills up batches, which there are none of.
      cells = try Self.cells(config, kind)
    case .patches: patches = try Self.patches(config)
    case .cropShare: try cutOut(config)
    case .none: if pads { throw config["do_pad"].mustBe("false for a \(kind.name)") }
    }
  }

  /// `int(x * 255)` of the reference and of the released code.
  static func color(_ mean: [Double]) -> [UInt8] { mean.map { UInt8(max(0, min(255, $0 * 255))) } }

  /// ConvNeXt's rule: small sizes are cut out of a picture that is larger by `crop_pct`; from 384 pixels on, the whole
  /// picture is squeezed into a square.
  private mutating func cutOut(_ config: Field) throws {
    guard let size else { return }
    guard case .shortestEdge(let edge) = size else { throw config["size"].mustBe("an object with shortest_edge") }
    guard edge < 384 else { return self.size = .exactly(width: edge, height: edge) }
    let share = try config["crop_pct"].number(or: 224.0 / 256)
    guard share > 0, Double(edge) / share <= Double(Image.maximumSide) else {
      throw config["crop_pct"].mustBe("a share of more than 0, usually 0.875")
    }
    self.size = .shortestEdge(Int(Double(edge) / share))
    guard crop == nil else { throw config["do_center_crop"].mustBe("false where crop_pct cuts the picture") }
    crop = (edge, edge)
  }

  /// `224`, `{"shortest_edge": 224}` or `{"height": 224, "width": 224}`.
  static func size(_ config: Field, _ kind: ImageProcessorKind) throws -> Size {
    if kind.special == .patches { return try smartSize(config) }
    let field = config["size"]
    let sides = 1...Image.maximumSide
    guard field.exists else { return kind.size }
    if case .integer = field.value {
      let side = try field.integer(in: sides)
      return kind.numberMeansSquare ? .exactly(width: side, height: side) : .shortestEdge(side)
    }
    // A key without a value is one that is not there.
    let keys = Set(try field.object().keys.filter { field[$0].exists })
    switch keys {
    case ["shortest_edge"]: return .shortestEdge(try field["shortest_edge"].integer(in: sides))
    case ["height", "width"]:
      return .exactly(width: try field["width"].integer(in: sides), height: try field["height"].integer(in: sides))
    default: throw field.mustBe("a number, an object with shortest_edge, or one with height and width")
    }
  }

  static func cropSize(_ field: Field) throws -> (width: Int, height: Int) {
    let sides = 1...Image.maximumSide
    guard field.exists else { return (224, 224) }
    if case .integer = field.value {
      let side = try field.integer(in: sides)
      return (side, side)
    }
    return (try field["width"].integer(in: sides), try field["height"].integer(in: sides))
  }
}
