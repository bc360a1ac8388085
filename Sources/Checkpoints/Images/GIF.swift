import CGIF

/// The first picture of a GIF, through giflib.
///
/// It lies on the screen that the file declares, as Pillow shows it: the rest of the screen is transparent where the
/// picture has a transparent colour, else the first colour; a picture that reaches over the screen enlarges it.
enum GIF {
  static func decode(_ bytes: UnsafeRawBufferPointer) throws -> (image: Image, orientation: Int?) {
    var input = Input(bytes: bytes)
    return try withUnsafeMutablePointer(to: &input) { input in
      var code: Int32 = 0
      let opened = DGifOpen(input, { GIF.read($0, $1, $2) }, &code)
      guard let file = opened else { throw failure(code, input.pointee) }
      defer { DGifCloseFile(file, nil) }
      let transparent = try findPicture(file)
      return (try picture(file, transparent, byteCount: bytes.count), nil)
    }
  }

  /// What is left of the file, and whether more was asked for than that.
  private struct Input {
    var bytes: UnsafeRawBufferPointer
    var isExhausted = false
  }

  /// Copies the next `count` bytes, or fewer at the end.
  private static func read(
    _ file: UnsafeMutablePointer<GifFileType>?, _ target: UnsafeMutablePointer<GifByteType>?, _ count: Int32
  ) -> Int32 {
    guard let target, let input = file?.pointee.UserData?.assumingMemoryBound(to: Input.self) else { return 0 }
    let taken = min(Int(count), input.pointee.bytes.count)
    if taken < Int(count) { input.pointee.isExhausted = true }
    guard taken > 0, let start = input.pointee.bytes.baseAddress else { return 0 }
    UnsafeMutableRawPointer(target).copyMemory(from: start, byteCount: taken)
    input.pointee.bytes = UnsafeRawBufferPointer(rebasing: input.pointee.bytes[taken...])
    return Int32(taken)
  }

  /// Goes to the first picture's description.
  /// - Returns: the transparent colour's index.
  private static func findPicture(_ file: UnsafeMutablePointer<GifFileType>) throws -> UInt8? {
    var transparent: UInt8?
    while true {
      var kind = UNDEFINED_RECORD_TYPE
      try check(DGifGetRecordType(file, &kind), file)
      switch kind {
      case IMAGE_DESC_RECORD_TYPE: return transparent
      case EXTENSION_RECORD_TYPE:
        var function: Int32 = 0
        var block: UnsafeMutablePointer<GifByteType>?
        try check(DGifGetExtension(file, &function, &block), file)
        // A length, then flags, two bytes of delay, and the index, which counts if the first flag is set.
        if function == GRAPHICS_EXT_FUNC_CODE, let block, block[0] >= 4, block[1] & 1 == 1 { transparent = block[4] }
        while block != nil { try check(DGifGetExtensionNext(file, &block), file) }
      default: throw ImageProblem.damaged(format: "GIF", reason: "there is no picture in it")
      }
    }
  }

  private static func picture(
    _ file: UnsafeMutablePointer<GifFileType>, _ transparent: UInt8?, byteCount: Int
  ) throws -> Image {
    // The size of a picture is checked before the library takes memory for it: it takes none until lines are asked for.
    try check(DGifGetImageDesc(file), file)
    let frame = file.pointee.Image
    let (left, top) = (Int(frame.Left), Int(frame.Top))
    let (frameWidth, frameHeight) = (Int(frame.Width), Int(frame.Height))
    let width = max(Int(file.pointee.SWidth), left + frameWidth)
    let height = max(Int(file.pointee.SHeight), top + frameHeight)
    for (width, height) in [(frameWidth, frameHeight), (width, height)] {
      if let problem = Image.problem(width: width, height: height, inBytes: byteCount) { throw problem }
    }
    var indices = [UInt8](repeating: transparent ?? 0, count: width * height)
    try indices.withUnsafeMutableBufferPointer { indices in
      guard let first = indices.baseAddress else { return }
      for row in rows(frameHeight, isInterlaced: frame.Interlace) {
        try check(DGifGetLine(file, first + (top + row) * width + left, Int32(frameWidth)), file)
      }
    }
    let colors = palette(own: frame.ColorMap, shared: file.pointee.SColorMap)
    let channels: Image.Channels = transparent == nil ? .rgb : .rgba
    let count = width * height * channels.rawValue
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      for (i, index) in indices.enumerated() {
        let color = colors[Int(index)]
        let start = i * channels.rawValue
        (target[start], target[start + 1], target[start + 2]) = (color.Red, color.Green, color.Blue)
        if channels == .rgba { target[start + 3] = index == transparent ? 0 : 255 }
      }
      initialized = count
    }
    return Image(width: width, height: height, channels: channels, pixels: pixels)
  }

  /// The order in which a picture's rows are stored.
  private static func rows(_ count: Int, isInterlaced: Bool) -> [Int] {
    guard isInterlaced else { return Array(0..<count) }
    return [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { Array(stride(from: $0, to: count, by: $1)) }
  }

  /// 256 colours: those of the picture's palette or the file's, then black; shades of gray where there is neither.
  ///
  /// A palette whose colours are 0, 1, 2 and so on in gray counts as none, as in Pillow: even where the file's then steps in.
  private static func palette(
    own: UnsafeMutablePointer<ColorMapObject>?, shared: UnsafeMutablePointer<ColorMapObject>?
  ) -> [GifColorType] {
    for map in [own, shared] {
      guard let map, let start = map.pointee.Colors else { continue }
      let colors = UnsafeBufferPointer(start: start, count: min(256, Int(map.pointee.ColorCount)))
      let isRamp = colors.enumerated().allSatisfy { $1.Red == $0 && $1.Green == $0 && $1.Blue == $0 }
      if !isRamp { return Array(colors) + Array(repeating: GifColorType(), count: 256 - colors.count) }
    }
    return (0...255).map { GifColorType(Red: $0, Green: $0, Blue: $0) }
  }

  private static func check(_ status: Int32, _ file: UnsafeMutablePointer<GifFileType>) throws {
    guard status != GIF_OK else { return }
    let input = file.pointee.UserData?.assumingMemoryBound(to: Input.self).pointee
    throw failure(file.pointee.Error, input ?? Input(bytes: UnsafeRawBufferPointer(start: nil, count: 0)))
  }

  private static func failure(_ code: Int32, _ input: Input) -> ImageProblem {
    if input.isExhausted { return .truncated(format: "GIF") }
    // The library reports codes that are too long as a failure to read.
    let isNamed = code != D_GIF_ERR_READ_FAILED
    let reason = (isNamed ? GifErrorString(code) : nil).map { String(cString: $0) } ?? "its data does not decode"
    return .damaged(format: "GIF", reason: reason.prefix(1).lowercased() + reason.dropFirst())
  }
}
