import CTurboJPEG

/// JPEG through TurboJPEG: accurate DCT and smooth upsampling, as PIL decodes.
enum JPEG {
  static func decode(_ bytes: UnsafeRawBufferPointer) throws -> (image: Image, orientation: Int?) {
    guard let decoder = tjInitDecompress() else { throw ImageProblem.damaged(format: "JPEG", reason: "no memory") }
    defer { tjDestroy(decoder) }
    let start = bytes.bindMemory(to: UInt8.self).baseAddress
    var (width, height, subsampling, colorSpace): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    guard tjDecompressHeader3(decoder, start, UInt(bytes.count), &width, &height, &subsampling, &colorSpace) == 0 else {
      throw failure(decoder)
    }
    if let problem = Image.problem(width: Int(width), height: Int(height), inBytes: bytes.count) { throw problem }

    let hasFourInks = colorSpace == Int32(TJCS_CMYK.rawValue) || colorSpace == Int32(TJCS_YCCK.rawValue)
    let format = Int32((hasFourInks ? TJPF_CMYK : TJPF_RGB).rawValue)
    let count = Int(width) * Int(height) * (hasFourInks ? 4 : 3)
    let pixels = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      // Files with thousands of scans exist only to keep decoders busy.
      let status = tjDecompress2(
        decoder, start, UInt(bytes.count), buffer.baseAddress, width, 0, height, format, TJFLAG_LIMITSCANS)
      if status != 0 {
        // Harmless warnings, such as bytes between segments, are common in photographs; missing data is not harmless.
        let isWarning = tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue)
        if !isWarning || message(decoder).contains("remature end") { throw failure(decoder) }
      }
      initialized = count
    }
    let decoded = Image(
      width: Int(width), height: Int(height), channels: hasFourInks ? .rgba : .rgb, pixels: pixels)
    return (hasFourInks ? decoded.fromInks : decoded, Exif.orientation(inJPEG: bytes))
  }

  private static func message(_ decoder: tjhandle) -> String { String(cString: tjGetErrorStr2(decoder)) }

  private static func failure(_ decoder: tjhandle) -> ImageProblem {
    let reason = message(decoder)
    return reason.contains("remature end") ? .truncated(format: "JPEG") : .damaged(format: "JPEG", reason: reason)
  }
}

extension Image {
  /// Four inks, stored inverted as Adobe's programs and PIL have it, as red, green and blue.
  fileprivate var fromInks: Image {
    mapping(to: .rgb) { source, target in
      let paper = Int(source[3])
      for channel in 0..<3 { target[channel] = UInt8(truncatingIfNeeded: multiplied(Int(source[channel]), paper)) }
    }
  }
}

/// a·b/255, rounded, for two samples.
@inline(__always)
func multiplied(_ a: Int, _ b: Int) -> Int {
  let product = a * b + 128
  return ((product >> 8) + product) >> 8
}
