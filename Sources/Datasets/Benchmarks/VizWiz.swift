import Checkpoints

/// Questions of blind people about pictures they took, which may have no answer (Gurari et al. 2018, arXiv 1802.08218).
///
/// Reads `val.json` or `test.json` (in `Annotations` or beside), and the images in `val` or `test`.
public struct VizWiz: Benchmark {
  public let name = "VizWiz"
  public let records: [BenchmarkRecord]
  private let split: String

  static let instruction =
    "When the provided information is insufficient, respond with 'Unanswerable'.\n" + Instruction.shortAnswer

  /// - Parameter options: `split` is `val` unless given, `train` or `test`.
  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "a folder with VizWiz's val.json")
    let split = try options.split(of: ["val", "train", "test"], "VizWiz")
    self.split = split
    let reader = try JSONRecords(FileBytes(path: files.file("\(split).json", "Annotations/\(split).json")))
    records = try reader.map { field in
      let (image, question) = (try field["image"].string(), try field["question"].string())
      var record = BenchmarkRecord(image, question: question, prompt: options.asked(question, Self.instruction))
      record.key = .string(image)
      record.images = [files.image(image, in: split, "images", "")]
      record.gold = try field["answers"].array(or: []).map { try $0["answer"].string() }
      if record.gold.isEmpty == false {
        record.fields["answer_type"] = .string(try field["answer_type"].string(or: "other"))
      }
      return record
    }
  }

  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    VQAAccuracy.score(answer.text, people: record.gold, .challenge)
  }

  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    .accuracy(answered, in: self) { $0.text("answer_type").isEmpty ? [] : [$0.text("answer_type")] }
  }

  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    [
      try AnswerFile(
        "vizwiz_\(split)_results.json",
        .array(
          answered.map {
            .object(["image": $0.record.key, "answer": .string(VQAAccuracy.normalised($0.answer.text))])
          }))
    ]
  }
}
