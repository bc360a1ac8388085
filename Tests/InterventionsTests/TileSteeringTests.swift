import Autodiff
import Checkpoints
import Models
import Tensors
import TestSupport
import Testing

@testable import Interventions

extension SharingTests.Bench {
  /// LLaVA-NeXT with pictures of three shapes, each in several tiles, and with text alone.
  static func tiles() throws -> Self {
    let model = try Model.load(FileSource(folder: fixture("towers/llava_next").path))
    let file = try Safetensors(FileBytes(path: fixture("towers/llava_next/parity.safetensors").path))
    var images: [PreparedImage] = []
    for (number, (width, height, rows, columns)) in [(93, 40, 1, 3), (31, 90, 3, 1), (60, 45, 2, 2)].enumerated() {
      let tiles = try (0...rows * columns).map { index in
        let pixels = try file.tensor(named: "\(number)/pixels\(index)", axes: ["channel", "row", "column"]).to(.f32)
        // The whole picture is squeezed, cells are placed side by side as large as given.
        let (row, column) = ((index - 1) / columns, (index - 1) % columns)
        let geometry =
          index == 0
          ? ImageGeometry(
            originalWidth: width, originalHeight: height, width: 21, height: 21, xScale: Double(width) / 21,
            yScale: Double(height) / 21)
          : ImageGeometry(
            originalWidth: width, originalHeight: height, width: 21, height: 21, xScale: 1.5, yScale: 1.5,
            xOffset: Double(column) * 31.5, yOffset: Double(row) * 31.5)
        return PreparedImage.Tile(pixels: pixels, geometry: geometry)
      }
      images.append(PreparedImage(tiles: tiles, cells: (rows, columns)))
    }
    func prompt(_ before: [Int], _ shown: [Int], _ after: [Int]) throws -> Prompt {
      let laid = try shown.map { try model.blueprint.prompt(images: [images[$0]], text: "", template: .plain) }
      let marks = laid.flatMap { $0.ids.filter { $0 == 4 } + [21] }
      return try model.blueprint.prompt(ids: before + marks + after, images: shown.map { images[$0] })
    }
    return SharingTests.Bench(
      model: model,
      prompts: [
        try prompt([1, 9], [0], [30, 8]), try prompt([1], [1], [5, 6, 7]), try prompt([1, 17], [2, 0], [46]),
        try model.blueprint.prompt(ids: [1, 11, 5, 40, 23]), try prompt([1, 9], [0], [30, 8, 40]),
      ])
  }
}

/// Edits of images in several tiles: alone, in a batch, with gradients and in training they are the same.
@Suite struct TileSteeringTests {
  private let bench: SharingTests.Bench

  init() throws { bench = try .tiles() }

  private static let places = [
    ("vision.embeddings", ".cls"), ("vision.layers[0].output", ".image.row(0)"),
    ("vision.layers[1].input", ".virtual(2)"),
    ("projector.features", ".image.column(1)"), ("projector.output", ".image.roi([10, 5, 40, 30])"),
    ("embeddings", ".image"), ("layers[0].output", ".image.first(3) + .image.last(1)"),
    ("layers[1].input", ".image(1)"),
    ("embeddings", ".virtual(2, after: .image(0))"),
  ]

  private func intervention(_ sites: String, _ tokens: String) throws -> Intervention {
    let selector =
      tokens.contains("roi")
      ? TokenSelector.refined(.image, .roi(PixelBox(x0: 10, y0: 5, x1: 40, y1: 30), share: 0))
      : try TokenSelector(tokens)
    let operation = ClosureOperator(
      name: "nudge",
      .rows { hidden, _ in try (hidden * Variable(Tensor(1.5 as Float))) + Variable(Tensor(0.25 as Float)) })
    return Intervention(try SitePattern(sites), on: selector, operation)
  }

  @Test(arguments: places) func everywhereTheSame(_ sites: String, _ tokens: String) throws {
    let steered = try SteeredModel(bench.model).with(intervention(sites, tokens), key: testKey)
    var options = DifferentiableRun.Options()
    options.listener = DifferentiableSession(
      try SteeringPlan(steered.interventions, SiteCatalog(bench.model.configuration)), notices: NoticeBoard())
    let laid = try bench.prompts.map(steered.laidOut)
    let last = try DifferentiableRun(bench.model, laid, options).lastLogits().value
    var generation = GenerationOptions()
    generation.maximumTokens = 4
    let answers = try steered.generate(bench.prompts, options: generation)
    var changed = 0
    for (index, prompt) in bench.prompts.enumerated() {
      let logits = try steered.logits(prompt)
      #expect(try last.select("token", .index(index)).bits == logits.select("token", .index(-1)).bits)
      #expect(try steered.generate([prompt], options: generation)[0].ids == answers[index].ids)
      if try logits.bits != bench.model.logits(laid[index]).bits { changed += 1 }
    }
    // `.image(1)` is in one prompt alone, the others' places in four.
    #expect(changed == (tokens == ".image(1)" ? 1 : tokens.hasPrefix(".virtual(2)") ? changed : 4), "\(changed)")
  }

  /// What a frozen tower makes of tiles is kept tile by tile, and is what the tower makes of them together.
  @Test func featuresAreKept() throws {
    let store = FeatureStore(bench.model, bytes: 1 << 20, control: RunControl())
    let expected = try bench.model.towerFeatures(bench.prompts)
    for _ in 0..<2 {
      for (found, expected) in zip(try store.features(of: bench.prompts), expected) {
        #expect(found.bits == expected.bits)
      }
    }
  }

  /// Saliency is the whole picture's; attribution over positions covers patches and ends of lines.
  @Test func attributions() throws {
    let score = AnswerScore(token: 7, against: 9, kind: .logit)
    let heat = try bench.model.saliency(bench.prompts[0], of: score)
    #expect(heat.shape.sizes == [21, 21] && heat.floats().contains { $0 > 0 })
  }
}
