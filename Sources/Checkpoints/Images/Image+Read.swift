extension Image {
  /// Reads a PNG, JPEG, WebP or GIF file; its first bytes say which, not its name. Of several frames it takes the first.
  ///
  /// The samples are those of PIL's `Image.open(path)` after `convert("RGBA")`, with `droppingAlpha` those of its
  /// `convert("RGB")`; except that missing or damaged data is an error. That includes what PIL does with gray levels of 16
  /// bits: it clips them to 255.
  /// - Parameter upright: whether the orientation that a camera noted in the file is applied, as transformers'
  ///   `load_image` does and PIL's `open` does not.
  /// - Throws: `ImageProblem`; sizes are checked before memory is taken.
  public init(_ file: FileBytes, upright: Bool = true) throws {
    do {
      self = try file.withBytes { bytes in
        guard let format = ImageFormat(bytes) else {
          throw ImageProblem.unknownFormat(looksLike: ImageFormat.otherFormat(bytes))
        }
        let decoded: (image: Image, orientation: Int?) =
          switch format {
          case .png: try PNG.decode(bytes)
          case .jpeg: try JPEG.decode(bytes)
          case .webp: try WebP.decode(bytes)
          case .gif: try GIF.decode(bytes)
          }
        return upright ? decoded.image.upright(from: decoded.orientation) : decoded.image
      }
    } catch let problem as ImageProblem { throw CheckpointError(file.name, .image(problem)) }
  }

  /// Reads the image file at `path`.
  public init(path: String) throws {
    try self.init(FileBytes(path: path, expected: "a PNG, JPEG, WebP or GIF image"))
  }

  /// Whether bytes begin as those of an image file that is read.
  public static func isRecognised(in bytes: UnsafeRawBufferPointer) -> Bool { ImageFormat(bytes) != nil }
}

enum ImageFormat {
  case png, jpeg, webp, gif

  init?(_ bytes: UnsafeRawBufferPointer) {
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if bytes.count >= 12, bytes.starts(with: Array("RIFF".utf8)), bytes[8..<12].elementsEqual("WEBP".utf8) {
      self = .webp
    } else if bytes.starts(with: Array("GIF87a".utf8)) || bytes.starts(with: Array("GIF89a".utf8)) {
      self = .gif
    } else {
      return nil
    }
  }

  /// What a file is that people may take for an image that is read, or nil.
  static func otherFormat(_ bytes: UnsafeRawBufferPointer) -> String? {
    if bytes.isEmpty { return "an empty file" }
    let starts: [(String, String)] = [
      ("BM", "a BMP image"), ("II*\0", "a TIFF image"), ("MM\0*", "a TIFF image"),
      ("%PDF", "a PDF document"), ("<svg", "an SVG drawing"), ("<?xml", "an XML document"), ("<!DOCTYPE", "a web page"),
      ("<html", "a web page"), ("version https://git-lfs", "a Git LFS pointer, not the file it points to"),
    ]
    for (start, name) in starts where bytes.starts(with: Array(start.utf8)) { return name }
    guard bytes.count >= 12, bytes[4..<8].elementsEqual("ftyp".utf8) else { return nil }
    return bytes[8..<12].elementsEqual("avif".utf8) ? "an AVIF image" : "an HEIC image or a video"
  }
}
