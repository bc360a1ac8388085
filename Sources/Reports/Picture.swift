import Figures

/// A picture inside a page.
public struct Picture: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// The bytes of a PNG file.
  public let png: [UInt8]

  public init(width: Int, height: Int, png: [UInt8]) {
    self.width = width
    self.height = height
    self.png = png
  }

  /// Small pictures are shown larger, each pixel sharp.
  var html: String {
    "<img\(max(width, height) < 160 ? " class=\"sharp\"" : "") alt=\"\(width) × \(height) picture\" "
      + "src=\"data:image/png;base64,\(Base64.text(of: png))\">"
  }

  /// The style of what holds it: as wide as a page likes, in the picture's proportions.
  var stage: String {
    let (width, height) = (Double(max(width, 1)), Double(max(height, 1)))
    let widest = min(448, 448 * width / height)
    return "width:\(Markup.number(widest))px;aspect-ratio:\(max(self.width, 1))/\(max(self.height, 1))"
  }
}

extension Markup {
  static func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}

/// RFC 4648.
enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func text(of bytes: [UInt8]) -> String {
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var word = UInt32(bytes[start]) << 16
      if count > 1 { word |= UInt32(bytes[start + 1]) << 8 }
      if count > 2 { word |= UInt32(bytes[start + 2]) }
      for place in 0..<4 {
        result.append(place <= count ? digits[Int(word >> (18 - 6 * UInt32(place)) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
