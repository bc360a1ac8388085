import CSPNG
import Glibc

/// PNG through libspng, which reports failures as return codes.
enum PNG {
  static func decode(_ bytes: UnsafeRawBufferPointer) throws -> (image: Image, orientation: Int?) {
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
    let pixels: (channels: Image.Channels, samples: [UInt8])
    if header.color_type == 0, header.bit_depth == 16 {
      pixels = (.rgb, try gray16(context, width * height))
    } else {
      let (key, isKeyed) = try transparentColor(context, header)
      let hasAlpha = header.color_type & 4 != 0 || isKeyed
      let format = Int32((hasAlpha ? SPNG_FMT_RGBA8 : SPNG_FMT_RGB8).rawValue)
      // Palettes have alpha samples of their own; a transparent colour is compared below.
      let flags = header.color_type == 3 ? Int32(SPNG_DECODE_TRNS.rawValue) : 0
      let count = width * height * (hasAlpha ? 4 : 3)
      var samples = try decoded(context, byteCount: count, format, flags)
      if let key {
        for start in stride(from: 0, to: count, by: 4)
        where (0..<3).allSatisfy({ Int(samples[start + $0]) == key[$0] }) { samples[start + 3] = 0 }
      }
      pixels = (hasAlpha ? .rgba : .rgb, samples)
    }
    return (
      Image(width: width, height: height, channels: pixels.channels, pixels: pixels.samples), orientation(context)
    )
  }

  /// What is noted before the picture or after it: as a chunk, in the words of ImageMagick, or in XMP.
  private static func orientation(_ context: OpaquePointer) -> Int? {
    // Damage behind the picture harms nothing.
    _ = spng_decode_chunks(context)
    var exif = spng_exif()
    if spng_get_exif(context, &exif) == 0,
      let value = Exif.orientation(UnsafeRawBufferPointer(start: exif.data, count: exif.length))
    {
      return value
    }
    var count: UInt32 = 0
    guard spng_get_text(context, nil, &count) == 0, count > 0 else { return nil }
    var texts = [spng_text](repeating: spng_text(), count: Int(count))
    guard spng_get_text(context, &texts, &count) == 0 else { return nil }
    func content(of keyword: String) -> UnsafeRawBufferPointer? {
      let text = texts.last { text in
        withUnsafeBytes(of: text.keyword) { $0.prefix { $0 != 0 }.elementsEqual(keyword.utf8) }
      }
      return text.map { UnsafeRawBufferPointer(start: $0.text, count: $0.length) }
    }
    if exif.length == 0, let profile = content(of: "Raw profile type exif") {
      let bytes = Exif.bytes(ofProfile: profile)
      if let value = bytes.withUnsafeBytes({ Exif.orientation($0) }) { return value }
    }
    return content(of: "XML:com.adobe.xmp").flatMap { Exif.orientation(inXMP: $0) }
  }

  private static func decoded(
    _ context: OpaquePointer, byteCount: Int, _ format: Int32, _ flags: Int32 = 0
  ) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
      try check(spng_decode_image(context, buffer.baseAddress, byteCount, format, flags))
      initialized = byteCount
    }
  }

  /// Gray levels of 16 bits, clipped to 255 as PIL's `convert` does, which takes no notice of a transparent one.
  private static func gray16(_ context: OpaquePointer, _ count: Int) throws -> [UInt8] {
    let levels = try decoded(context, byteCount: count * 2, Int32(SPNG_FMT_RAW.rawValue))
    return [UInt8](unsafeUninitializedCapacity: count * 3) { target, initialized in
      for i in 0..<count {
        let level = levels[2 * i] == 0 ? levels[2 * i + 1] : 255
        for channel in 0..<3 { target[3 * i + channel] = level }
      }
      initialized = count * 3
    }
  }

  /// The colour that a tRNS chunk makes transparent, and whether there is such a chunk.
  ///
  /// PIL compares the lower eight bits of the chunk's numbers with the samples of 8 bits, so that levels of 2, 4 and 16
  /// bits agree with them only by chance; so do we.
  private static func transparentColor(_ context: OpaquePointer, _ header: spng_ihdr) throws -> ([Int]?, Bool) {
    var transparency = spng_trns()
    guard spng_get_trns(context, &transparency) == 0 else { return (nil, false) }
    switch header.color_type {
    case 0:
      let gray = Int(transparency.gray & 255)
      return (Array(repeating: header.bit_depth == 1 && gray != 0 ? 255 : gray, count: 3), true)
    case 2: return ([transparency.red, transparency.green, transparency.blue].map { Int($0 & 255) }, true)
    default: return (nil, true)
    }
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
