/// A tensor by what it is; families say what checkpoints call it.
enum WeightName: Hashable, Sendable {
  /// The parts of one block, of the decoder or of the vision tower.
  enum Part: String, Sendable {
    case attentionNorm, query, key, value, attentionOutput, mlpNorm, gate, up, down
  }

  case embedding
  case decoderBlock(Int, Part)
  case finalNorm
  case outputLayer
  case classEmbedding
  case patchEmbedding
  case positionEmbedding
  case visionNorm
  case visionBlock(Int, Part)
  case projectorFirst
  case projectorSecond
}
