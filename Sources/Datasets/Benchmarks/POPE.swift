import Checkpoints

/// Is there a … in the image: object hallucination asked with yes or no (Li et al. 2023, arXiv 2305.10355).
///
/// Reads the authors' `coco_pope_random.json`, `_popular` and `_adversarial` (one JSON object on each line), or those of the
/// other data sets that they made, and the images of COCO's `val2014`.
public struct POPE: Benchmark {
  public let name = "POPE"
  public let records: [BenchmarkRecord]

  static let splits = ["random", "popular", "adversarial"]

  /// - Parameter options: `split` is one of the three; nil for all.
  /// - Throws: `DatasetError`, `CheckpointError` with file and line.
  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "a folder with coco_pope_random.json and its like")
    let wanted = try options.split.map { _ in [try options.split(of: Self.splits, "POPE")] } ?? Self.splits
    var records: [BenchmarkRecord] = []
    for place in ["", "coco/", "output/coco/"] where records.isEmpty {
      let names = ImageFolder.names(in: place.isEmpty ? files.path : "\(files.path)/\(place)").sorted()
      for split in wanted {
        for name in names where name.contains("_pope_") && name.hasSuffix("\(split).json") {
          records += try Self.read("\(files.path)/\(place)\(name)", split, files)
        }
      }
    }
    guard !records.isEmpty else {
      throw DatasetError(
        folder,
        .missingFile(
          anyOf: wanted.map { "coco_pope_\($0).json" }, present: ImageFolder.names(in: files.path).sorted()))
    }
    self.records = records
  }

  private static func read(_ path: String, _ split: String, _ files: BenchmarkFolder) throws -> [BenchmarkRecord] {
    try JSONLines(path: path).map { field in
      let question = try field["text"].string()
      let label = try field["label"].string()
      guard label == "yes" || label == "no" else { throw field["label"].mustBe("\"yes\" or \"no\"") }
      var record = BenchmarkRecord(
        "\(split)-\(try field["question_id"].label())", question: question,
        prompt: files.options.asked(question, Instruction.shortAnswer))
      record.key = field["question_id"].value ?? .null
      record.images = [files.image(try field["image"].string(), in: "val2014", "images", "")]
      record.gold = [label]
      record.fields["category"] = .string(split)
      return record
    }
  }

  /// What the authors' `evaluate.py` takes an answer for: no, where the first sentence has the word `No`, `no` or `not`;
  /// yes, whatever else it says.
  static func saysYes(_ answer: String) -> Bool {
    let sentence = answer.prefix { $0 != "." }.filter { $0 != "," }
    return !sentence.split(separator: " ").contains { $0 == "No" || $0 == "no" || $0 == "not" }
  }

  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    Self.saysYes(answer.text) == (record.gold == ["yes"]) ? 1 : 0
  }

  /// Per category, with yes as the positive class. `average` is the mean over the categories, as papers print it.
  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    var summary = BenchmarkSummary("Accuracy", "Precision", "Recall", "F1 score", "Yes ratio")
    var categories: [Confusion] = []
    for split in Self.splits {
      let items = answered.filter { $0.record.text("category") == split }
      guard !items.isEmpty else { continue }
      var counts = Confusion()
      for item in items { counts.add(Self.saysYes(item.answer.text), truth: item.record.gold == ["yes"]) }
      categories.append(counts)
      summary.add(split, counts)
    }
    func average(_ value: (Confusion) -> Double?) -> Double? {
      let values = categories.compactMap(value)
      return values.count == categories.count ? mean(values) : nil
    }
    let accuracy = average(\.accuracy)
    if categories.count > 1 {
      summary.add(
        "average", count: answered.count, accuracy, average(\.precision), average(\.recall), average(\.f1),
        average(\.yesRatio))
    }
    summary.headline("accuracy", accuracy)
    return summary
  }

  /// For each category the lines that `evaluate.py` reads, in the order of the questions. LLaVA's script finds its
  /// `question_id` and `text` there, too.
  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    try Self.splits.compactMap { split in
      let items = answered.filter { $0.record.text("category") == split }
      guard !items.isEmpty else { return nil }
      return try AnswerFile(
        "pope_\(split)_answers.jsonl",
        lines: items.map {
          .object([
            "question_id": $0.record.key, "question": .string($0.record.question), "answer": .string($0.answer.text),
            "text": .string($0.answer.text),
          ])
        })
    }
  }
}

/// How often yes and no were said rightly and wrongly.
struct Confusion {
  var truePositives = 0
  var falsePositives = 0
  var trueNegatives = 0
  var falseNegatives = 0

  mutating func add(_ positive: Bool, truth: Bool) {
    switch (positive, truth) {
    case (true, true): truePositives += 1
    case (true, false): falsePositives += 1
    case (false, false): trueNegatives += 1
    case (false, true): falseNegatives += 1
    }
  }

  var count: Int { truePositives + falsePositives + trueNegatives + falseNegatives }
  var accuracy: Double? { share(truePositives + trueNegatives, of: count) }
  var precision: Double? { share(truePositives, of: truePositives + falsePositives) }
  var recall: Double? { share(truePositives, of: truePositives + falseNegatives) }
  var yesRatio: Double? { share(truePositives + falsePositives, of: count) }

  /// Nil where the authors' script would divide by zero.
  var f1: Double? {
    guard let precision, let recall, precision + recall > 0 else { return nil }
    return 2 * precision * recall / (precision + recall)
  }
}

extension BenchmarkSummary {
  fileprivate mutating func add(_ name: String, _ counts: Confusion) {
    add(name, count: counts.count, counts.accuracy, counts.precision, counts.recall, counts.f1, counts.yesRatio)
  }
}
