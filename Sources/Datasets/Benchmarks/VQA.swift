import Checkpoints

/// Open questions about images of COCO, each answered by ten people: VQAv2 (Goyal et al. 2017, arXiv 1612.00837) and OK-VQA
/// (Marino et al. 2019, arXiv 1906.00067).
///
/// Reads the questions and annotations of the challenge's format, and the images in `val2014`. A part without annotations
/// (`test-dev2015`) is asked all the same; its answers go to the challenge's server.
public struct VQA: Benchmark {
  public enum Edition: String, Sendable {
    case v2 = "VQAv2"
    case ok = "OK-VQA"
  }

  public var name: String { edition.rawValue }
  public let records: [BenchmarkRecord]
  private let edition: Edition
  private let split: String

  /// - Parameter options: `split` is the end of the file names: `val2014` unless given, `train2014`, `test2015`,
  ///   `test-dev2015`.
  public init(_ edition: Edition, _ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    self.edition = edition
    let files = try BenchmarkFolder(folder, options, expected: "a folder with the questions of \(edition.rawValue)")
    let split = try options.split(
      of: ["val2014", "train2014", "test2015", "test-dev2015"], edition.rawValue)
    self.split = split
    let prefix = edition == .v2 ? "v2_" : ""
    let questions = try JSONRecords(
      FileBytes(path: files.file("\(prefix)OpenEnded_mscoco_\(split)_questions.json")), at: "questions")
    let annotations = "\(prefix)mscoco_\(split)_annotations.json"
    let answers = files.contains(annotations) ? try Self.answers("\(files.path)/\(annotations)") : [:]
    let pictures = split == "test-dev2015" ? "test2015" : split
    records = try questions.map { field in
      let id = try field["question_id"].integer()
      let image = try field["image_id"].integer(in: 0...)
      let question = try field["question"].string()
      var record = BenchmarkRecord(
        "\(id)", question: question, prompt: options.asked(question, Instruction.shortAnswer))
      record.key = .integer(id)
      record.images = [
        files.image("COCO_\(pictures)_\(padded(image)).jpg", in: pictures, "images", "")
      ]
      if let known = answers[id] {
        record.gold = known.answers
        record.fields["answer_type"] = .string(known.kind)
      }
      return record
    }
    if let lonely = records.first(where: { $0.gold.isEmpty && !answers.isEmpty }) {
      throw DatasetError(
        "\(files.path)/\(annotations)",
        .value(name: "the answers to question \(lonely.id)", expected: "a list", found: nil))
    }
  }

  private static func answers(_ path: String) throws -> [Int: (answers: [String], kind: String)] {
    let reader = try JSONRecords(FileBytes(path: path), at: "annotations")
    let entries = try reader.map { field in
      (
        try field["question_id"].integer(),
        (try field["answers"].array().map { try $0["answer"].string() }, try field["answer_type"].string(or: "other"))
      )
    }
    return Dictionary(entries) { first, _ in first }
  }

  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    VQAAccuracy.score(answer.text, people: record.gold, .challenge)
  }

  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    .accuracy(answered, in: self) { $0.text("answer_type").isEmpty ? [] : [$0.text("answer_type")] }
  }

  /// `[{"question_id": 1, "answer": "…"}]`, the answers normalised as LLaVA does before it submits them.
  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    let prefix = edition == .v2 ? "v2_" : ""
    return [
      try AnswerFile(
        "\(prefix)OpenEnded_mscoco_\(split)_results.json",
        .array(
          answered.map {
            .object(["question_id": $0.record.key, "answer": .string(VQAAccuracy.normalised($0.answer.text))])
          }))
    ]
  }
}

/// The twelve digits of COCO's file names.
func padded(_ image: Int) -> String {
  let digits = String(image)
  return String(repeating: "0", count: max(0, 12 - digits.count)) + digits
}
