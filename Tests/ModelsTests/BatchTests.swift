import Dispatch
import Kernels
import Models
import Synchronization
import Tensors
import Testing

/// One sample's numbers depend on that sample alone, bit by bit.
@Suite struct BatchTests {
  @Test func aBatchEqualsItsSamples() throws {
    let tiny = try TinyPrompts()
    for (sample, prompt) in tiny.all.enumerated() {
      let alone = try activations(tiny.model, [prompt])
      let packed = try activations(tiny.model, tiny.all, sample: sample)
      for site in tiny.model.configuration.sites {
        #expect(alone[site]?.bits ?? [] == packed[site]?.bits, "\(site.path)")
      }
    }
  }

  @Test func answersDoNotDependOnTheBatch() throws {
    let tiny = try TinyPrompts()
    var options = GenerationOptions()
    options.maximumTokens = 20
    options.temperature = 1.3
    options.seed = 11
    options.keepsLogProbabilities = true
    let packed = try tiny.model.generate(tiny.all, options: options)
    #expect(Set(packed.map(\.ids)).count == 3)
    for (sample, prompt) in tiny.all.enumerated() {
      options.firstSample = sample
      #expect(try tiny.model.generate([prompt], options: options) == [packed[sample]])
    }
  }

  @Test func theCacheChangesNothing() throws {
    let tiny = try TinyPrompts()
    let logits = Site(.decoder, .logits)
    var options = GenerationOptions()
    options.maximumTokens = 10
    for (sample, prompt) in tiny.all.enumerated() {
      let recorder = Recorder([logits], sample: sample)
      let answer = try tiny.model.generate(tiny.all, options: options, listener: recorder)[sample]
      let steps = try #require(recorder.seen[logits]).filter { !$0.floats.isEmpty }
      #expect(steps.count == answer.ids.count)
      for (step, seen) in steps.enumerated() {
        let whole = Prompt(ids: prompt.ids + answer.ids.prefix(step), context: prompt.context, images: prompt.images)
        let expected = try tiny.model.logits(whole)
        #expect(seen.bits.suffix(47) == expected.bits.suffix(47))
      }
    }
  }

  /// A model is a value that several threads may use at once.
  @Test func runsAtTheSameTime() throws {
    let tiny = try TinyPrompts()
    var options = GenerationOptions()
    options.maximumTokens = 10
    let expected = try tiny.model.generate(tiny.all, options: options)
    let (model, prompts) = (tiny.model, tiny.all)
    let answers = Mutex<[[Generation]]>([])
    DispatchQueue.concurrentPerform(iterations: 8) { [options] _ in
      let answer = try? model.generate(prompts, options: options)
      answers.withLock { $0.append(answer ?? []) }
    }
    #expect(answers.withLock { $0 } == [[Generation]](repeating: expected, count: 8))
  }

  /// The number of threads belongs to the process; other tests may run meanwhile, whose results do not depend on it.
  @Test func threadsChangeNothing() throws {
    let tiny = try TinyPrompts()
    let before = sk_threads()
    defer { sk_set_threads(before) }
    sk_set_threads(1)
    let one = try activations(tiny.model, tiny.all)
    for count in [2, 3, 7] {
      sk_set_threads(Int32(count))
      let many = try activations(tiny.model, tiny.all)
      for site in tiny.model.configuration.sites { #expect(one[site]?.bits == many[site]?.bits, "\(site.path)") }
    }
  }
}
