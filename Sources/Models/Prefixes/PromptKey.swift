import Glibc
import Tensors

/// A model itself rather than its like; holding it keeps its place in memory from another one.
struct ModelIdentity: Hashable {
  let model: Model

  static func == (left: Self, right: Self) -> Bool { left.model === right.model }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(model)) }
}

/// All that an unsteered run of a prompt depends on.
struct PromptKey: Hashable {
  let model: ModelIdentity
  let ids: [Int]
  /// Where the images stand.
  let places: [Int]
  let images: [ImageKey]

  init(_ prompt: Prompt, _ model: Model) {
    self.model = ModelIdentity(model: model)
    ids = prompt.ids
    places = prompt.context.images.map(\.positions.lowerBound)
    images = prompt.images.map { ImageKey($0, model) }
  }
}

/// A prepared image by its pixels.
struct ImageKey: Hashable {
  let model: ModelIdentity
  let pixels: Tensor
  private let digest: UInt64

  init(_ pixels: Tensor, _ model: Model) {
    self.model = ModelIdentity(model: model)
    self.pixels = pixels
    digest = pixels.withUnsafeBytes { bytes in
      var digest: UInt64 = 0
      for offset in stride(from: 0, to: bytes.count & ~7, by: 8) {
        digest = (digest ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x9E37_79B9_7F4A_7C15
        digest ^= digest >> 29
      }
      return digest
    }
  }

  static func == (left: Self, right: Self) -> Bool {
    guard left.model == right.model, left.digest == right.digest, left.pixels.shape == right.pixels.shape else {
      return false
    }
    return left.pixels.withUnsafeBytes { a in
      right.pixels.withUnsafeBytes { b in
        guard let a = a.baseAddress, let b = b.baseAddress, a != b else { return true }
        return memcmp(a, b, left.pixels.count * left.pixels.dtype.byteCount) == 0
      }
    }
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(model)
    hasher.combine(digest)
  }
}
