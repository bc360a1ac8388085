/// A picture of 8-bit samples, row by row from the top left.
public struct Image: Equatable, Sendable {
  /// Samples of one pixel, in this order. Alpha is not premultiplied.
  public enum Channels: Int, Sendable {
    case rgb = 3
    case rgba = 4
  }

  public let width: Int
  public let height: Int
  public let channels: Channels
  /// `height × width × channels` samples.
  public let pixels: [UInt8]

  /// Larger images are refused before memory is taken for them.
  public static let maximumSide = 65_535
  public static let maximumPixelCount = 1 << 27

  /// - Precondition: as many samples as `width × height × channels`.
  public init(width: Int, height: Int, channels: Channels = .rgb, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == width * height * channels.rawValue)
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// The error for sizes that cannot be, or nil.
  static func problem(width: Int, height: Int) -> ImageProblem? {
    guard width > 0, height > 0 else { return .empty(width: width, height: height) }
    guard width <= maximumSide, height <= maximumSide, width * height <= maximumPixelCount else {
      return .tooLarge(width: width, height: height)
    }
    return nil
  }

  /// The error for a file that promises more than its length makes likely, so that a few bytes cannot take gigabytes;
  /// or nil. Photographs have up to 100 pixels a byte, white pages in any format far less than the thousands allowed.
  static func problem(width: Int, height: Int, inBytes byteCount: Int) -> ImageProblem? {
    if let problem = problem(width: width, height: height) { return problem }
    guard width * height <= (1 << 24) + 16_384 * byteCount else {
      return .unlikely(width: width, height: height, byteCount: byteCount)
    }
    return nil
  }

  /// The same picture without its alpha samples, whatever they say: what PIL's `convert("RGB")` does.
  public var droppingAlpha: Image {
    guard channels == .rgba else { return self }
    return mapping(to: .rgb) { source, target in
      (target[0], target[1], target[2]) = (source[0], source[1], source[2])
    }
  }

  /// The picture on a white background, rounded as PIL's `alpha_composite` does.
  public var onWhite: Image {
    guard channels == .rgba else { return self }
    return mapping(to: .rgb) { source, target in
      let alpha = UInt32(source[3])
      for channel in 0..<3 {
        // Seven extra bits until the rounding division by 255.
        let sum = (UInt32(source[channel]) * alpha + 255 * (255 - alpha) + 128) << 7
        target[channel] = UInt8(truncatingIfNeeded: ((sum >> 8) + sum) >> 15)
      }
    }
  }

  /// Makes every pixel from the pixel at the same place.
  func mapping(
    to channels: Channels,
    _ pixel: (_ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>) -> Void
  ) -> Image {
    let (width, height, step) = (width, height, self.channels.rawValue)
    let count = width * height
    let result = [UInt8](unsafeUninitializedCapacity: count * channels.rawValue) { target, initialized in
      pixels.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        to.initialize(repeating: 0, count: count * channels.rawValue)
        for i in 0..<count { pixel(from + i * step, to + i * channels.rawValue) }
      }
      initialized = count * channels.rawValue
    }
    return Image(width: width, height: height, channels: channels, pixels: result)
  }
}
