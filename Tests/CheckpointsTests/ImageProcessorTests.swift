import Tensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct ImageProcessorTests {
  private func picture(_ field: Field) throws -> Image {
    if case .string(let name) = field.value { return try Image(path: "\(ImageTests.folder)/\(name)") }
    return try made(field[0].integer(), field[1].integer())
  }

  /// The samples that the generator makes too.
  private func made(_ width: Int, _ height: Int) -> Image {
    let samples = (0..<width * height * 3).map { i -> UInt8 in
      let sum: Int = i * i * 31 + i * 7 + i / 3
      return UInt8(truncatingIfNeeded: sum)
    }
    return Image(width: width, height: height, pixels: samples)
  }

  private func expectEqual(_ tensor: Tensor, _ expected: Field, _ what: Comment) throws {
    #expect(tensor.shape.sizes == (try expected["shape"].integers()), what)
    // Bit for bit: 256 numbers a channel are computed with the reference's roundings.
    #expect(tensor.withUnsafeBytes { sha256($0) } == (try expected["pixels"].string()), what)
  }

  @Test func everyConfigurationEqualsTransformers() throws {
    let facts = try ImageTests.facts.get()
    let cases = try facts["processed"].array()
    #expect(cases.count >= 180)
    var tileCounts: Set<Int> = []
    for field in cases {
      let name = try field["config"].string()
      let what: Comment =
        "\(name) \(try field["picture"].value?.text() ?? "") \(try field["model"].value?.text() ?? "")"
      var processor = try ImageProcessor(facts["configs"][name])
      if field["model"].exists { try processor.follow(field["model"]) }
      let processed = try processor.process(picture(field["picture"]))
      for tile in processed.tiles {
        #expect(tile.pixels.shape.names == ["channel", "row", "column"])
        #expect([3, tile.geometry.height, tile.geometry.width] == tile.pixels.shape.sizes)
      }
      if field["patches"].exists {
        let grid = try #require(try processed.only().grid)
        #expect([1, grid.rows, grid.columns] == (try field["grid"].integers()), what)
        try expectEqual(try #require(try processed.only().patches()), field["patches"], what)
      } else {
        let tiles = try field["tiles"].array()
        try #require(processed.tiles.count == tiles.count, what)
        for (tile, expected) in zip(processed.tiles, tiles) { try expectEqual(tile.pixels, expected, what) }
        #expect(processed.tiles.allSatisfy { $0.patches() == nil && $0.grid == nil })
        tileCounts.insert(tiles.count)
      }
    }
    #expect(tileCounts == [1, 3, 4, 5])
  }

  /// The samples bit for bit; the numbers made from them differ in the last place, since that code divides by 255 in
  /// single precision and we in double.
  @Test func miniGPTv2sProcessorEqualsPIL() throws {
    for field in try ImageTests.facts.get()["eva"].array() {
      let image = try picture(field["picture"])
      var processor = ImageProcessor.blip2(side: 448)
      let values = try processor.process(image).only().pixels.withFloats { Array($0) }
      let expected = try field["values"].numbers()
      #expect(expected.count > 50)
      for (i, value) in expected.enumerated() { #expect(abs(Double(values[i * 9973]) - value) < 1e-6) }
      (processor.rescale, processor.normalization) = (nil, nil)
      try expectEqual(try processor.process(image).only().pixels, field["samples"], "\(field["picture"])")
    }
  }

  @Test func sizesAreThoseOfTheFormulas() throws {
    let facts = try ImageTests.facts.get()
    let smart = try facts["smart"].array().map { try $0.integers() }
    #expect(smart.count > 700)
    for row in smart {
      let target = try ImageProcessor.Size.multiples(of: row[2], pixels: row[3]...row[4]).target(
        width: row[0], height: row[1])
      #expect([target.width, target.height] == Array(row[5...]), "\(row)")
    }
    let canvases = [(672, 336), (336, 672), (672, 672), (336, 1008), (1008, 336)].map {
      ImageProcessor.Cells.Canvas(width: $0.0, height: $0.1)
    }
    let cells = ImageProcessor.Cells(canvases: canvases, side: 336, whole: canvases[0])
    let anyres = try facts["anyres"].array().map { try $0.integers() }
    #expect(anyres.count > 350)
    for row in anyres {
      let best = cells.best(width: row[0], height: row[1])
      let fitted = best.fitting(width: row[0], height: row[1])
      #expect([best.width, best.height, fitted.width, fitted.height] == Array(row[2...]), "\(row)")
    }
  }

  @Test func animageThatGrowsTooLargeIsRefused() throws {
    var processor = ImageProcessor()
    processor.size = .shortestEdge(60_000)
    let image = Image(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6])
    #expect(
      message { _ = try processor.process(image) }?.hasPrefix(
        "the processed image: the image is 120000 × 60000 pixels; at most") == true)
  }

  @Test func picturesThatCannotBeCutAreRefused() throws {
    var processor = ImageProcessor()
    processor.size = .multiples(of: 28, pixels: 3136...1_003_520)
    processor.patches = PatchLayout()
    #expect(try processor.process(made(1, 200)).whole.grid?.columns == 2)
    #expect(
      message { _ = try processor.process(made(1, 201)) }
        == "the processed image: the image is 1 × 201 pixels; one side may be at most 200 times the other, so cut it first"
    )
    processor.size = nil
    #expect(
      message { _ = try processor.process(made(28, 30)) }
        == "the processed image: the image is 28 × 30 pixels; both must be multiples of 28, the side of the squares that it "
        + "is cut into, so set do_resize to true or resize it first")
  }

  @Test func cutPicturesAreNotOne() throws {
    var processor = ImageProcessor()
    let canvas = ImageProcessor.Cells.Canvas(width: 20, height: 10)
    processor.cells = ImageProcessor.Cells(canvases: [canvas], side: 10, whole: canvas)
    let processed = try processor.process(made(30, 20))
    #expect(processed.cells.count == 2 && processed.whole.pixels.shape.sizes == [3, 10, 20])
    #expect(
      processed.tiling
        == ImageTiling(rows: 1, columns: 2, width: 20, height: 10, picture: (x: 2..<17, y: 0..<10)))
    #expect(
      message { _ = try processed.only() }
        == "the processed image: the image processor cuts the picture into 1 × 2 tiles; one was expected")
  }
}
