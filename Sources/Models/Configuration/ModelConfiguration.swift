import Tensors

/// Everything a model's `config.json` says that the forward pass depends on.
public struct ModelConfiguration: Sendable, Equatable {
  /// `model_type` as the file has it.
  public let family: String
  public let decoder: DecoderConfiguration
  /// Nil for a decoder alone.
  public let vision: VisionConfiguration?
  public let projector: ProjectorConfiguration?
  /// The id that stands for one image patch in a prompt.
  public let imageToken: Int?
  /// The id that stands for videos, which are not supported.
  public let videoToken: Int?
  /// Nil where the decoder's maps have no low-rank parts.
  public let lowRank: LowRankConfiguration?

  public init(
    family: String, decoder: DecoderConfiguration, vision: VisionConfiguration? = nil,
    projector: ProjectorConfiguration? = nil, imageToken: Int? = nil, videoToken: Int? = nil,
    lowRank: LowRankConfiguration? = nil
  ) {
    self.family = family
    self.decoder = decoder
    self.vision = vision
    self.projector = projector
    self.imageToken = imageToken
    self.videoToken = videoToken
    self.lowRank = lowRank
  }
}
