import Tensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct ImageGeometryTests {
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

  /// With the nearest filter every pixel of every tile is the pixel of the original where its middle lies, or black
  /// beside it. `twice` says that tiles are resized a second time, when two roundings add up: less than the 1.25 pixels of
  /// the tile that one pixel of the first size is.
  @Test(arguments: [
    (#"{"image_processor_type":"SiglipImageProcessor","size":{"height":30,"width":50}}"#, false),
    (#"{"image_processor_type":"BitImageProcessor","size":{"shortest_edge":32},"crop_size":28}"#, false),
    (
      #"{"image_processor_type":"LlavaImageProcessor","do_pad":true,"size":{"shortest_edge":40},"crop_size":36}"#, false
    ),
    (
      #"""
      {"image_processor_type":"LlavaNextImageProcessor","size":24,"crop_size":24,
       "image_grid_pinpoints":[[24,48],[48,24],[48,48],[72,24],[24,72]]}
      """#, false
    ),
    (
      #"{"image_processor_type":"LlavaNextImageProcessor","size":30,"crop_size":24,"image_grid_pinpoints":[[48,72]]}"#,
      true
    ),
    (#"{"image_processor_type":"Qwen2VLImageProcessor","max_pixels":12544}"#, false),
  ])
  func geometryOfEveryTile(_ text: String, twice: Bool) throws {
    var processor = try ImageProcessor(Field(JSON.parse(text, file: "p"), file: "p"))
    if processor.square != nil { processor.square = [0, 0, 0] }
    (processor.filter, processor.rescale, processor.normalization) = (.nearest, nil, nil)
    for (width, height) in [(37, 29), (90, 61), (20, 71), (48, 48), (130, 11)] {
      // Every pixel says where it stands, counted from 1.
      var pixels: [UInt8] = []
      for place in 0..<width * height { pixels += [UInt8(1 + place % width), UInt8(1 + place / width), 255] }
      let processed = try processor.process(Image(width: width, height: height, pixels: pixels))
      #expect(processed.originalWidth == width && processed.originalHeight == height)
      var inside = 0
      for tile in processed.tiles {
        let (columns, rows) = (tile.geometry.width, tile.geometry.height)
        let (xSlack, ySlack) = twice ? (tile.geometry.xScale * 1.25, tile.geometry.yScale * 1.25) : (0.001, 0.001)
        #expect(tile.geometry.originalWidth == width && tile.geometry.originalHeight == height)
        tile.pixels.withFloats { values in
          for place in 0..<columns * rows {
            let (x, y) = tile.geometry.original(
              x: Double(place % columns) + 0.5, y: Double(place / columns) + 0.5)
            let found = [0, 1, 2].map { Int(values[$0 * columns * rows + place]) }
            guard found != [0, 0, 0] else {
              #expect(min(x, Double(width) - x) < xSlack || min(y, Double(height) - y) < ySlack)
              continue
            }
            inside += 1
            // A middle that lies on a border of two pixels may be either's.
            let isNear =
              abs(Double(found[0]) - 0.5 - x) < 0.5 + xSlack && abs(Double(found[1]) - 0.5 - y) < 0.5 + ySlack
            if !isNear || found[2] != 255 { Issue.record("\(width) × \(height), \(place): \(found) at \(x), \(y)") }
          }
        }
      }
      #expect(inside > 100)
    }
  }
}
