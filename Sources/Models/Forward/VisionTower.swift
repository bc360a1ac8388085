import Kernels
import Tensors

/// Images to patch features: patches and a class token with positions through a stack of blocks.
struct VisionTower: Sendable {
  let configuration: VisionConfiguration
  /// A convolution whose steps do not overlap is a linear map of each patch's pixels.
  let patches: Linear
  let classEmbedding: Weight
  let positions: Weight
  let norm: Norm
  let blocks: [Block]

  /// - Parameters:
  ///   - images: f32 `[channel, row, column]` each, sides as configured.
  ///   - pass: laid out with one segment for each image: `configuration.rows` rows, and what virtual rows it has, which
  ///     stand between class token and patches and start as zeros.
  /// - Returns: `[token, model]`, the images' feature rows one after the other, and the virtual ones likewise.
  func forward(_ images: [Tensor], _ pass: Pass, lastLayer: Int?) throws -> (features: Buffer, virtual: Buffer) {
    embed(images, pass)
    try pass.visit(.embeddings, rows: pass.workspace.hidden.pointer, width: configuration.block.width)
    let features = Buffer(images.count * configuration.featureRows * configuration.featureWidth)
    let virtual = Buffer((pass.rows - images.count * configuration.rows) * configuration.featureWidth)
    collect(0, pass, into: features, virtual)
    // What comes after the last layer that is used runs for listeners only.
    for layer in 0..<max(configuration.usedLayers, lastLayer.map { $0 + 1 } ?? 0) {
      try blocks[layer].forward(pass, layer: layer)
      collect(layer + 1, pass, into: features, virtual)
    }
    return (features, virtual)
  }

  private func embed(_ images: [Tensor], _ pass: Pass) {
    let (width, count) = (configuration.block.width, configuration.patches)
    let hidden = pass.workspace.hidden.pointer
    let pixels = Buffer(count * patches.input)
    let position = Buffer(width)
    for (segment, image) in zip(pass.segments, images) {
      let start = hidden + segment.rows.lowerBound * width
      unfold(image, into: pixels.pointer)
      classEmbedding.row(0, width: width, into: start)
      patches.apply(start + row(configuration.classTokens, in: segment) * width, pixels.pointer, rows: count)
      for place in 0..<configuration.rows {
        positions.row(place, width: width, into: position.pointer)
        let own = start + row(place, in: segment) * width
        sk_binary(SK_ADD, own, own, 1, position.pointer, 1, Int64(width))
      }
    }
    norm.apply(hidden, hidden, rows: pass.rows)
    for segment in pass.segments {
      let virtual = segment.rows.count - configuration.rows
      (hidden + (segment.rows.lowerBound + configuration.classTokens) * width).update(
        repeating: 0, count: virtual * width)
    }
  }

  /// Where one of the image's own rows stands among all that a segment has.
  private func row(_ own: Int, in segment: Span) -> Int {
    own < configuration.classTokens ? own : own + segment.rows.count - configuration.rows
  }

  /// The pixels of each patch as one row: `[patch, channel · row · column]`, in the order of a convolution's weights.
  func unfold(_ image: Tensor, into out: UnsafeMutablePointer<Float>) {
    let (side, patch, size) = (configuration.patchesPerSide, configuration.patchSize, configuration.imageSize)
    image.withFloats { pixels in
      guard let pixels = pixels.baseAddress else { return }
      var to = out
      for index in 0..<configuration.patches {
        let corner = index / side * patch * size + index % side * patch
        for channel in 0..<configuration.channels {
          for row in 0..<patch {
            to.update(from: pixels + channel * size * size + corner + row * size, count: patch)
            to += patch
          }
        }
      }
    }
  }

  /// Copies hidden state `state` to its columns of the features and of the virtual rows, if it is one of them.
  private func collect(_ state: Int, _ pass: Pass, into features: Buffer, _ virtual: Buffer) {
    let (width, dropped) = (configuration.block.width, configuration.rows - configuration.featureRows)
    for (column, chosen) in configuration.featureStates.enumerated() where chosen == state {
      var (feature, added) = (features.pointer + column * width, virtual.pointer + column * width)
      for image in pass.segments {
        let hidden = pass.workspace.hidden.pointer + image.rows.lowerBound * width
        for place in dropped..<configuration.rows {
          feature.update(from: hidden + row(place, in: image) * width, count: width)
          feature += configuration.featureWidth
        }
        for place in 0..<image.rows.count - configuration.rows {
          added.update(from: hidden + (configuration.classTokens + place) * width, count: width)
          added += configuration.featureWidth
        }
      }
    }
  }
}
