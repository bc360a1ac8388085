/// A processor class of transformers: what it does where its configuration says nothing.
///
/// The source of every value is the class's PIL-based version in transformers 5.23.
struct ImageProcessorKind {
  let name: String
  /// Names of the same class that older files have.
  var formerNames: [String] = []
  let mean: [Double]
  let deviation: [Double]
  let size: ImageProcessor.Size
  /// Whether a size that is one number means both sides; else the shorter one.
  var numberMeansSquare = false
  var cropsCenter = false
  var special = Special.none

  /// What a class does that others do not.
  enum Special {
    case none
    /// `do_pad` puts pictures on a square.
    case square
    /// `image_grid_pinpoints`.
    case cells
    /// Smart resize and patches.
    case patches
    /// Small sizes are cut out of a larger picture (`crop_pct`).
    case cropShare
  }

  static let all = [
    ImageProcessorKind(
      name: "CLIPImageProcessor", formerNames: ["CLIPFeatureExtractor"], mean: clipMean, deviation: clipDeviation,
      size: .shortestEdge(224), cropsCenter: true),
    ImageProcessorKind(
      name: "LlavaImageProcessor", mean: clipMean, deviation: clipDeviation, size: .shortestEdge(224),
      cropsCenter: true,
      special: .square),
    ImageProcessorKind(
      name: "LlavaNextImageProcessor", mean: clipMean, deviation: clipDeviation, size: .shortestEdge(224),
      cropsCenter: true, special: .cells),
    ImageProcessorKind(
      name: "SiglipImageProcessor", mean: half, deviation: half, size: .exactly(width: 224, height: 224)),
    ImageProcessorKind(
      name: "Qwen2VLImageProcessor", formerNames: ["Qwen2_5_VLImageProcessor"], mean: clipMean,
      deviation: clipDeviation, size: .multiples(of: 28, pixels: 3136...1_003_520), special: .patches),
    ImageProcessorKind(
      name: "BitImageProcessor", mean: clipMean, deviation: clipDeviation, size: .shortestEdge(224), cropsCenter: true),
    ImageProcessorKind(
      name: "BlipImageProcessor", mean: clipMean, deviation: clipDeviation, size: .exactly(width: 384, height: 384),
      numberMeansSquare: true),
    ImageProcessorKind(
      name: "ConvNextImageProcessor", formerNames: ["ConvNextFeatureExtractor"], mean: half, deviation: half,
      size: .shortestEdge(384), special: .cropShare),
  ]

  /// - Parameter type: as a file names the class; suffixes that tell implementations apart do not matter.
  init?(type: String) {
    var name = type
    for suffix in ["Fast", "Pil"] where name.hasSuffix(suffix) { name.removeLast(suffix.count) }
    guard let kind = Self.all.first(where: { $0.name == name || $0.formerNames.contains(name) }) else { return nil }
    self = kind
  }

  private init(
    name: String, formerNames: [String] = [], mean: [Double], deviation: [Double], size: ImageProcessor.Size,
    numberMeansSquare: Bool = false, cropsCenter: Bool = false, special: Special = .none
  ) {
    self.name = name
    self.formerNames = formerNames
    self.mean = mean
    self.deviation = deviation
    self.size = size
    self.numberMeansSquare = numberMeansSquare
    self.cropsCenter = cropsCenter
    self.special = special
  }

  // OpenAI's CLIP.
  static let clipMean = [0.48145466, 0.4578275, 0.40821073]
  static let clipDeviation = [0.26862954, 0.26130258, 0.27577711]
  private static let half = [0.5, 0.5, 0.5]
}
