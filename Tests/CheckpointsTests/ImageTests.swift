import Foundation
import TestSupport
import Testing

@testable import Checkpoints

/// Digests as `scripts/fixtures/images.py` makes them: sizes, then samples.
func digest(_ image: Image) -> String {
  var bytes: [UInt8] = []
  for side in [image.width, image.height] {
    withUnsafeBytes(of: UInt32(side).littleEndian) { bytes.append(contentsOf: $0) }
  }
  return sha256(bytes + image.pixels)
}

@Suite struct ImageTests {
  static let folder = fixture("images").path
  static let facts = Result { try Field(FileBytes(path: "\(folder)/facts.json")) }

  private func read(_ name: String, upright: Bool = false) throws -> Image {
    try Image(FileBytes(path: "\(Self.folder)/\(name)"), upright: upright)
  }

  @Test func digestsAreSHA256() {
    #expect(sha256([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(sha256("abc".utf8) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func everyFileEqualsPIL() throws {
    let files = try Self.facts.get()["files"]
    let names = try files.object().keys
    #expect(names.count >= 160)
    for name in names {
      let image = try read(name)
      #expect(digest(image.droppingAlpha) == (try files[name]["rgb"].string()), "\(name)")
      #expect(digest(try read(name, upright: true).droppingAlpha) == (try files[name]["upright"].string()), "\(name)")
      #expect((image.channels == .rgba) == files[name]["rgba"].exists, "\(name)")
      if files[name]["rgba"].exists { #expect(digest(image) == (try files[name]["rgba"].string()), "\(name)") }
    }
  }

  @Test func alphaOnWhiteEqualsPIL() throws {
    var pixels: [UInt8] = []
    for alpha in 0..<256 {
      for sample in 0..<256 { pixels += [sample, 255 - sample, sample ^ 85, alpha].map { UInt8($0) } }
    }
    let square = Image(width: 256, height: 256, channels: .rgba, pixels: pixels)
    #expect(digest(square.onWhite) == (try Self.facts.get()["on_white"].string()))
  }

  /// PIL's CMYK to RGB is K − (255 − C)·K/255, ours C·K/255; they agree because 255 is odd and nothing rounds both ways.
  @Test func inksMultiplyExactly() {
    for a in 0..<256 {
      for b in 0..<256 {
        #expect(multiplied(a, b) == Int((Double(a * b) / 255).rounded()))
        #expect(multiplied(a, b) == b - multiplied(255 - a, b))
      }
    }
  }

  @Test func formatGoesByContentNotName() throws {
    let folder = try TemporaryFolder()
    try folder.add("cat.png", read("420.jpg").png())
    let jpeg = try FileBytes(path: "\(Self.folder)/420.jpg").content
    let path = try folder.add("really-a-jpeg.png", jpeg)
    #expect(try Image(path: path) == read("420.jpg"))
    #expect(try Image(path: folder.path("cat.png")) == read("420.jpg"))
  }

  @Test func writesPNG() throws {
    let folder = try TemporaryFolder()
    for name in ["rgb.png", "rgba.png", "photo.jpg"] {
      let image = try read(name)
      let path = folder.path(name + ".png")
      try image.write(to: path)
      #expect(try Image(path: path) == image)
      #expect(try image.png() == FileBytes(path: path).content)
    }
    #expect(
      message { try read("rgb.png").write(to: folder.path("none/x.png")) }
        == "\(folder.path)/none/x.png: cannot be written: No such file or directory; nothing was saved")
  }

  @Test func cropping() throws {
    let image = Image(width: 3, height: 2, pixels: (0..<18).map { UInt8($0) })
    #expect(try image.cropped(x: 1, y: 0, width: 2, height: 1).pixels == [3, 4, 5, 6, 7, 8])
    #expect(try image.cropped(x: 2, y: 1, width: 2, height: 2).pixels == [15, 16, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    #expect(
      try image.cropped(x: -1, y: -1, width: 2, height: 2, outside: [7, 8, 9]).pixels
        == [7, 8, 9, 7, 8, 9, 7, 8, 9, 0, 1, 2])
    #expect(try image.cropped(x: .max, y: .min, width: 1, height: 1).pixels == [0, 0, 0])
    #expect(try image.cropped(x: 0, y: 0, width: 3, height: 2) == image)
    #expect(throws: ImageProblem.empty(width: 0, height: 1)) { try image.cropped(x: 0, y: 0, width: 0, height: 1) }
  }

  // MARK: Bad files

  private func refusal(_ bytes: [UInt8]) -> String? { message { _ = try Image(FileBytes(bytes, name: "cat")) } }

  /// A PNG whose header gives this size, with a right checksum unless it is asked otherwise.
  private func png(width: UInt32, height: UInt32) throws -> [UInt8] {
    var bytes = try FileBytes(path: "\(Self.folder)/rgb.png").content
    withUnsafeBytes(of: width.bigEndian) { bytes.replaceSubrange(16..<20, with: $0) }
    withUnsafeBytes(of: height.bigEndian) { bytes.replaceSubrange(20..<24, with: $0) }
    return bytes
  }

  @Test func sizesThatCannotBeAreRefused() throws {
    #expect(refusal(try png(width: 0, height: 0)) == "cat: the image is 0 × 0 pixels; there is nothing in it")
    #expect(refusal(try png(width: 7, height: 0)) == "cat: the image is 7 × 0 pixels; there is nothing in it")
    let limits = "at most 65535 a side and 134217728 in all are read, so make it smaller first"
    #expect(
      refusal(try png(width: 100_000, height: 100_000)) == "cat: the image is 100000 × 100000 pixels; \(limits)")
    #expect(
      refusal(try png(width: .max, height: .max)) == "cat: the image is 4294967295 × 4294967295 pixels; \(limits)")
    #expect(refusal(try png(width: 65_535, height: 65_535)) == "cat: the image is 65535 × 65535 pixels; \(limits)")
    // JPEG cannot say more than 65,535 a side; this one says it in its frame header.
    var jpeg = try FileBytes(path: "\(Self.folder)/444.jpg").content
    let frame = try #require(jpeg.indices.first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
    jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xF0, 0xFF, 0xF0])
    #expect(refusal(jpeg)?.contains("65520 × 65520") == true || refusal(jpeg)?.contains("damaged") == true)
  }

  @Test func resizingToImpossibleSizesIsRefused() throws {
    let image = try read("rgb.png")
    #expect(throws: ImageProblem.tooLarge(width: 100_000, height: 100_000)) {
      try image.resized(width: 100_000, height: 100_000, .bicubic)
    }
    #expect(throws: ImageProblem.empty(width: 5, height: 0)) { try image.resized(width: 5, height: 0, .box) }
  }

  @Test func otherFilesAreNamed() throws {
    let others: [(String, String)] = [
      ("", "an empty file"), ("BM6\0\0\0", "a BMP image"), ("%PDF-1.7", "a PDF document"),
      ("<!DOCTYPE html>", "a web page"), ("hello", "not an image in a format that is read"),
      ("version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer, not the file it points to"),
      ("\0\0\0\u{1C}ftypavif", "an AVIF image"), ("\0\0\0\u{1C}ftypheic", "an HEIC image or a video"),
    ]
    for (content, what) in others {
      #expect(refusal(Array(content.utf8)) == "cat: this is \(what); read are PNG, JPEG, WebP and GIF")
    }
    #expect(
      message { _ = try Image(path: "/nowhere/cat.png") }
        == "/nowhere/cat.png: there is no such file; expected a PNG, JPEG, WebP or GIF image")
  }

  @Test(arguments: [
    ("rgb.png", "PNG"), ("palette.png", "PNG"), ("interlaced.png", "PNG"), ("444.jpg", "JPEG"), ("lossy.webp", "WebP"),
    ("lossless.webp", "WebP"), ("animated.webp", "WebP"), ("gif/photo.gif", "GIF"), ("gif/interlaced9.gif", "GIF"),
    ("gif/part-transparent.gif", "GIF"),
  ])
  func truncatedFilesAreRefused(_ name: String, _ format: String) throws {
    let whole = try FileBytes(path: "\(Self.folder)/\(name)").content
    for count in [whole.count / 2, whole.count * 3 / 4] {
      #expect(
        refusal(Array(whole[..<count])) == "cat: this \(format) image is truncated; fetch the file again",
        "\(name) cut to \(count) of \(whole.count)")
    }
    for count in stride(from: 0, to: whole.count / 2, by: 7) { #expect(refusal(Array(whole[..<count])) != nil) }
  }

  @Test func damagedFilesAreNamed() throws {
    var png = try FileBytes(path: "\(Self.folder)/rgb.png").content
    png[60] ^= 0xFF
    #expect(refusal(png)?.hasPrefix("cat: this PNG image is damaged: ") == true)
    // Small files that promise much are refused before memory is taken.
    #expect(
      refusal(try self.png(width: 5000, height: 5000)) == "cat: this PNG image is truncated; fetch the file again")
    #expect(
      refusal(try self.png(width: 11_000, height: 11_000))
        == "cat: it claims 11000 × 11000 pixels in \(png.count) bytes, which no picture needs; fetch or save the file again"
    )
    var webp = try FileBytes(path: "\(Self.folder)/lossless.webp").content
    for i in 40..<webp.count { webp[i] = 0xFF }
    #expect(refusal(webp) == "cat: this WebP image is damaged: its data does not decode")
  }

  /// A GIF of `frame` size on a `screen`, without data.
  private func gif(screen: (UInt16, UInt16), frame: (UInt16, UInt16)) -> [UInt8] {
    func bytes(_ numbers: UInt16...) -> [UInt8] { numbers.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] } }
    return Array("GIF89a".utf8) + bytes(screen.0, screen.1) + [0, 0, 0] + [0x2C] + bytes(0, 0, frame.0, frame.1)
      + [0, 3, 2, 0x98, 0x01, 0, 0x3B]
  }

  @Test func damagedGIFsAreNamed() throws {
    let prefix = "cat: this GIF image is "
    #expect(refusal(Array("GIF89a\u{1}\0\u{1}\0\0\0\0;".utf8)) == prefix + "damaged: there is no picture in it")
    #expect(refusal(gif(screen: (0, 0), frame: (0, 0))) == "cat: the image is 0 × 0 pixels; there is nothing in it")
    #expect(refusal(gif(screen: (9, 9), frame: (0, 3))) == "cat: the image is 0 × 3 pixels; there is nothing in it")
    #expect(
      refusal(gif(screen: (1, 1), frame: (.max, .max)))?.hasPrefix("cat: the image is 65535 × 65535 pixels; at most")
        == true)
    #expect(
      refusal(gif(screen: (9000, 9000), frame: (1, 1)))?.hasPrefix("cat: it claims 9000 × 9000 pixels in") == true)
    #expect(refusal(gif(screen: (3000, 3000), frame: (3000, 3000)))?.hasPrefix(prefix) == true)
    // The length of the first code, after 13 bytes about the screen, 24 of colours and 10 about the picture.
    var whole = try FileBytes(path: "\(Self.folder)/gif/global.gif").content
    #expect(whole[37] == 0x2C && whole[47] == 3)
    whole[47] = 13
    #expect(refusal(whole) == prefix + "damaged: its data does not decode")
    // The end before the last row.
    whole[47] = 3
    whole.replaceSubrange(49..<51, with: [0x98, 0x99])
    #expect(refusal(whole)?.hasPrefix(prefix + "damaged: ") == true)
  }
}
