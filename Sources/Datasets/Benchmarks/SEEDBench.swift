import Checkpoints

/// Four choices about an image, in nine dimensions (Li et al. 2023, arXiv 2307.16125).
///
/// Reads `SEED-Bench.json` and the images in `SEED-Bench-image`. Questions about videos are left out. LLaVA asks for the letter;
/// the authors rank the texts of the choices by likelihood, which the manner `likelihood` does.
public struct SEEDBench: Benchmark {
  public let name = "SEED-Bench"
  public let records: [BenchmarkRecord]

  private static let letters = ["A", "B", "C", "D"]

  /// - Parameter options: `manner` is `letter` unless given, or `likelihood`: how answers are had.
  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "a folder with SEED-Bench.json")
    let ranks = try options.manner("by", of: ["letter", "likelihood"], "SEED-Bench") == "likelihood"
    let path = try files.file("SEED-Bench.json")
    let types = try files.field(path)["question_type"].object(or: [:])
    var names: [Int: String] = [:]
    for case (let name, .integer(let number)) in types.entries { names[number] = name }
    records = try JSONRecords(FileBytes(path: path), at: "questions").map { field -> BenchmarkRecord? in
      guard try field["data_type"].string(or: "image") == "image" else { return nil }
      let (id, question) = (try field["question_id"].label(), try field["question"].string())
      let choices = try ["a", "b", "c", "d"].map { try field["choice_\($0)"].label() }
      let listed = zip(Self.letters, choices).map { "\n\($0). \($1)" }.joined()
      var record = BenchmarkRecord(
        id, question: question, prompt: ranks ? question : options.asked(question + listed, Instruction.letter))
      record.key = field["question_id"].value ?? .null
      record.images = [files.image(try field["data_id"].label(), in: "SEED-Bench-image", "images", "")]
      record.choices = choices
      let answer = try field["answer"].string()
      guard Self.letters.contains(answer) else { throw field["answer"].mustBe("A, B, C or D") }
      record.gold = [answer]
      if ranks { record.reading = .likelihood(of: choices, raw: false) }
      let type = try field["question_type_id"].integer()
      record.fields["dimension"] = .string(names[type] ?? "type \(type)")
      return record
    }.compactMap { $0 }
  }

  private static func letter(_ answer: BenchmarkAnswer) -> String {
    answer.likeliest().map { letters.indices.contains($0) ? letters[$0] : "" } ?? answer.text
  }

  /// As LLaVA compares: the answer is the letter and nothing else.
  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    Self.letter(answer) == record.gold.first ? 1 : 0
  }

  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    .accuracy(answered, in: self) { [$0.text("dimension")] }
  }

  /// `{"question_id": "…", "prediction": "A"}` on each line.
  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    [
      try AnswerFile(
        "seed_bench_results.jsonl",
        lines: answered.map {
          .object(["question_id": $0.record.key, "prediction": .string(Self.letter($0.answer))])
        })
    ]
  }
}
