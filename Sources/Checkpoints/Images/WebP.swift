import CWebP

/// WebP through libwebp.
enum WebP {
  static func decode(_ bytes: UnsafeRawBufferPointer) throws -> (image: Image, orientation: Int) {
    let start = bytes.bindMemory(to: UInt8.self).baseAddress
    var features = WebPBitstreamFeatures()
    let status = WebPGetFeatures(start, bytes.count, &features)
    if status == VP8_STATUS_NOT_ENOUGH_DATA { throw ImageProblem.truncated(format: "WebP") }
    guard status == VP8_STATUS_OK else { throw ImageProblem.damaged(format: "WebP", reason: "its header is not valid") }
    guard features.has_animation == 0 else { throw ImageProblem.animated(format: "WebP") }
    let (width, height) = (Int(features.width), Int(features.height))
    if let problem = Image.problem(width: width, height: height, inBytes: bytes.count) { throw problem }

    let channels: Image.Channels = features.has_alpha != 0 ? .rgba : .rgb
    let stride = width * channels.rawValue
    let count = stride * height
    let pixels = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      let decoded =
        channels == .rgba
        ? WebPDecodeRGBAInto(start, bytes.count, buffer.baseAddress, count, Int32(stride))
        : WebPDecodeRGBInto(start, bytes.count, buffer.baseAddress, count, Int32(stride))
      // The library does not say whether bytes are missing or wrong; the length in the file's first line does.
      guard decoded != nil else {
        let declared = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))) + 8
        throw bytes.count < declared
          ? ImageProblem.truncated(format: "WebP") : .damaged(format: "WebP", reason: "its data does not decode")
      }
      initialized = count
    }
    return (
      Image(width: width, height: height, channels: channels, pixels: pixels), Exif.orientation(inWebP: bytes)
    )
  }
}
