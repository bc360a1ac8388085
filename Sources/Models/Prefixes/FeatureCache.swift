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
  ///   - count: the numbers that are an image's features.
  ///   - compute: gets images that differ from each other.
  func features(of images: [Tensor], count: Int, compute: ([Tensor]) throws -> Buffer) rethrows -> Buffer {
    let digests = images.map { ImageDigest($0) }
    let found = kept.withLock { kept in digests.map { kept[$0] } }
    // What has to be computed, and which of it each image is.
    var missing: [Int] = []
    var order: [ImageDigest: Int] = [:]
    for place in images.indices where found[place] == nil && order[digests[place]] == nil {
      order[digests[place]] = missing.count
      missing.append(place)
    }
    let made = missing.isEmpty ? Buffer(0) : try compute(missing.map { images[$0] })
    let all = Buffer(images.count * count)
    for (place, digest) in digests.enumerated() {
      let row = all.pointer + place * count
      if let features = found[place] {
        for (column, value) in features.values.enumerated() { row[column] = value }
      } else if let own = order[digest] {
        row.update(from: made.pointer + own * count, count: count)
      }
    }
    let new = missing.map { (digest: digests[$0], features: Features(all.pointer + $0 * count, count: count)) }
    kept.withLock { kept in
      for (digest, features) in new { kept.insert(features, for: digest, bytes: count * 4) }
    }
    return all
  }
}
