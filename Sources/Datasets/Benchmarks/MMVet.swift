import Checkpoints

/// Questions that need several abilities at once, judged by GPT-4 (Yu et al. 2023, arXiv 2308.02490).
///
/// Reads `mm-vet.json` and `images`. There is no score here: the authors' evaluator, which asks GPT-4, reads the answer file.
public struct MMVet: Benchmark {
  public let name = "MM-Vet"
  public let records: [BenchmarkRecord]

  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "a folder with mm-vet.json")
    let reader = try JSONRecords(FileBytes(path: files.file("mm-vet.json")))
    records = try reader.map { field in
      let (id, question) = (try field["key"].string(), try field["question"].string())
      var record = BenchmarkRecord(id, question: question, prompt: options.asked(question, ""))
      record.key = .string(id)
      record.images = [files.image(try field["imagename"].string(), in: "images", "")]
      record.gold = [try field["answer"].string(or: "")]
      record.reading = .text(maximumTokens: 1024)
      record.fields["capability"] = .array(try field["capability"].strings(or: []).map { .string($0) })
      return record
    }
  }

  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? { nil }

  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    var summary = BenchmarkSummary("score")
    summary.headline("score", nil)
    summary.note = "GPT-4 judges these answers: give mm-vet_answers.json to the authors' evaluator"
    return summary
  }

  /// `{"v1_0": "…"}`
  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    let answers = answered.map { ($0.record.id, JSON.string($0.answer.text)) }
    return [try AnswerFile("mm-vet_answers.json", .object(JSON.Object(answers)), pretty: true)]
  }
}
