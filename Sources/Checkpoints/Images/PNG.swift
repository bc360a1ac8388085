import CSPNG
import Glibc

/// PNG through libspng, which reports failures as return codes.
enum PNG {
  static func decode(_ bytes: UnsafeRawBufferPointer) throws -> (image: Image, orientation: Int) {
    guard let context = spng_ctx_new(0) else { throw ImageProblem.damaged(format: "PNG", reason: "no memory") }
    defer { spng_ctx_free(context) }
    // The size stands at a fixed place; it is checked before the library sees it, for errors in our words.
    guard bytes.count >= 33 else { throw ImageProblem.truncated(format: "PNG") }
    let width = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)))
    let height = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self)))
    if let problem = Image.problem(width: width, height: height, inBytes: bytes.count) { throw problem }

    try check(spng_set_image_limits(context, UInt32(Image.maximumSide), UInt32(Image.maximumSide)))
    try check(spng_set_chunk_limits(context, 1 << 26, 1 << 26))
    try check(spng_set_png_buffer(context, bytes.baseAddress, bytes.count))
    var header = spng_ihdr()
    try check(spng_get_ihdr(context, &header))
    // No deflate stream grows more than 1032-fold: a file too short for its size is refused before memory is taken.
    let bitsPerPixel = Int(header.bit_depth) * samples(header.color_type)
    guard (width * bitsPerPixel + 7) / 8 * height / 1032 <= bytes.count else {
      throw ImageProblem.truncated(format: "PNG")
    }
    var transparency = spng_trns()
    let hasAlpha =
      header.color_type == UInt8(SPNG_COLOR_TYPE_GRAYSCALE_ALPHA.rawValue)
      || header.color_type == UInt8(SPNG_COLOR_TYPE_TRUECOLOR_ALPHA.rawValue)
      || spng_get_trns(context, &transparency) == 0

    let channels: Image.Channels = hasAlpha ? .rgba : .rgb
    let format = Int32((hasAlpha ? SPNG_FMT_RGBA8 : SPNG_FMT_RGB8).rawValue)
    let flags = hasAlpha ? Int32(SPNG_DECODE_TRNS.rawValue) : 0
    let count = width * height * channels.rawValue
    let pixels = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      try check(spng_decode_image(context, buffer.baseAddress, count, format, flags))
      initialized = count
    }
    var exif = spng_exif()
    var orientation = 1
    if spng_get_exif(context, &exif) == 0 {
      orientation = Exif.orientation(UnsafeRawBufferPointer(start: exif.data, count: exif.length))
    }
    return (Image(width: width, height: height, channels: channels, pixels: pixels), orientation)
  }

  static func encode(_ image: Image) throws -> [UInt8] {
    guard let context = spng_ctx_new(Int32(SPNG_CTX_ENCODER.rawValue)) else {
      throw ImageProblem.damaged(format: "PNG", reason: "no memory")
    }
    defer { spng_ctx_free(context) }
    try check(spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1))
    var header = spng_ihdr()
    header.width = UInt32(image.width)
    header.height = UInt32(image.height)
    header.bit_depth = 8
    header.color_type = UInt8(
      (image.channels == .rgba ? SPNG_COLOR_TYPE_TRUECOLOR_ALPHA : SPNG_COLOR_TYPE_TRUECOLOR).rawValue)
    try check(spng_set_ihdr(context, &header))
    try image.pixels.withUnsafeBytes {
      try check(
        spng_encode_image(
          context, $0.baseAddress, $0.count, Int32(SPNG_FMT_PNG.rawValue), Int32(SPNG_ENCODE_FINALIZE.rawValue)))
    }
    var count = 0
    var status: Int32 = 0
    let encoded = spng_get_png_buffer(context, &count, &status)
    try check(status)
    defer { free(encoded) }
    return Array(UnsafeRawBufferPointer(start: encoded, count: count))
  }

  private static func samples(_ colorType: UInt8) -> Int {
    switch colorType {
    case 2: 3
    case 4: 2
    case 6: 4
    default: 1
    }
  }

  private static func check(_ status: Int32) throws {
    guard status != 0 else { return }
    if status == SPNG_IO_EOF.rawValue || status == Int32(SPNG_EIDAT_TOO_SHORT.rawValue) {
      throw ImageProblem.truncated(format: "PNG")
    }
    throw ImageProblem.damaged(format: "PNG", reason: String(cString: spng_strerror(status)))
  }
}

extension Image {
  /// The image as a PNG file.
  public func png() throws -> [UInt8] { try PNG.encode(self) }

  /// Saves the image as a PNG file.
  public func write(to path: String) throws {
    do { try AtomicFile.write(PNG.encode(self), to: path) } catch let problem as ImageProblem {
      throw CheckpointError(path, .image(problem))
    }
  }
}
