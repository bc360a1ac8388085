import Checkpoints
import Datasets
import Glibc
import Interpreter
import Interventions
import Models
import Tensors

/// A model answering a benchmark, batch by batch.
struct BenchmarkRun {
  let model: ModelObject
  let set: BenchmarkObject
  /// Makes the text that is asked from a question; nil for the benchmark's own.
  let prompt: Value?
  /// Most tokens of an answer; nil for what the benchmark asks for.
  let maximum: Int?
  let file: EvaluationFile?
  let call: NativeCall
  let bench: Workbench

  /// Few, so that answers are on the disk soon and pictures do not pile up.
  private static let batch = 8

  /// An interruption ends it with the answers that there are.
  func run() throws -> EvaluationObject {
    let records = Array(set.records)
    guard !records.isEmpty else { throw call.wrongValue("on", "is empty; there is nothing to run") }
    var answers = records.map { file?.finished[$0.id] }
    let open = records.indices.filter { answers[$0] == nil }
    try open.map { records[$0] }.checkImages(of: set.name)
    if let file, open.count < records.count {
      bench.notify(
        "info: evaluate goes on with \(records.count - open.count) of \(records.count) answers in \(file.path)")
    }
    var known = zip(records, answers).compactMap { record, answer in
      answer.flatMap { set.benchmark.score($0, to: record) }
    }
    for start in stride(from: 0, to: open.count, by: Self.batch) {
      let part = open[start..<min(start + Self.batch, open.count)]
      let score = known.isEmpty ? "" : "score " + EvaluationObject.text(known.reduce(0, +) / Double(known.count))
      bench.progress("evaluate \(set.name)", start, open.count, note: score)
      do {
        let batch = try self.answers(part.map { records[$0] })
        // What was cut short is no answer.
        try call.session.checkInterrupt()
        let scored = zip(part, batch).map { place, answer in
          (AnsweredRecord(records[place], answer), set.benchmark.score(answer, to: records[place]))
        }
        try file?.append(scored)
        for (place, answer) in zip(part, batch) { answers[place] = answer }
        known += scored.compactMap(\.1)
      } catch {
        let error = ScriptError(error)
        let done = answers.count { $0 != nil }
        guard error.isInterruption, done > 0 else { throw error }
        bench.notify("warning: evaluate was stopped; the figures are of \(done) of \(records.count) answers")
        break
      }
    }
    bench.progress("evaluate \(set.name)", open.count, open.count)
    let answered = zip(records, answers).compactMap { record, answer in answer.map { AnsweredRecord(record, $0) } }
    return EvaluationObject(set.benchmark, answered, of: records.count)
  }

  /// The answers of a batch: those that are generated together, those by likelihood one by one.
  private func answers(_ records: [BenchmarkRecord]) throws -> [BenchmarkAnswer] {
    let prompts = try records.map { try asked($0) }
    var answers = [BenchmarkAnswer?](repeating: nil, count: records.count)
    var generated: [Int: [Int]] = [:]
    for (place, record) in records.enumerated() {
      switch record.reading {
      case .text(let tokens): generated[maximum ?? tokens, default: []].append(place)
      case .likelihood(let continuations, _):
        let values = try likelihoods(of: continuations, after: prompts[place])
        let best = values.indices.max { values[$0] < values[$1] || (values[$0] == values[$1] && $0 > $1) } ?? 0
        let texts = record.choices.count == values.count ? record.choices : continuations
        answers[place] = BenchmarkAnswer(text: texts[best], logProbabilities: values)
      }
    }
    for (tokens, places) in generated.sorted(by: { $0.key < $1.key }) {
      var options = GenerationOptions()
      options.maximumTokens = tokens
      let texts = try call.generate(model, places.map { prompts[$0] }, options, bench)
      for (place, generation) in zip(places, texts) {
        // Templates that put a space before the answer are not what the model means by it.
        answers[place] = BenchmarkAnswer(text: generation.text.trimmingSpaces)
      }
    }
    return answers.compactMap { $0 }
  }

  private func asked(_ record: BenchmarkRecord) throws -> PromptObject {
    let object = BenchmarkRecordObject(record)
    var text = record.prompt
    if let prompt {
      let value = try call.session.call(prompt, .object(object))
      guard let own = value.stringValue else {
        throw ScriptError(
          .badArgument, "the function `prompt` given to `evaluate` must return a string, found \(value.typePhrase)")
      }
      text = own
    }
    let images = try object.images()
    guard case .likelihood(_, raw: true) = record.reading else { return PromptObject(images: images, text: text) }
    return PromptObject(images: images, text: text, template: .plain)
  }

  /// ln p of each continuation, summed over its tokens.
  ///
  /// Behind a plain text the tokens are those that the whole has after the text's own, as EleutherAI's harness has it;
  /// behind a conversation they are the continuation's own.
  private func likelihoods(of continuations: [String], after prompt: PromptObject) throws -> [Double] {
    let (model, steered) = (model.model, model.steered)
    let context = try prompt.prompt(for: model)
    let whole = try continuations.map { continuation -> Prompt in
      var whole = context
      if prompt.template == .plain {
        whole = try PromptObject(images: prompt.images, text: prompt.text + continuation, template: .plain).prompt(
          for: model)
      } else {
        let tokens = try model.blueprint.tokenizer.encode(continuation, addSpecial: false)
        let unknown = tokens.unknownWords(in: continuation)
        guard unknown.isEmpty else { throw ModelError.unknownWords(unknown) }
        whole.ids += tokens.map(\.id)
        whole.context = context.context.appending(tokens.map(\.id))
      }
      guard whole.ids.count > context.ids.count else {
        throw ScriptError(.badArgument, "the choice \"\(continuation)\" has no token of its own behind the prompt")
      }
      return whole
    }
    // Choices of one token behind the same prompt take one pass.
    if whole.allSatisfy({ $0.ids.count == context.ids.count + 1 && $0.ids.starts(with: context.ids) }) {
      let logits = try call.running { try steered.logits(context, prefixes: bench.prefixes, control: call.control) }
      return whole.map { logits.logProbability(of: [$0.ids.last ?? 0], before: 0) }
    }
    return try whole.map { prompt in
      let logits = try call.running { try steered.logits(prompt, prefixes: bench.prefixes, control: call.control) }
      return logits.logProbability(of: prompt.ids[context.ids.count...], before: 1)
    }
  }
}

extension Tensor {
  /// ln p of tokens that the last rows of `[token, vocab]` predict, summed in double precision.
  ///
  /// - Parameter before: how many rows stand behind the one that predicts the last token.
  fileprivate func logProbability(of ids: some BidirectionalCollection<Int>, before last: Int) -> Double {
    let (rows, width) = (shape.sizes[0], shape.sizes[1])
    return withFloats { values in
      var sum = 0.0
      for (distance, id) in ids.reversed().enumerated() {
        let row = values[(rows - 1 - last - distance) * width..<(rows - last - distance) * width]
        let largest = Double(row.max() ?? 0)
        let total = row.reduce(0.0) { $0 + Glibc.exp(Double($1) - largest) }
        sum += Double(row[row.startIndex + id]) - largest - Glibc.log(total)
      }
      return sum
    }
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    let start = drop { $0.isWhitespace }
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }
}
