import Checkpoints

/// Whether a sentence about the places of two things is true of a picture (Liu et al. 2022, arXiv 2205.00363).
///
/// Reads `test.jsonl` (or `splits/random/test.jsonl`) and the images in `images`. Papers on instruction tuning have a model judge
/// answers; here the first of true, false, yes and no counts.
public struct VSR: Benchmark {
  public let name = "VSR"
  public let records: [BenchmarkRecord]

  /// - Parameter options: `split` is `random` unless given, or `zeroshot`; of both the test part is read.
  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "a folder with VSR's splits/random/test.jsonl")
    let split = try options.split(of: ["random", "zeroshot"], "VSR")
    let path = try files.file("splits/\(split)/test.jsonl", "\(split)/test.jsonl", "test.jsonl")
    records = try JSONLines(path: path).map { field -> (Field, Bool) in
      (field, try field["label"].integer(in: 0...1) == 1)
    }.enumerated().map { number, entry in
      let (field, isTrue) = entry
      let caption = try field["caption"].string()
      let question = "Is this statement about the image true or false? \(caption)"
      var record = BenchmarkRecord(
        "\(number + 1)", question: question, prompt: options.asked(question, Instruction.shortAnswer))
      record.images = [files.image(try field["image"].string(), in: "images", "")]
      record.gold = [isTrue ? "true" : "false"]
      record.fields["relation"] = .string(try field["relation"].string(or: ""))
      record.fields["caption"] = .string(caption)
      return record
    }
  }

  static func verdict(_ answer: String) -> String? {
    let words = ["true": "true", "yes": "true", "false": "false", "no": "false"]
    return answer.lowercased().split { !$0.isLetter }.lazy.compactMap { words[String($0)] }.first
  }

  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    Self.verdict(answer.text) == record.gold.first ? 1 : 0
  }

  /// By relation, as the authors' `eval_compute_acc_by_rel.py`, and overall.
  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    .accuracy(answered, in: self) { [$0.text("relation")] }
  }

  /// The truth values in the order of the questions: 1, 0, or −1 for an answer that is neither.
  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    [
      try AnswerFile(
        "vsr_predictions.jsonl",
        lines: answered.map {
          let verdict = Self.verdict($0.answer.text)
          return .object([
            "caption": .string($0.record.text("caption")), "answer": .string($0.answer.text),
            "prediction": .integer(verdict == nil ? -1 : verdict == "true" ? 1 : 0),
          ])
        })
    ]
  }
}
