import Checkpoints

/// Questions made from scene graphs (Hudson and Manning 2019, arXiv 1902.09506).
///
/// Reads `testdev_balanced_questions.json` or another part, the images as `images/<id>.jpg`, and, where it is there, the
/// part's `_choices.json`.
public struct GQA: Benchmark {
  public let name = "GQA"
  public let records: [BenchmarkRecord]
  private let split: String
  private let choices: Field?

  /// - Parameter options: `split` is what precedes `_questions.json`: `testdev_balanced` unless given.
  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "a folder with testdev_balanced_questions.json")
    let split = options.split ?? "testdev_balanced"
    self.split = split
    choices = files.contains("\(split)_choices.json") ? try files.field("\(files.path)/\(split)_choices.json") : nil
    let reader = try JSONRecords(
      FileBytes(path: files.file("\(split)_questions.json", "questions/\(split)_questions.json")))
    records = try reader.map { field in
      let (id, question) = (try field["key"].string(), try field["question"].string())
      var record = BenchmarkRecord(id, question: question, prompt: options.asked(question, Instruction.shortAnswer))
      record.key = .string(id)
      record.images = [files.image("\(try field["imageId"].label()).jpg", in: "images", "")]
      record.gold = field["answer"].exists ? [try field["answer"].string()] : []
      record.fields["structural"] = .string(try field["types"]["structural"].string(or: ""))
      record.fields["semantic"] = .string(try field["types"]["semantic"].string(or: ""))
      record.fields["detailed"] = .string(try field["types"]["detailed"].string(or: ""))
      record.fields["balanced"] = .bool(try field["isBalanced"].bool(or: true))
      record.fields["group"] = .string(try field["groups"]["global"].string(or: ""))
      return record
    }
  }

  /// LLaVA's preparation of what a model says: no full stop behind it, small letters. The comparison is exact.
  static func prediction(_ answer: String) -> String {
    String(answer.reversed().drop { $0 == "." }.reversed()).lowercased()
  }

  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    record.gold.first.map { Self.prediction(answer.text) == $0 ? 1 : 0 }
  }

  /// Over the balanced questions: accuracy, and of binary and open questions; by structural and semantic type. Validity and
  /// plausibility where the choices are there; distribution is a distance, in hundredths of χ², and lower is better.
  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    var summary = BenchmarkSummary("accuracy", "validity", "plausibility", "distribution")
    let balanced = answered.filter { $0.record.fields["balanced"] != .bool(false) && !$0.record.gold.isEmpty }
    func add(_ name: String, distribution: Bool = false, _ holds: (BenchmarkRecord) -> Bool) -> Double? {
      let items = balanced.filter { holds($0.record) }
      guard !items.isEmpty else { return nil }
      let accuracy = mean(items.compactMap { score($0.answer, to: $0.record) })
      summary.add(
        name, count: items.count, accuracy, share("valid", items), share("plausible", items),
        distribution ? Self.distance(items) : nil)
      return accuracy
    }
    _ = add("binary") { $0.text("structural") != "query" }
    _ = add("open") { $0.text("structural") == "query" }
    for kind in ["structural", "semantic"] {
      for type in Set(balanced.map { $0.record.text(kind) }).subtracting([""]).sorted() {
        _ = add("\(kind): \(type)") { $0.text(kind) == type }
      }
    }
    summary.headline("accuracy", add("all", distribution: true) { _ in true })
    if balanced.isEmpty, !answered.isEmpty { summary.note = "the files keep the answers back; send the answer file in" }
    return summary
  }

  /// How many predictions are among the answers that the choices allow.
  private func share(_ list: String, _ items: [AnsweredRecord]) -> Double? {
    guard let choices else { return nil }
    let allowed = items.count { item in
      let common = item.record.text("detailed").contains("Common")
      let group = common ? ["color", "material", "shape"] : (try? choices[item.record.id][list].strings()) ?? []
      return group.contains(Self.prediction(item.answer.text))
    }
    return Double(allowed) / Double(items.count)
  }

  /// χ² of the predicted answers against the true ones, in each group of questions, weighted by the groups' sizes.
  private static func distance(_ items: [AnsweredRecord]) -> Double? {
    var (gold, predicted): ([String: [String: Double]], [String: [String: Double]]) = ([:], [:])
    for item in items {
      let group = item.record.text("group")
      guard !group.isEmpty, let answer = item.record.gold.first else { continue }
      gold[group, default: [:]][answer, default: 0] += 1
      predicted[group, default: [:]][prediction(item.answer.text), default: 0] += 1
    }
    guard !gold.isEmpty else { return nil }
    var (sum, count) = (0.0, 0.0)
    for (group, answers) in gold.sorted(by: { $0.key < $1.key }) {
      var (score, size) = (0.0, 0.0)
      for (answer, expected) in answers.sorted(by: { $0.key < $1.key }) {
        let found = predicted[group]?[answer] ?? 0
        score += (found - expected) * (found - expected) / expected
        size += expected
      }
      (sum, count) = (sum + score * size, count + size)
    }
    return sum / count / 100
  }

  /// `[{"questionId": "…", "prediction": "…"}]`
  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    [
      try AnswerFile(
        "\(split)_predictions.json",
        .array(
          answered.map {
            .object(["questionId": $0.record.key, "prediction": .string(Self.prediction($0.answer.text))])
          }))
    ]
  }
}
