/// The one thing wanted from what cameras note in their files: which way is up.
///
/// Values 1 to 8 as in Exif 2.3, 4.6.4 A; everything odd counts as 1, upright. Nil where nothing is said: then programs
/// may have noted it in XMP instead, which PIL asks second.
enum Exif {
  /// - Parameter bytes: a TIFF structure.
  static func orientation(_ bytes: UnsafeRawBufferPointer) -> Int? {
    // PNG and WebP writers disagree on whether the JPEG marker's prefix belongs here.
    let prefix = Array("Exif\0\0".utf8)
    let tiff = bytes.starts(with: prefix) ? UnsafeRawBufferPointer(rebasing: bytes[prefix.count...]) : bytes
    let isLittle = tiff.starts(with: Array("II".utf8))
    guard isLittle || tiff.starts(with: Array("MM".utf8)) else { return nil }
    func short(_ offset: Int) -> Int? {
      guard offset >= 0, offset + 2 <= tiff.count else { return nil }
      let value = tiff.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
      return Int(isLittle ? UInt16(littleEndian: value) : UInt16(bigEndian: value))
    }
    func long(_ offset: Int) -> Int? {
      guard offset >= 0, offset + 4 <= tiff.count else { return nil }
      let value = tiff.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
      return Int(isLittle ? UInt32(littleEndian: value) : UInt32(bigEndian: value))
    }
    guard short(2) == 42, let directory = long(4), let count = short(directory) else { return nil }
    for entry in 0..<count {
      let offset = directory + 2 + entry * 12
      guard let tag = short(offset) else { return nil }
      guard tag == 0x0112 else { continue }
      // Of 16 bits by the standard; some programs write 32.
      let kind = short(offset + 2)
      guard long(offset + 4) == 1, let value = kind == 4 ? long(offset + 8) : short(offset + 8), kind == 3 || kind == 4
      else { return 1 }
      return (1...8).contains(value) ? value : 1
    }
    return nil
  }

  /// The bytes that ImageMagick writes into PNG texts: three lines that name them, then hexadecimal digits.
  static func bytes(ofProfile text: UnsafeRawBufferPointer) -> [UInt8] {
    let digits = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropFirst(3).joined()
    var result: [UInt8] = []
    var high: UInt8?
    for digit in digits {
      guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { return [] }
      if let first = high {
        result.append(first << 4 | UInt8(value))
        high = nil
      } else {
        high = UInt8(value)
      }
    }
    return result
  }

  /// Looks for what Adobe's programs write, as an attribute or as an element.
  static func orientation(inXMP bytes: UnsafeRawBufferPointer) -> Int? {
    let name = Array("tiff:Orientation".utf8)
    var rest = bytes[...]
    while let start = rest.firstRange(of: name) {
      rest = rest[start.upperBound...]
      for mark in ["=\"", ">"] where rest.starts(with: mark.utf8) {
        guard let digit = rest.dropFirst(mark.utf8.count).first, (0x30...0x39).contains(digit) else { continue }
        return Int(digit) - 0x30
      }
    }
    return nil
  }

  /// Looks through a JPEG's segments up to the image data.
  static func orientation(inJPEG bytes: UnsafeRawBufferPointer) -> Int? {
    let beforeXMP = Array("http://ns.adobe.com/xap/1.0/\0".utf8)
    var inXMP: Int?
    var offset = 2
    while offset + 4 <= bytes.count, bytes[offset] == 0xFF {
      let marker = bytes[offset + 1]
      if marker == 0xFF {
        offset += 1
        continue
      }
      let length = Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
      guard marker != 0xDA, length >= 2, offset + 2 + length <= bytes.count else { break }
      let content = UnsafeRawBufferPointer(rebasing: bytes[offset + 4..<offset + 2 + length])
      if marker == 0xE1 {
        if content.starts(with: Array("Exif\0\0".utf8)), let value = orientation(content) { return value }
        if content.starts(with: beforeXMP) {
          inXMP = orientation(inXMP: UnsafeRawBufferPointer(rebasing: content[beforeXMP.count...]))
        }
      }
      offset += 2 + length
    }
    return inXMP
  }

  /// Looks through a WebP's chunks.
  static func orientation(inWebP bytes: UnsafeRawBufferPointer) -> Int? {
    var offset = 12
    var inXMP: Int?
    while offset + 8 <= bytes.count {
      let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)))
      guard offset + 8 + length <= bytes.count else { break }
      let content = UnsafeRawBufferPointer(rebasing: bytes[offset + 8..<offset + 8 + length])
      let name = bytes[offset..<offset + 4]
      if name.elementsEqual("EXIF".utf8), let value = orientation(content) { return value }
      if name.elementsEqual("XMP ".utf8) { inXMP = orientation(inXMP: content) }
      // Chunks start at even offsets.
      offset += 8 + length + length % 2
    }
    return inXMP
  }
}

extension Image {
  /// The picture turned and mirrored so that it is upright when a camera noted `orientation`.
  func upright(from orientation: Int?) -> Image {
    guard let orientation, (2...8).contains(orientation) else { return self }
    let swapsSides = orientation >= 5
    let (newWidth, newHeight) = swapsSides ? (height, width) : (width, height)
    let size = channels.rawValue
    let result = [UInt8](unsafeUninitializedCapacity: pixels.count) { target, initialized in
      for row in 0..<newHeight {
        for column in 0..<newWidth {
          // Where in the stored picture this pixel stands.
          let (x, y) =
            switch orientation {
            case 2: (width - 1 - column, row)
            case 3: (width - 1 - column, height - 1 - row)
            case 4: (column, height - 1 - row)
            case 5: (row, column)
            case 6: (row, height - 1 - column)
            case 7: (width - 1 - row, height - 1 - column)
            default: (width - 1 - row, column)
            }
          for channel in 0..<size {
            target[(row * newWidth + column) * size + channel] = pixels[(y * width + x) * size + channel]
          }
        }
      }
      initialized = pixels.count
    }
    return Image(width: newWidth, height: newHeight, channels: channels, pixels: result)
  }
}
