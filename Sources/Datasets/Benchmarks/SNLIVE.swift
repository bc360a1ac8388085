import Checkpoints

/// Whether a picture entails a sentence, contradicts it, or neither (Xie et al. 2019, arXiv 1901.06706).
///
/// Reads `snli_ve_test.jsonl` (`dev`, `train`) and the images in `flickr30k_images`.
public struct SNLIVE: Benchmark {
  public let name = "SNLI-VE"
  public let records: [BenchmarkRecord]

  static let labels = ["entailment", "neutral", "contradiction"]

  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "a folder with snli_ve_test.jsonl")
    let split = try options.split(of: ["test", "dev", "train"], "SNLI-VE")
    records = try JSONLines(path: files.file("snli_ve_\(split).jsonl")).map { field in
      let (id, hypothesis) = (try field["pairID"].string(), try field["sentence2"].string())
      let question =
        "Decide if the content of the image supports the sentence: entailment, neutral or contradiction? \(hypothesis)"
      let label = try field["gold_label"].string()
      guard Self.labels.contains(label) else {
        throw field["gold_label"].mustBe("one of \(Self.labels.joined(separator: ", "))")
      }
      var record = BenchmarkRecord(id, question: question, prompt: options.asked(question, Instruction.shortAnswer))
      record.key = .string(id)
      record.images = [
        files.image("\(try field["Flikr30kID"].label()).jpg", in: "flickr30k_images", "flickr30k-images", "images", "")
      ]
      record.choices = Self.labels
      record.gold = [label]
      return record
    }
  }

  /// The label that an answer names, where it names one only.
  static func label(_ answer: String) -> String? {
    let said = Set(answer.lowercased().split { !$0.isLetter }.map(String.init)).intersection(labels)
    return said.count == 1 ? said.first : nil
  }

  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    Self.label(answer.text) == record.gold.first ? 1 : 0
  }

  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    .accuracy(answered, in: self) { $0.gold }
  }

  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    [
      try AnswerFile(
        "snli_ve_predictions.jsonl",
        lines: answered.map {
          .object([
            "pairID": $0.record.key, "answer": .string($0.answer.text),
            "prediction": Self.label($0.answer.text).map { .string($0) } ?? .null,
          ])
        })
    ]
  }
}
