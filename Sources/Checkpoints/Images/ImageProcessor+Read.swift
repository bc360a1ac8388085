extension ImageProcessor {
  private static let read = ["CLIPImageProcessor", "LlavaImageProcessor"]
  // What both processors use where the file says nothing: OpenAI's CLIP.
  private static let clipMean = [0.48145466, 0.4578275, 0.40821073]
  private static let clipDeviation = [0.26862954, 0.26130258, 0.27577711]

  /// Reads the image part of `processor_config.json`, or `preprocessor_config.json`.
  public init(_ source: FileSource) throws {
    if source.contains("processor_config.json") {
      let whole = try Field(source.bytes(of: "processor_config.json"))
      if whole["image_processor"].exists {
        try self.init(whole["image_processor"])
        return
      }
    }
    try self.init(
      Field(
        source.bytes(
          of: "preprocessor_config.json",
          expected: "the image processor's configuration (or processor_config.json with an image_processor)")))
  }

  /// - Parameter config: the object that holds `do_resize` and the like.
  public init(_ config: Field) throws {
    let named = config["image_processor_type"]
    var type = try named.string(or: config["feature_extractor_type"].string(or: Self.read[0]))
    for suffix in ["Fast", "Pil"] where type.hasSuffix(suffix) { type.removeLast(suffix.count) }
    if type == "CLIPFeatureExtractor" { type = Self.read[0] }
    guard Self.read.contains(type) else {
      throw CheckpointError(config.file, .image(.noProcessor(type: type, read: Self.read)))
    }
    let mean = try config["image_mean"].numbers(count: 3, or: Self.clipMean)
    if type == "LlavaImageProcessor" { padsToSquare = try config["do_pad"].bool(or: false) }
    if try config["do_resize"].bool(or: true) {
      size = try Self.size(config["size"])
      let code = try config["resample"].integer(in: 0...5, or: ResampleFilter.bicubic.rawValue)
      filter = ResampleFilter(rawValue: code) ?? .bicubic
    }
    if try config["do_center_crop"].bool(or: true) { crop = try Self.cropSize(config["crop_size"]) }
    if try config["do_rescale"].bool(or: true) { rescale = try config["rescale_factor"].number(or: 1.0 / 255) }
    if try config["do_normalize"].bool(or: true) {
      let deviation = try config["image_std"].numbers(count: 3, or: Self.clipDeviation)
      guard deviation.allSatisfy({ $0 != 0 }) else {
        throw config["image_std"].mustBe("an array of numbers other than 0")
      }
      normalization = (mean, deviation)
    }
  }

  /// `224`, `{"shortest_edge": 224}` or `{"height": 224, "width": 224}`.
  private static func size(_ field: Field) throws -> Size {
    let sides = 1...Image.maximumSide
    guard field.exists else { return .shortestEdge(224) }
    if case .integer = field.value { return .shortestEdge(try field.integer(in: sides)) }
    let keys = Set(try field.object().keys)
    switch keys {
    case ["shortest_edge"]: return .shortestEdge(try field["shortest_edge"].integer(in: sides))
    case ["height", "width"]:
      return .exactly(width: try field["width"].integer(in: sides), height: try field["height"].integer(in: sides))
    default: throw field.mustBe("a number, an object with shortest_edge, or one with height and width")
    }
  }

  private static func cropSize(_ field: Field) throws -> (width: Int, height: Int) {
    let sides = 1...Image.maximumSide
    guard field.exists else { return (224, 224) }
    if case .integer = field.value {
      let side = try field.integer(in: sides)
      return (side, side)
    }
    return (try field["width"].integer(in: sides), try field["height"].integer(in: sides))
  }
}
