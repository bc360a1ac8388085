import Checkpoints

/// School questions with several choices, about half of them with a picture (Lu et al. 2022, arXiv 2209.09513).
///
/// Reads `problems.json`, `pid_splits.json`, and the images as `images/test/<id>/image.png`.
public struct ScienceQA: Benchmark {
  public let name = "ScienceQA"
  public let records: [BenchmarkRecord]

  static let letters = ["A", "B", "C", "D", "E"]

  /// - Parameter options: `split` is a list of `pid_splits.json`: `test` unless given; with `-image` after it
  ///   (`test-image`), only questions with a picture.
  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "a folder with problems.json and pid_splits.json")
    var split = options.split ?? "test"
    let onlyImages = split.hasSuffix("-image")
    if onlyImages { split.removeLast(6) }
    let problems = try files.field(files.file("problems.json", "data/scienceqa/problems.json"))
    let splits = try files.field(files.file("pid_splits.json", "data/scienceqa/pid_splits.json"))
    records = try splits[split].strings().compactMap { id in
      let problem = problems[id]
      let picture: String? = problem["image"].exists ? try problem["image"].string() : nil
      return onlyImages && picture == nil ? nil : try Self.record(id, problem, picture, split, files)
    }
  }

  private static func record(
    _ id: String, _ problem: Field, _ picture: String?, _ split: String, _ files: BenchmarkFolder
  ) throws -> BenchmarkRecord {
    let (question, hint) = (try problem["question"].string(), try problem["hint"].string(or: ""))
    let choices = try problem["choices"].strings()
    guard (1...letters.count).contains(choices.count) else { throw problem["choices"].mustBe("one to five choices") }
    let answer = try problem["answer"].integer(in: 0...(choices.count - 1))
    let listed = zip(letters, choices).map { "(\($0)) \($1)" }.joined(separator: " ")
    // The authors' CQM format, with their narrowing of double spaces.
    let context = hint.trimmed.isEmpty ? "N/A" : hint.trimmed
    let text = "Context: \(context)\nQuestion: \(question)\nOptions: \(listed)\n".replacing("  ", with: " ").trimmed
    var record = BenchmarkRecord(id, question: question, prompt: files.options.asked(text, Instruction.letter))
    record.key = .string(id)
    record.images = picture.map { [files.image("\(id)/\($0)", in: "images/\(split)", split, "images")] } ?? []
    record.choices = choices
    record.gold = [letters[answer]]
    for name in ["subject", "grade", "topic"] { record.fields[name] = .string(try problem[name].string(or: "")) }
    record.fields["hint"] = .string(hint)
    return record
  }

  /// As LLaVA's `eval_science_qa.py`: a letter alone, a letter and `. `, or one `The answer is X` and a character.
  static func letter(_ answer: String) -> String? {
    if letters.contains(answer) { return answer }
    let scalars = Array(answer.unicodeScalars)
    if scalars.count >= 3, scalars[1] == ".", scalars[2] == " ", letters.contains(String(scalars[0])) {
      return String(scalars[0])
    }
    var found: [String] = []
    var rest = answer[...]
    while let range = rest.firstRange(of: "The answer is ") {
      rest = rest[range.upperBound...]
      let next = Array(rest.unicodeScalars.prefix(2))
      if next.count == 2, ("A"..."Z").contains(next[0]), next[1] != "\n" { found.append(String(next[0])) }
    }
    return found.count == 1 ? found[0] : nil
  }

  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    Self.letter(answer.text) == record.gold.first ? 1 : 0
  }

  /// The columns of the paper's table 4: subjects, contexts, grades and the average; IMG is what tables of models that see
  /// call ScienceQA-Image.
  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    var summary = BenchmarkSummary("accuracy")
    let scored = answered.map { (record: $0.record, score: score($0.answer, to: $0.record) ?? 0) }
    func add(_ name: String, _ holds: (BenchmarkRecord) -> Bool) {
      let scores = scored.filter { holds($0.record) }.map(\.score)
      if !scores.isEmpty { summary.add(name, count: scores.count, mean(scores)) }
    }
    func grade(_ record: BenchmarkRecord) -> Int { Int(record.text("grade").drop { !$0.isNumber }) ?? 0 }
    add("NAT") { $0.text("subject") == "natural science" }
    add("SOC") { $0.text("subject") == "social science" }
    add("LAN") { $0.text("subject") == "language science" }
    add("TXT") { !$0.text("hint").isEmpty }
    add("IMG") { !$0.images.isEmpty }
    add("NO") { $0.text("hint").isEmpty && $0.images.isEmpty }
    add("G1-6") { (1...6).contains(grade($0)) }
    add("G7-12") { (7...12).contains(grade($0)) }
    add("Avg") { _ in true }
    summary.headline("accuracy", mean(scored.map(\.score)))
    return summary
  }

  /// `{"results": {id: place}}`, −1 for an answer without a letter, as the authors' `evaluate_acc.py` reads it, and the lines
  /// that LLaVA's script reads.
  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    let places = answered.map { item in
      let place = Self.letter(item.answer.text).flatMap {
        Self.letters.prefix(item.record.choices.count).firstIndex(of: $0)
      }
      return (item.record.id, JSON.integer(place ?? -1))
    }
    return [
      try AnswerFile("scienceqa_results.json", .object(["results": .object(JSON.Object(places))])),
      try AnswerFile(
        "scienceqa_answers.jsonl",
        lines: answered.map {
          .object([
            "question_id": $0.record.key, "text": .string($0.answer.text),
            "prompt": .string(($0.record.images.isEmpty ? "" : "<image>\n") + $0.record.prompt),
          ])
        }),
    ]
  }
}
