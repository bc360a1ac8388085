import TestSupport
import Testing

@testable import Checkpoints

@Suite struct ResizeTests {
  /// The picture of `scripts/fixtures/images.py`: sample i is (i·i·31 + i·7 + i / 3) mod 256.
  private func picture(_ width: Int, _ height: Int, _ channels: Image.Channels) -> Image {
    let pixels = (0..<width * height * channels.rawValue).map {
      UInt8(truncatingIfNeeded: $0 * $0 * 31 + $0 * 7 + $0 / 3)
    }
    return Image(width: width, height: height, channels: channels, pixels: pixels)
  }

  @Test func everyFilterEqualsPillow() throws {
    let names: [String: ResampleFilter] = [
      "nearest": .nearest, "lanczos": .lanczos, "bilinear": .bilinear, "bicubic": .bicubic, "box": .box,
      "hamming": .hamming,
    ]
    let cases = try ImageTests.facts.get()["resizes"].array()
    #expect(cases.count == 528)
    for field in cases {
      let numbers = try (0..<5).map { try field[$0].integer() }
      let channels = try #require(Image.Channels(rawValue: numbers[2]))
      let name = try field[5].string()
      let filter = try #require(names[name])
      let resized = try picture(numbers[0], numbers[1], channels).resized(width: numbers[3], height: numbers[4], filter)
      #expect(digest(resized).prefix(24) == (try field[6].string()), "\(name) \(numbers)")
    }
  }
}
