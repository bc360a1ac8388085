extension Model {
  /// Answers a batch of prompts. Samples are packed and end one by one; each gets the same bits as alone.
  ///
  /// - Parameters:
  ///   - listener: sees and may edit the prefill once, then each new position; samples that have ended have no rows.
  ///   - prefix: what the listener neither looks at nor changes, taken from unsteered runs; no bit depends on it.
  ///   - progress: called after every step.
  /// - Throws: `ModelError` for prompts and options that cannot be run, and when logits are not finite; whatever the
  ///   listener throws.
  public func generate(
    _ prompts: [Prompt], options: GenerationOptions = GenerationOptions(), listener: (any SiteListener)? = nil,
    prefix: PrefixUse? = nil, control: RunControl = RunControl(), progress: ((GenerationProgress) -> Void)? = nil
  ) throws -> [Generation] {
    try options.check()
    guard !prompts.isEmpty else { return [] }
    let positions = configuration.decoder.maximumPositions
    var answers = prompts.map { prompt in
      // The last token is chosen, not run, and needs no position.
      Answer(maximumTokens: options.maximumTokens, positions: positions - prompt.ids.count + 1)
    }
    let longest = answers.reduce(0) { max($0, $1.limit) }
    let run = try run(prompts, extra: max(longest - 1, 0), listener: listener, prefix: prefix, control: control)
    try run.prefill(logits: longest > 0 ? .last : .none)

    var sampler = Sampler(options, vocabulary: configuration.decoder.vocabulary)
    var ids = [Int?](repeating: nil, count: prompts.count)
    for step in 0..<longest {
      var active = 0
      for sample in prompts.indices {
        ids[sample] = nil
        guard answers[sample].end == nil else { continue }
        let logits = run.lastLogits(sample)
        let draw = Draw(seed: options.seed, sample: options.firstSample + sample, step: step)
        guard let id = sampler.choose(logits, uniform: { draw.uniform }) else {
          throw ModelError.notFinite(sample: sample, position: prompts[sample].ids.count + step - 1)
        }
        let probability = options.keepsLogProbabilities ? Sampler.logProbability(logits, of: id) : nil
        answers[sample].append(id, logProbability: probability, blueprint, stop: options.stop)
        ids[sample] = id
        if answers[sample].end == nil { active += 1 }
      }
      progress?(GenerationProgress(step: step + 1, maximumSteps: longest, active: active, ids: ids))
      if active == 0 { break }
      try control.check()
      for sample in prompts.indices where answers[sample].end != nil { ids[sample] = nil }
      try run.step(ids)
    }
    return answers.map { $0.generation(blueprint.tokenizer) }
  }
}
