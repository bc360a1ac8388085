import Checkpoints
import Testing

@testable import Scenes

@Suite struct SceneTests {
  /// Scenes come out the same on every machine and in every version, since published figures depend on them.
  @Test(arguments: [(0, 0), (0, 1), (7, 0), (7, 123_456)])
  func fingerprint(seed: UInt64, index: Int) {
    let scene = SceneGenerator(seed: seed)[index]
    #expect(Fingerprint.of(scene) == Fingerprint.recorded["\(seed)/\(index)"], "\(Fingerprint.of(scene))")
  }

  @Test func anyOrder() {
    let generator = SceneGenerator(seed: 3)
    let forwards = (0..<20).map { generator[$0].image }
    let backwards = (0..<20).reversed().map { SceneGenerator(seed: 3)[$0].image }
    #expect(forwards == backwards.reversed())
    #expect(generator.first.image == forwards[0])
    #expect(generator.take(5).map(\.image) == Array(forwards.prefix(5)))
    #expect(SceneGenerator(seed: 4)[0].image != forwards[0])
  }

  @Test func sizes() {
    let image = SceneGenerator().first.image
    #expect(image.width == 48 && image.height == 48 && image.channels == .rgb && image.pixels.count == 48 * 48 * 3)
  }

  /// Every value of every attribute comes up about as often as every other, and two in five scenes are hazy.
  @Test func frequencies() {
    let scenes = SceneGenerator(seed: 11).take(4000)
    var counts: [String: Int] = [:]
    for scene in scenes {
      for attribute in Attribute.allCases { counts["\(attribute) \(scene[attribute])", default: 0] += 1 }
      if scene.isHazy { counts["hazy", default: 0] += 1 }
    }
    for attribute in Attribute.allCases {
      let share = 1 / Double(attribute.values.count)
      // Five standard deviations of a binomial count.
      let margin = 5 * (4000 * share * (1 - share)).squareRoot()
      for value in attribute.values {
        let found = Double(counts["\(attribute) \(value)"] ?? 0)
        #expect(abs(found - 4000 * share) < margin, "\(attribute) \(value): \(found)")
      }
    }
    #expect(abs((counts["hazy"] ?? 0) - 1600) < 155)
  }

  @Test func fixedAttributes() throws {
    let generator = SceneGenerator(seed: 5)
    let fixed = try generator.fixing([.shape: "star", .count: "one"])
    for index in 0..<20 {
      let (free, scene) = (generator[index], fixed[index])
      #expect(scene[.shape] == "star" && scene[.count] == "one")
      for attribute in Attribute.allCases where attribute != .shape && attribute != .count {
        #expect(scene[attribute] == free[attribute])
      }
      #expect(scene.isHazy == free.isHazy)
    }
    #expect(throws: SceneError.unknownValue(attribute: .color, value: "mauve")) {
      try generator.fixing([.color: "mauve"])
    }
    #expect(
      SceneError.unknownValue(attribute: .size, value: "huge").description
        == "a scene's size cannot be \"huge\"; it is one of small, large")
  }

  @Test func attributeNames() throws {
    #expect(try Attribute.named("digit") == .digit)
    #expect(throws: SceneError.unknownAttribute("colour")) { try Attribute.named("colour") }
    #expect(
      SceneError.unknownAttribute("colour").description.hasSuffix(
        "it has shape, color, count, position, size, background, pattern, digit"))
  }

  @Test func boxes() {
    for scene in SceneGenerator(seed: 9).take(500) {
      let (box, digit) = (scene.box, scene.digitBox)
      for each in [box, digit] {
        #expect(
          0 <= each.x0 && each.x0 < each.x1 && each.x1 <= 48 && 0 <= each.y0 && each.y0 < each.y1 && each.y1 <= 48)
      }
      // The objects are on the side that the position names, the digit is on the other.
      let middle = (x: Double(box.x0 + box.x1) / 2, y: Double(box.y0 + box.y1) / 2)
      switch scene[.position] {
      case "left": #expect(middle.x < 24 && digit.x0 >= box.x1)
      case "right": #expect(middle.x > 24 && digit.x1 <= box.x0)
      case "top": #expect(middle.y < 24 && digit.y0 >= box.y1)
      default: #expect(middle.y > 24 && digit.y1 <= box.y0)
      }
    }
  }

  /// In a clear picture on black, what is bright is the objects or the digit, and lies in their boxes.
  @Test func boxesHoldWhatIsBright() throws {
    let black = try SceneGenerator(seed: 2).fixing([.background: "black", .pattern: "plain", .color: "yellow"])
    for scene in black.take(60) where !scene.isHazy {
      var bounds: [SceneBox] = []
      for box in [scene.box, scene.digitBox] {
        bounds.append(SceneBox(x0: box.x0 - 1, y0: box.y0 - 1, x1: box.x1 + 1, y1: box.y1 + 1))
      }
      for pixel in 0..<48 * 48 where scene.image.pixels[pixel * 3] > 128 {
        let (x, y) = (pixel % 48, pixel / 48)
        let isInside = bounds.contains { $0.x0 <= x && x < $0.x1 && $0.y0 <= y && y < $0.y1 }
        #expect(isInside, "\(x), \(y)")
      }
    }
  }

  @Test func patches() {
    for scene in SceneGenerator(seed: 8).take(100) {
      let mask = scene.patchMask()
      #expect(mask.count == 16 && mask.contains(true))
      let box = scene.box
      for patch in 0..<16 {
        let (x, y) = (patch % 4 * 12, patch / 4 * 12)
        let touches = x < box.x1 && box.x0 < x + 12 && y < box.y1 && box.y0 < y + 12
        if mask[patch] { #expect(touches) }
      }
      #expect(scene.patchMask(patchSize: 48) == [true])
      #expect(scene.patchMask(patchSize: 7).count == 49)
      #expect(scene.patchMask(patchSize: 0).count == 48 * 48)
    }
  }

  @Test func words() {
    let scene = SceneGenerator(seed: 7).first
    #expect(Attribute.allCases.allSatisfy { scene.question($0).answer == scene[$0] })
    #expect(scene.question(.color).question == "what color is the object ?")
    #expect(scene.caption.hasPrefix("\(scene[.count]) \(scene[.size]) \(scene[.color]) \(scene[.shape]) on the "))
  }
}

/// A number that changes with any sample of an image or any word about it.
enum Fingerprint {
  static func of(_ scene: Scene) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    scene.image.pixels.forEach(add)
    scene.caption.utf8.forEach(add)
    for edge in [scene.box, scene.digitBox].flatMap({ [$0.x0, $0.y0, $0.x1, $0.y1] }) { add(UInt8(edge)) }
    return hash
  }

  static let recorded: [String: UInt64] = [
    "0/0": 17_524_078_971_837_524_877, "0/1": 9_565_955_225_461_420_668, "7/0": 16_416_540_910_089_055_199,
    "7/123456": 553_755_049_518_347_980,
  ]
}
