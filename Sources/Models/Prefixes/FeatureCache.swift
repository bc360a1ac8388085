import Synchronization
import Tensors

/// What a model's vision tower made of the last images it saw, for the next question about one of them.
///
/// No bit of any answer depends on it: an image's features are the same bits in every batch.
final class FeatureCache: Sendable {
  /// `[token, model]` of one image, as the projector reads them.
  private final class Features: Sendable {
    let values: [Float]

    init(_ row: UnsafePointer<Float>, count: Int) {
      values = Array(UnsafeBufferPointer(start: row, count: count))
    }
  }

  private let kept: Mutex<BoundedCache<ImageDigest, Features>>

  init(byteLimit: Int = 1 << 27) { kept = Mutex(BoundedCache(byteLimit: byteLimit)) }

  /// The features of images, image after image: kept ones, and what `compute` makes of the others.
  ///
  /// - Parameters:
  ///   - counts: the numbers that are each image's features.
  ///   - compute: gets the places of images that differ from each other.
  func features(of images: [Tensor], counts: [Int], compute: ([Int]) throws -> Buffer) rethrows -> Buffer {
    let digests = images.map { ImageDigest($0) }
    let found = kept.withLock { kept in digests.map { kept[$0] } }
    // What has to be computed, and which of it each image is.
    var missing: [Int] = []
    var starts: [ImageDigest: Int] = [:]
    var size = 0
    for place in images.indices where found[place] == nil && starts[digests[place]] == nil {
      starts[digests[place]] = size
      size += counts[place]
      missing.append(place)
    }
    let made = missing.isEmpty ? Buffer(0) : try compute(missing)
    let all = Buffer(counts.reduce(0, +))
    var row = all.pointer
    for (place, digest) in digests.enumerated() {
      if let features = found[place] {
        for (column, value) in features.values.enumerated() { row[column] = value }
      } else if let own = starts[digest] {
        row.update(from: made.pointer + own, count: counts[place])
      }
      row += counts[place]
    }
    let new = missing.map { place in
      (digest: digests[place], features: Features(made.pointer + (starts[digests[place]] ?? 0), count: counts[place]))
    }
    kept.withLock { kept in
      for (digest, features) in new { kept.insert(features, for: digest, bytes: features.values.count * 4) }
    }
    return all
  }
}
