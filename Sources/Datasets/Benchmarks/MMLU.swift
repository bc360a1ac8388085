import Checkpoints

/// Exam questions in 57 subjects, four choices by letter (Hendrycks et al. 2021, arXiv 2009.03300).
///
/// Reads `test/<subject>_test.csv` and, for the examples, `dev/<subject>_dev.csv`; or, as the authors' page on the hub has them,
/// `<subject>/test-00000-of-00001.parquet` and `dev-…`. Prompt and scoring are those of the authors'
/// `evaluate.py`: the likeliest of the four letters; there is no picture and no template.
public struct MMLU: Benchmark {
  public let name = "MMLU"
  public let records: [BenchmarkRecord]

  private static let letters = ["A", "B", "C", "D"]

  /// - Parameter options: `split` is a subject; nil for all. `shots` is 5 unless given.
  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "a folder with MMLU's test and dev")
    let root = files.contains("data/test") ? "\(files.path)/data" : files.path
    var known = ImageFolder.names(in: "\(root)/test").filter { $0.hasSuffix("_test.csv") }.map {
      String($0.dropLast(9))
    }.sorted()
    if known.isEmpty {
      // `all` has the subjects once more.
      known = try ImageFolder.names(in: root).sorted().filter {
        try $0 != "all" && !ParquetParts.paths("\(root)/\($0)", split: "test").isEmpty
      }
    }
    guard !known.isEmpty else {
      throw DatasetError(
        folder, .missingFile(anyOf: ["test/<subject>_test.csv"], present: ImageFolder.names(in: files.path).sorted()))
    }
    let wanted = try options.split.map { _ in [try options.split(of: known, "MMLU")] } ?? known
    records = try wanted.flatMap { try Self.subject($0, root, shots: options.shots ?? 5) }
  }

  private static func subject(_ subject: String, _ root: String, shots: Int) throws -> [BenchmarkRecord] {
    // Two spaces before the subject, as the authors' script puts them.
    let title = subject.split(separator: "_").map { " " + $0 }.joined()
    var head = "The following are multiple choice questions (with answers) about \(title).\n\n"
    if shots > 0 {
      for example in try rows(root, subject, "dev").prefix(shots) {
        head += asked(example) + " \(example[5])\n\n"
      }
    }
    return try rows(root, subject, "test").enumerated().map { number, row in
      var record = BenchmarkRecord("\(subject)-\(number + 1)", question: row[0], prompt: head + asked(row))
      record.key = .string(record.id)
      record.choices = letters
      record.gold = [row[5]]
      record.reading = .likelihood(of: letters.map { " " + $0 }, raw: true)
      record.fields["subject"] = .string(subject)
      return record
    }
  }

  /// Question, four choices and the letter of the right one.
  private static func rows(_ root: String, _ subject: String, _ part: String) throws -> [[String]] {
    let parts = try ParquetParts.paths("\(root)/\(subject)", split: part)
    if !parts.isEmpty {
      let columns = ["question", "choices", "answer"]
      return try ParquetRecords("\(root)/\(subject)", paths: parts, columns: columns).map { field in
        let choices = try field["choices"].strings()
        guard choices.count == letters.count else { throw field["choices"].mustBe("four choices") }
        return [try field["question"].string()] + choices + [letters[try field["answer"].integer(in: 0...3)]]
      }
    }
    let path = "\(root)/\(part)/\(subject)_\(part).csv"
    return try DelimitedRecords.rows(FileBytes(path: path), separator: ",") { row in
      guard row.count == 6 else { return .fields(found: row.count, expected: 6) }
      return letters.contains(row[5])
        ? nil : .value(name: "the last field", expected: "A, B, C or D", found: "\"\(row[5])\"")
    }
  }

  private static func asked(_ row: [String]) -> String {
    row[0] + zip(letters, row[1...4]).map { "\n\($0). \($1)" }.joined() + "\nAnswer:"
  }

  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    answer.likeliest().map { Self.letters.indices.contains($0) && Self.letters[$0] == record.gold.first ? 1 : 0 }
  }

  /// By subject, and over all questions.
  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    .accuracy(answered, in: self) { [$0.text("subject")] }
  }

  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    [try AnswerFile("mmlu_results.jsonl", lines: answered.map { $0.likelihoods })]
  }
}
