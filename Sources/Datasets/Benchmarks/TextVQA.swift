import Checkpoints

/// Questions that ask to read the text in a picture (Singh et al. 2019, arXiv 1904.08920).
///
/// Reads `TextVQA_0.5.1_val.json` and the images in `train_images`.
public struct TextVQA: Benchmark {
  public let name = "TextVQA"
  public let records: [BenchmarkRecord]
  private let split: String

  /// - Parameter options: `split` is `val` unless given, `train` or `test`.
  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "a folder with TextVQA_0.5.1_val.json")
    let split = try options.split(of: ["val", "train", "test"], "TextVQA")
    self.split = split
    let pictures = split == "test" ? "test_images" : "train_images"
    let reader = try JSONRecords(FileBytes(path: files.file("TextVQA_0.5.1_\(split).json")), at: "data")
    records = try reader.map { field in
      let question = try field["question"].string()
      var record = BenchmarkRecord(
        try field["question_id"].label(), question: question, prompt: options.asked(question, Instruction.shortAnswer))
      record.key = field["question_id"].value ?? .null
      record.fields["image_id"] = field["image_id"].value ?? .null
      record.images = [files.image("\(try field["image_id"].string()).jpg", in: pictures, "images", "")]
      record.gold = try field["answers"].strings(or: [])
      return record
    }
  }

  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    VQAAccuracy.score(answer.text, people: record.gold, .textVQA)
  }

  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary { .accuracy(answered, in: self) }

  /// `[{"question_id": 1, "answer": "…"}]` for the challenge's server.
  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    [
      try AnswerFile(
        "textvqa_\(split)_results.json",
        .array(
          answered.map {
            .object(["question_id": $0.record.key, "answer": .string(VQAAccuracy.normalised($0.answer.text))])
          }))
    ]
  }
}
