import Models
import Tensors

/// What a frozen vision tower makes of images: computed once for each picture, as long as there is room.
///
/// Pictures are told apart by their sizes and pixels, so that many questions about one share its features.
final class FeatureStore {
  private let model: Model
  private let control: RunControl
  private var features: [ImageDigest: Tensor] = [:]
  private var room: Int

  /// - Parameter bytes: how much memory the features may take; pictures beyond are computed again each time.
  init(_ model: Model, bytes: Int, control: RunControl) {
    self.model = model
    self.control = control
    room = bytes
  }

  /// What the projector reads for each prompt's images: `[token, model]`, one image after the other.
  func features(of prompts: [Prompt]) throws -> [Tensor] {
    let pictures = prompts.map { $0.images.map { ImageDigest($0) } }
    var found: [ImageDigest: Tensor] = [:]
    var missing: [(picture: ImageDigest, prompt: Prompt)] = []
    for (prompt, own) in zip(prompts, pictures) {
      for (index, picture) in own.enumerated() where found[picture] == nil {
        if let known = features[picture] {
          found[picture] = known
        } else if !missing.contains(where: { $0.picture == picture }) {
          missing.append((picture, prompt.showing(index)))
        }
      }
    }
    let made = missing.isEmpty ? [] : try model.towerFeatures(missing.map(\.prompt), control: control)
    for ((picture, _), tensor) in zip(missing, made) {
      found[picture] = tensor
      let size = tensor.count * tensor.dtype.byteCount
      guard size <= room else { continue }
      room -= size
      features[picture] = tensor
    }
    let width = found.values.first?.axes.last ?? Axis("model", model.configuration.projector?.input ?? 0)
    return try pictures.map { own in
      own.isEmpty
        ? Tensor([Axis("token", 0), Axis(width.name, width.size)], [])
        : try Tensor.concat(own.compactMap { found[$0] }, along: "token")
    }
  }
}

extension Prompt {
  /// A prompt with one of this one's tiles alone, for the vision tower, which sees nothing else of it.
  fileprivate func showing(_ tile: Int) -> Prompt {
    var before = 0
    let image = context.images.first { image in
      defer { before += image.tiles.count }
      return tile < before + image.tiles.count
    }
    guard let image, let start = context.images.first?.positions.lowerBound else { return self }
    let own = image.tiles[tile - before + image.tiles.count]
    var alone = self
    alone.context.images = [
      TokenContext.ImageTokens(
        positions: start..<start + own.featureRows, tiles: [own], virtual: image.virtual)
    ]
    let count = min(start + own.featureRows, ids.count)
    alone.ids = Array(ids.prefix(count))
    alone.context.tokens = Array(context.tokens.prefix(count))
    alone.context.promptCount = count
    alone.context.userText = ""
    alone.context.virtual.removeAll { $0.positions.upperBound > count }
    alone.images = [images[tile]]
    return alone
  }
}
