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

  @Test func theMiniatureModelsConfiguration() throws {
    let source = try FileSource(folder: repositoryRoot.appendingPathComponent("Sources/CEmbedded/minivlm").path)
    let processor = try ImageProcessor(source)
    #expect(processor.size == .exactly(width: 48, height: 48) && processor.crop == nil && processor.square == nil)
    #expect(processor.rescale == 0.00392156862745098)
    #expect(processor.normalization?.mean == [0.35, 0.33, 0.33])
  }

  @Test func olderSpellingsMeanTheSame() throws {
    func processor(_ text: String) throws -> ImageProcessor {
      try ImageProcessor(Field(JSON.parse(text, file: "preprocessor_config.json"), file: "preprocessor_config.json"))
    }
    let new = try processor(
      #"{"image_processor_type":"CLIPImageProcessor","size":{"shortest_edge":336},"crop_size":{"height":336,"width":336}}"#
    )
    #expect(try processor(#"{"feature_extractor_type":"CLIPFeatureExtractor","size":336,"crop_size":336}"#) == new)
    #expect(
      try processor(#"{"image_processor_type":"CLIPImageProcessorFast","size":336,"crop_size":336,"resample":3}"#)
        == new)
    #expect(try processor("{}").size == .shortestEdge(224))
  }

  /// A point's place in the original, computed by hand for a padded, resized and cropped image.
  @Test func geometryMapsBack() throws {
    var processor = ImageProcessor()
    processor.square = [0, 0, 0]
    processor.size = .exactly(width: 50, height: 50)
    processor.crop = (40, 30)
    let image = Image(width: 200, height: 100, pixels: Array(repeating: 9, count: 60_000))
    let geometry = try processor.process(image).only().geometry
    // Padded to 200 × 200 with 50 rows above; four original pixels a pixel; 5 columns and 10 rows cut off.
    #expect(geometry.original(x: 0, y: 0) == (x: 20, y: -10))
    #expect(geometry.original(x: 40, y: 30) == (x: 180, y: 110))
    #expect(geometry.processed(x: 100, y: 50) == (x: 20, y: 15))
    #expect(
      geometry
        == ImageGeometry(
          originalWidth: 200, originalHeight: 100, width: 40, height: 30, xScale: 4, yScale: 4, xOffset: 20,
          yOffset: -10))
  }

  /// Where the geometry says a bright pixel goes, there it is.
  @Test(arguments: [(90, 60), (31, 77), (12, 9)])
  func geometryAgreesWithThePixels(_ width: Int, _ height: Int) throws {
    var processor = ImageProcessor()
    processor.size = .shortestEdge(40)
    processor.filter = .nearest
    processor.crop = (40, 40)
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    let (x, y) = (width / 2 + 1, height / 2 - 1)
    pixels[(y * width + x) * 3] = 255
    let tile = try processor.process(Image(width: width, height: height, pixels: pixels)).only()
    let (tensor, geometry) = (tile.pixels, tile.geometry)
    let values = tensor.withFloats { Array($0) }
    var found = 0
    for row in 0..<40 {
      for column in 0..<40 where values[row * 40 + column] == 255 {
        let original = geometry.original(x: Double(column) + 0.5, y: Double(row) + 0.5)
        #expect(Int(original.x) == x && Int(original.y) == y)
        found += 1
      }
    }
    // Shrinking by a factor k keeps a pixel only in one of k columns; these sizes grow or hit it.
    #expect(found > 0 || width > 40)
  }

  @Test(arguments: [
    (
      #"{"image_processor_type":"ViTImageProcessor"}"#,
      "image_processor_type is \"ViTImageProcessor\", which is not read yet; read are CLIPImageProcessor, LlavaImageProcessor, LlavaNextImageProcessor, "
        + "SiglipImageProcessor, Qwen2VLImageProcessor, BitImageProcessor, BlipImageProcessor, ConvNextImageProcessor"
    ),
    (#"{"do_resize":1}"#, "do_resize must be true or false, found 1"),
    (
      #"{"size":{"longest_edge":3}}"#,
      "size must be a number, an object with shortest_edge, or one with height and width, found an object with longest_edge"
    ),
    (#"{"size":{"shortest_edge":0}}"#, "size.shortest_edge must be an integer from 1 to 65535, found 0"),
    (#"{"crop_size":{"height":7}}"#, "crop_size.width is missing; it must be an integer from 1 to 65535"),
    (#"{"resample":9}"#, "resample must be an integer from 0 to 5, found 9"),
    (#"{"image_mean":[0,0]}"#, "image_mean must be an array of 3 numbers, found an array of 2"),
    (#"{"image_std":[1,0,1]}"#, "image_std must be an array of numbers other than 0, found an array of 3"),
  ])
  func badConfigurationsAreNamed(_ text: String, _ expected: String) throws {
    let root = try JSON.parse(text, file: "p.json")
    #expect(message { _ = try ImageProcessor(Field(root, file: "p.json")) } == "p.json: " + expected)
  }

  @Test func aMissingConfigurationIsNamed() throws {
    let folder = try TemporaryFolder()
    #expect(
      message { _ = try ImageProcessor(FileSource(folder: folder.path)) }
        == "\(folder.path)/preprocessor_config.json: there is no such file; expected the image processor's configuration "
        + "(or processor_config.json with an image_processor)")
  }

  @Test func animageThatGrowsTooLargeIsRefused() throws {
    var processor = ImageProcessor()
    processor.size = .shortestEdge(60_000)
    let image = Image(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6])
    #expect(
      message { _ = try processor.process(image) }?.hasPrefix(
        "the processed image: the image is 120000 × 60000 pixels; at most") == true)
  }
}
