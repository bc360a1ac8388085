import CWebP

/// WebP through libwebp; of an animation the first frame.
enum WebP {
  static func decode(_ bytes: UnsafeRawBufferPointer) throws -> (image: Image, orientation: Int?) {
    let start = bytes.bindMemory(to: UInt8.self).baseAddress
    var features = WebPBitstreamFeatures()
    let status = WebPGetFeatures(start, bytes.count, &features)
    if status == VP8_STATUS_NOT_ENOUGH_DATA { throw ImageProblem.truncated(format: "WebP") }
    guard status == VP8_STATUS_OK else { throw ImageProblem.damaged(format: "WebP", reason: "its header is not valid") }
    let (width, height) = (Int(features.width), Int(features.height))
    if let problem = Image.problem(width: width, height: height, inBytes: bytes.count) { throw problem }

    let channels: Image.Channels = features.has_alpha != 0 ? .rgba : .rgb
    let stride = width * channels.rawValue
    let count = stride * height
    let pixels = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      if features.has_animation != 0 {
        try decodeFirstFrame(bytes, into: buffer, width: width, height: height, channels)
        initialized = count
        return
      }
      let decoded =
        channels == .rgba
        ? WebPDecodeRGBAInto(start, bytes.count, buffer.baseAddress, count, Int32(stride))
        : WebPDecodeRGBInto(start, bytes.count, buffer.baseAddress, count, Int32(stride))
      guard decoded != nil else { throw failure(bytes) }
      initialized = count
    }
    return (
      Image(width: width, height: height, channels: channels, pixels: pixels), Exif.orientation(inWebP: bytes)
    )
  }

  /// Puts the first frame in its place on a canvas that is otherwise transparent, or black, as Pillow does.
  private static func decodeFirstFrame(
    _ bytes: UnsafeRawBufferPointer, into canvas: UnsafeMutableBufferPointer<UInt8>, width: Int, height: Int,
    _ channels: Image.Channels
  ) throws {
    var data = WebPData(bytes: bytes.bindMemory(to: UInt8.self).baseAddress, size: bytes.count)
    guard let demuxer = WebPDemux(&data) else { throw failure(bytes) }
    defer { WebPDemuxDelete(demuxer) }
    var frame = WebPIterator()
    guard WebPDemuxGetFrame(demuxer, 1, &frame) != 0 else { throw failure(bytes) }
    defer { WebPDemuxReleaseIterator(&frame) }
    let (left, top) = (Int(frame.x_offset), Int(frame.y_offset))
    let size = channels.rawValue
    // The frame's own data says its size a second time; the library does not compare it with the room there is across.
    var features = WebPBitstreamFeatures()
    guard WebPGetFeatures(frame.fragment.bytes, frame.fragment.size, &features) == VP8_STATUS_OK,
      features.width == frame.width, features.height == frame.height, left >= 0, top >= 0, frame.width > 0,
      frame.height > 0, left + Int(frame.width) <= width, top + Int(frame.height) <= height,
      let start = canvas.baseAddress
    else { throw ImageProblem.damaged(format: "WebP", reason: "its first frame does not lie on its canvas") }
    canvas.initialize(repeating: 0)
    let first = (top * width + left) * size
    let decoder = channels == .rgba ? WebPDecodeRGBAInto : WebPDecodeRGBInto
    guard
      decoder(frame.fragment.bytes, frame.fragment.size, start + first, canvas.count - first, Int32(width * size))
        != nil
    else { throw failure(bytes) }
  }

  /// The library does not say whether bytes are missing or wrong; the length in the file's first line does.
  private static func failure(_ bytes: UnsafeRawBufferPointer) -> ImageProblem {
    let declared = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))) + 8
    return bytes.count < declared
      ? .truncated(format: "WebP") : .damaged(format: "WebP", reason: "its data does not decode")
  }
}
