import Checkpoints

/// Exam questions in 57 subjects, four choices by letter (Hendrycks et al. 2021, arXiv 2009.03300).
///
/// Reads `test/<subject>_test.csv` and, for the examples, `dev/<subject>_dev.csv`. Prompt and scoring are those of the authors'
/// `evaluate.py`: the likeliest of the four letters; there is no picture and no template.
public struct MMLU: Benchmark {
  public let name = "MMLU"
  public let records: [BenchmarkRecord]

  private static let letters = ["A", "B", "C", "D"]

  /// - Parameter options: `split` is a subject; nil for all. `shots` is 5 unless given.
  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "a folder with MMLU's test and dev")
    let root = files.contains("data/test") ? "\(files.path)/data" : files.path
    let known = ImageFolder.names(in: "\(root)/test").filter { $0.hasSuffix("_test.csv") }.map {
      String($0.dropLast(9))
    }.sorted()
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
      for example in try rows("\(root)/dev/\(subject)_dev.csv").prefix(shots) {
        head += asked(example) + " \(example[5])\n\n"
      }
    }
    return try rows("\(root)/test/\(subject)_test.csv").enumerated().map { number, row in
      var record = BenchmarkRecord("\(subject)-\(number + 1)", question: row[0], prompt: head + asked(row))
      record.key = .string(record.id)
      record.choices = letters
      record.gold = [row[5]]
      record.reading = .likelihood(of: letters.map { " " + $0 }, raw: true)
      record.fields["subject"] = .string(subject)
      return record
    }
  }

  private static func rows(_ path: String) throws -> [[String]] {
    try DelimitedRecords.rows(FileBytes(path: path), separator: ",") { row in
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
