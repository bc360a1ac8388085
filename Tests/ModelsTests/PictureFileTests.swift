import Checkpoints
import Foundation
import Models
import TestSupport
import Testing

/// A picture file and a question in, logits out: the folder's own processor, template, tokenizer and weights together,
/// against transformers (scripts/fixtures/pictures.py). How cells are chosen is the processor's, what stands in the prompt
/// the template's and the layout's: that these agree is what is tested here.
@Suite struct PictureFileTests {
  /// A folder, and what transformers made of a wide picture, a tall one, and both in one prompt.
  struct Case {
    static let folders = ["llava_next": "pictures/llava_next", "qwen2_5_vl": "qwenvl/qwen2_5_vl"]
    static let names = folders.keys.sorted()

    let model: Model
    let fixture: Safetensors
    let prompts: [Prompt]

    init(_ name: String) throws {
      let folder = TestSupport.fixture(try #require(Self.folders[name]))
      let model = try Model.load(FileSource(folder: folder.path))
      let fixture = try Safetensors(FileBytes(path: TestSupport.fixture("pictures/\(name).safetensors").path))
      let files = ["wide.png", "tall.jpg"].map { TestSupport.fixture("pictures/\($0)").path }
      prompts = try (0..<3).map { number in
        let pictures = try fixture.integers("\(number)/pictures").map { try Image(path: files[$0]) }
        return try model.blueprint.prompt(images: pictures, text: "w3 w5 w40")
      }
      (self.model, self.fixture) = (model, fixture)
    }
  }

  /// Ids are equal: the processor of transformers counts the placeholders too. The order of summation differs, nothing else.
  @Test(arguments: Case.names) func logitsAreTransformers(_ name: String) throws {
    let own = try Case(name)
    let width = own.model.configuration.decoder.vocabulary
    for (number, prompt) in own.prompts.enumerated() {
      #expect(try prompt.ids == own.fixture.integers("\(number)/ids"), "\(number)")
      let logits = try own.model.logits(prompt).floats
      let expected = try own.fixture.floats("\(number)/logits")
      #expect(expected.count == 8 * width)
      #expect(difference(Array(logits.suffix(8 * width)), expected) < 2e-4, "\(number)")
    }
  }

  /// What is compared depends on the picture by far more than the tolerance.
  @Test(arguments: Case.names) func picturesAreSeen(_ name: String) throws {
    let own = try Case(name)
    let wide = try Image(path: fixture("pictures/wide.png").path)
    let turned = Image(width: wide.width, height: wide.height, pixels: wide.pixels.reversed())
    let prompt = try own.model.blueprint.prompt(images: [turned], text: "w3 w5 w40")
    #expect(prompt.ids == own.prompts[0].ids)
    let logits = try [prompt, own.prompts[0]].map { try own.model.logits($0).floats.suffix(8 * 83) }
    #expect(difference(Array(logits[0]), Array(logits[1])) > 0.02)
  }

  @Test(arguments: Case.names) func answersAreTransformers(_ name: String) throws {
    let own = try Case(name)
    var options = GenerationOptions()
    options.maximumTokens = 6
    for (number, answer) in try own.model.generate(own.prompts, options: options).enumerated() {
      let expected = try own.fixture.integers("\(number)/greedy")
      // The reference does not stop at the end token.
      let end = expected.firstIndex { own.model.blueprint.endTokens.contains($0) }
      #expect(answer.ids == Array(expected.prefix(through: end ?? expected.count - 1)), "\(number)")
    }
  }

  /// Each prompt has the bits in a padded batch that it has alone, and a cached step those of the whole sequence.
  @Test(arguments: Case.names) func bitsDependOnNothingElse(_ name: String) throws {
    let own = try Case(name)
    let width = own.model.configuration.decoder.vocabulary
    let place = Site(.decoder, .logits)
    #expect(Set(own.prompts.map(\.ids.count)).count == 3)
    var options = GenerationOptions()
    options.maximumTokens = 6
    let together = try own.model.generate(own.prompts, options: options)
    for (sample, prompt) in own.prompts.enumerated() {
      let packed = Recorder([place], sample: sample)
      try own.model.forward(own.prompts, listener: packed)
      #expect(try packed.seen[place]?.first?.bits == own.model.logits(prompt).bits)
      let cached = Recorder([place])
      let answer = try own.model.generate([prompt], options: options, listener: cached)[0]
      #expect(answer.ids == together[sample].ids)
      let steps = cached.seen[place] ?? []
      #expect(steps.count == answer.ids.count)
      for (step, seen) in steps.enumerated() {
        let whole = Prompt(ids: prompt.ids + answer.ids.prefix(step), context: prompt.context, images: prompt.images)
        #expect(seen.bits.suffix(width) == (try own.model.logits(whole)).bits.suffix(width), "\(sample) \(step)")
      }
    }
  }

  /// transformers 5 keeps the image processor in a file together with the rest.
  @Test func bothFilesOfTheProcessorSayTheSame() throws {
    let own = try Case("llava_next")
    let folder = try ModelFolder("pictures/llava_next")
    let former = folder.url.appendingPathComponent("preprocessor_config.json")
    try folder.write(
      "{\"image_processor\": \(String(contentsOf: former, encoding: .utf8)), \"patch_size\": 7}",
      to: "processor_config.json")
    try folder.remove("preprocessor_config.json")
    let other = try Model.load(folder.source)
    let picture = try Image(path: fixture("pictures/wide.png").path)
    let prompt = try other.blueprint.prompt(images: [picture], text: "w3 w5 w40")
    #expect(try other.logits(prompt).bits == own.model.logits(own.prompts[0]).bits)
  }
}
