import CAllocations
import Tensors
import Testing

@testable import Models

/// What a run does not compute, and that nobody can tell from the numbers.
@Suite struct EconomyTests {
  /// Blocks that run, the vision tower's and the decoder's together: the control is asked before each.
  private final class BlockCount {
    private(set) var count = 0
    var control: RunControl {
      RunControl(isCancelled: { [self] in
        count += 1
        return false
      })
    }
  }

  private func blocks(_ body: (RunControl) throws -> Void) throws -> Int {
    let count = BlockCount()
    try body(count.control)
    return count.count
  }

  /// Halves a site, and counts the positions that it is shown.
  private final class Halver: SiteListener {
    let sites: Set<Site>
    let treatsPositionsAlone: Bool
    private(set) var positions = 0

    init(_ site: Site, alone: Bool) { (sites, treatsPositionsAlone) = ([site], alone) }

    func visit(_ activation: any SiteActivation) throws {
      for sample in 0..<activation.sampleCount {
        let values = activation.tensor(sample)
        positions += activation.positions(sample).count
        let halves = Tensor(values.shape) { out in
          values.withFloats { for index in out.indices { out[index] = $0[index] / 2 } }
        }
        try activation.replace(sample, with: halves)
      }
    }
  }

  /// A prompt longer than what goes through the MLP at once, against one that somebody looks at, which goes through whole.
  @Test func longPromptsGoThroughTheMLPInParts() throws {
    let folder = try ModelFolder("tinyllama").edit(
      "\"max_position_embeddings\": 64", "\"max_position_embeddings\": 4096")
    let model = try Model.load(folder.source)
    let ids = (0..<2 * Workspace.mlpRows + 77).map { ($0 * 7 + 3) % 30 + 6 }
    let prompt = try model.blueprint.prompt(ids: ids)
    let whole = Recorder(Set((0..<2).map { Site(.decoder, layer: $0, .mlpHidden) }))
    let expected = try model.logits(prompt, listener: whole)
    #expect(whole.seen.values.allSatisfy { $0[0].shape.sizes[0] == ids.count })
    #expect(try model.logits(prompt).bits == expected.bits)
  }

  /// Nothing is allocated for a token but where a list of all tokens grows, which doubles.
  @Test func decodingAllocatesNothing() throws {
    let folder = try ModelFolder("tinyllama").edit(
      "\"max_position_embeddings\": 64", "\"max_position_embeddings\": 600")
    let model = try Model.load(folder.source)
    var options = GenerationOptions()
    options.maximumTokens = 500
    var counts: [Int: Int64] = [:]
    for first in 6..<30 where counts[400] == nil {
      // Until one goes on for long enough.
      let prompt = try model.blueprint.prompt(ids: [1, first, 7])
      _ = try model.generate([prompt], options: options) { counts[$0.step] = allocations_of_thread() }
    }
    let (start, end) = (try #require(counts[100]), try #require(counts[400]))
    // The dictionary of this test and the lists of the run double twice between 100 and 400.
    #expect(end - start < 12, "\(end - start) allocations for 300 tokens")
  }

  /// Who treats positions alone is shown the last ones where the others are read no more; what is edited comes to the same.
  @Test func editsOfPositionsDoNotBringTheOthersBack() throws {
    let tiny = try TinyPrompts()
    var options = GenerationOptions()
    options.maximumTokens = 4
    options.keepsLogProbabilities = true
    let last = tiny.model.configuration.decoder.layers - 1
    let before: [Site.Point] = [.input, .key, .value]
    let after: [Site.Point] = [
      .query, .scores, .weights, .mixed, .attentionOutput, .residual, .mlpHidden, .mlpOutput, .output, .norm, .logits,
    ]
    for point in before + after {
      let site = Site(.decoder, layer: point.isInBlock ? last : nil, point)
      let (whole, part) = (Halver(site, alone: false), Halver(site, alone: true))
      let expected = try tiny.model.generate(tiny.all, options: options, listener: whole)
      #expect(try tiny.model.generate(tiny.all, options: options, listener: part) == expected, "\(site.path)")
      #expect(before.contains(point) ? part.positions == whole.positions : part.positions < whole.positions)
    }
  }

  /// With a listener at the logits all rows of all blocks are computed; without one the last block has the last rows.
  @Test func theLastBlockRunsForTheLastRows() throws {
    let tiny = try TinyPrompts()
    var options = GenerationOptions()
    options.maximumTokens = 12
    options.keepsLogProbabilities = true
    let recorder = Recorder([Site(.decoder, .logits)])
    let whole = try tiny.model.generate(tiny.all, options: options, listener: recorder)
    #expect(try tiny.model.generate(tiny.all, options: options) == whole)
    for (sample, prompt) in tiny.all.enumerated() {
      #expect(try tiny.model.generate([prompt], options: options) == [whole[sample]])
    }
    // A listener in an earlier block leaves it at that; one in the last block gets all rows.
    let last = tiny.model.configuration.decoder.layers - 1
    for layer in [0, last] {
      let output = Recorder([Site(.decoder, layer: layer, .output)])
      #expect(try tiny.model.generate(tiny.all, options: options, listener: output) == whole)
      #expect(output.seen[Site(.decoder, layer: layer, .output)]?.first?.shape.sizes[0] == tiny.all[0].ids.count)
    }
  }

  @Test func blocksAfterTheLastListenerDoNotRun() throws {
    let tiny = try TinyPrompts()
    let (text, layers) = (tiny.all[2], tiny.model.configuration.decoder.layers)
    for site in tiny.model.configuration.sites where site.stack == .decoder {
      let recorder = Recorder([site])
      let count = try blocks { try tiny.model.forward([text], listener: recorder, control: $0) }
      #expect(count == (site.layer.map { $0 + 1 } ?? (site.point == .embeddings ? 0 : layers)), "\(site.path)")
      #expect(recorder.seen[site]?.count == 1)
    }
  }

  @Test func anImageIsSeenOnce() throws {
    let tiny = try TinyPrompts()
    let vision = try #require(tiny.model.configuration.vision)
    func logits() throws -> [[UInt32]] { try tiny.all.map { try tiny.model.logits($0).bits } }
    let first = try logits()
    // The second prompt shows the first one's image and another.
    let text = tiny.model.configuration.decoder.layers
    let again = try blocks { control in for prompt in tiny.all { _ = try tiny.model.logits(prompt, control: control) } }
    #expect(again == 3 * text)
    #expect(try logits() == first)
    let fresh = try TinyPrompts()
    let twice = try blocks { control in
      _ = try fresh.model.generate([fresh.one, fresh.one], options: GenerationOptions(), control: control)
    }
    let once = try blocks { control in
      _ = try fresh.model.generate([fresh.one, fresh.one], options: GenerationOptions(), control: control)
    }
    #expect(twice - once == vision.usedLayers)
  }

  /// Who listens in the vision tower sees it run; what an edit makes of an image stays with that run.
  @Test func editsOfTheVisionTowerAreNotKept() throws {
    let tiny = try TinyPrompts()
    let before = try tiny.model.logits(tiny.one).bits
    let site = Site(.vision, layer: 0, .output)
    let edit = Recorder([site]) { activation in
      for sample in 0..<1 {
        let tensor = activation.tensor(sample)
        try activation.replace(
          sample,
          with: Tensor(tensor.shape) { out in
            for (index, value) in tensor.floats.enumerated() { out[index] = value + 1 }
          })
      }
    }
    #expect(try tiny.model.logits(tiny.one, listener: edit).bits != before)
    #expect(edit.seen[site]?.count == 1)
    #expect(try tiny.model.logits(tiny.one).bits == before)
    let looking = Recorder([site])
    #expect(try tiny.model.logits(tiny.one, listener: looking).bits == before)
    #expect(looking.seen[site]?.count == 1)
  }

  @Test func features() throws {
    let cache = FeatureCache(byteLimit: 64)
    func image(_ value: Float) -> Tensor { Tensor(Shape([Axis("channel", 3)])) { $0.update(repeating: value) } }
    var computed: [Float] = []
    func features(_ values: [Float]) -> [Float] {
      let rows = cache.features(of: values.map { image($0) }, counts: values.map { _ in 4 }) { images in
        let rows = Buffer(images.count * 4)
        for (place, image) in images.enumerated() {
          computed.append(values[image])
          for column in 0..<4 { rows.pointer[place * 4 + column] = values[image] * 10 + Float(column) }
        }
        return rows
      }
      return (0..<values.count * 4).map { rows.pointer[$0] }
    }
    #expect(features([1, 2, 1]) == [10, 11, 12, 13, 20, 21, 22, 23, 10, 11, 12, 13])
    #expect(computed == [1, 2])
    #expect(features([2, 3]) == [20, 21, 22, 23, 30, 31, 32, 33] && computed == [1, 2, 3])
    // Sixteen bytes to an image: four are kept, a fifth is computed whenever it comes.
    #expect(features([4, 5]).count == 8 && features([5])[0] == 50 && features([5])[0] == 50)
    #expect(computed == [1, 2, 3, 4, 5, 5, 5])
  }

  /// Every bit counts, and bytes beyond whole words do.
  @Test func digests() {
    var seen: Set<ImageDigest> = []
    for count in [1, 2, 3, 5, 8] {
      let pixels = Tensor(Shape([Axis("pixel", count)])) { $0.update(repeating: 0) }
      #expect(seen.insert(ImageDigest(pixels)).inserted)
      for place in 0..<count {
        for bit in 0..<32 {
          let changed = Tensor(Shape([Axis("pixel", count)])) { out in
            out.update(repeating: 0)
            out[place] = Float(bitPattern: 1 << UInt32(bit))
          }
          #expect(seen.insert(ImageDigest(changed)).inserted)
          #expect(ImageDigest(changed) == ImageDigest(changed.to(.f32)))
        }
      }
    }
  }
}
