import Checkpoints

/// Everything a model folder says except the weights: enough to resolve sites, build prompts and check a script.
public struct Blueprint: Sendable {
  /// Where it came from: the folder's path or the embedded model's name.
  public let origin: String
  public let configuration: ModelConfiguration
  public let tokenizer: Tokenizer
  /// Nil for a decoder alone, and for a folder that does not say how images are prepared.
  public let imageProcessor: ImageProcessor?
  /// The conversation template that prompts use unless they name another.
  public let template: Template
  /// Ids that end a generated answer.
  public let endTokens: Set<Int>
  /// The files it was read from, which a saved model takes along.
  let source: FileSource
  /// Where its family's checkpoints keep a weight, the usual place first.
  let places: @Sendable (Site, ModelConfiguration) -> [WeightPlace]

  /// Reads the small files of a model folder.
  public init(_ source: FileSource) throws { try self.init(source, origin: source.name) }

  /// - Parameter tokenizer: nil for the one that the files describe.
  init(_ source: FileSource, origin: String, tokenizer: Tokenizer? = nil) throws {
    let config = try Field(source.bytes(of: "config.json", expected: "the model's configuration"))
    self.origin = origin
    self.source = source
    let family = try Family.of(config, in: source)
    configuration = try family.configuration(config)
    places = family.places
    self.tokenizer = try tokenizer ?? Tokenizer(source)
    let saysHow = ["processor_config.json", "preprocessor_config.json"].contains(where: source.contains)
    imageProcessor = configuration.vision != nil && saysHow ? try ImageProcessor(source) : family.imageProcessor
    template = try Template.default(of: source, family: family, seesImages: configuration.vision != nil)
    endTokens = try Self.endTokens(source, config)
  }

  /// `generation_config.json` says what ends an answer; where it does not, `config.json` may.
  private static func endTokens(_ source: FileSource, _ config: Field) throws -> Set<Int> {
    let file = "generation_config.json"
    var places = [config["eos_token_id"], config["text_config"]["eos_token_id"]]
    if source.contains(file) { places.insert(try Field(source.bytes(of: file))["eos_token_id"], at: 0) }
    guard let place = places.first(where: \.exists) else { return [] }
    return Set(try place.integerList(or: []))
  }
}
