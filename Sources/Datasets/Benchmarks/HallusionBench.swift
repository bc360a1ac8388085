import Checkpoints

/// Yes or no questions about figures that were changed, or that are not shown (Guan et al. 2023, arXiv 2310.14566).
///
/// Reads `HallusionBench.json` and the figures in `hallusion_bench`. The authors let GPT-4 judge answers; here the first `yes`
/// or `no` of an answer is held against the true one, and an answer without either is uncertain. The answer file is what their
/// `evaluation.py` judges.
public struct HallusionBench: Benchmark {
  public let name = "HallusionBench"
  public let records: [BenchmarkRecord]

  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "a folder with HallusionBench.json")
    let reader = try JSONRecords(FileBytes(path: files.file("HallusionBench.json")))
    records = try reader.map { field in
      func text(_ name: String) throws -> String { try field[name].label() }
      let parts = try ["category", "subcategory", "set_id", "figure_id", "question_id"].map { ($0, try text($0)) }
      let question = try text("question")
      var record = BenchmarkRecord(
        parts.map(\.1).joined(separator: "_"), question: question,
        prompt: options.asked(question, Instruction.shortAnswer))
      let gold = try text("gt_answer")
      guard gold == "0" || gold == "1" else { throw field["gt_answer"].mustBe("\"0\" or \"1\"") }
      record.gold = [gold == "1" ? "yes" : "no"]
      if field["filename"].exists {
        var name = try text("filename")
        for prefix in ["./", "hallusion_bench/"] where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
        record.images = [files.image(name, in: "hallusion_bench", "images", "")]
      }
      record.fields = try field.object()
      return record
    }
  }

  enum Verdict: Int { case wrong, right, uncertain }

  static func verdict(_ answer: String, _ record: BenchmarkRecord) -> Verdict {
    let words = answer.lowercased().split { !$0.isLetter }
    guard let said = words.first(where: { $0 == "yes" || $0 == "no" }) else { return .uncertain }
    return String(said) == record.gold.first ? .right : .wrong
  }

  /// Where nothing is shown and could be, not to know is right.
  static func isCorrect(_ item: AnsweredRecord) -> Bool {
    let verdict = verdict(item.answer.text, item.record)
    let isBlind = item.record.text("category") == "VS" && item.record.label("figure_id") == "0"
    return verdict == .right || (isBlind && verdict == .uncertain)
  }

  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    Self.isCorrect(AnsweredRecord(record, answer)) ? 1 : 0
  }

  /// By the names of the authors' leaderboard: `qAcc` of question pairs (all figures of a question right), `fAcc` of figures
  /// (all questions about it right), easy and hard `aAcc` of pairs over original and edited figures, `aAcc` of questions.
  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    var summary = BenchmarkSummary("qAcc", "fAcc", "easy aAcc", "hard aAcc", "aAcc")
    func whole(_ items: [AnsweredRecord], _ keys: [String]) -> Double? {
      var groups: [String: Bool] = [:]
      for item in items {
        let key = keys.map { item.record.label($0) }.joined(separator: "_")
        groups[key] = (groups[key] ?? true) && Self.isCorrect(item)
      }
      return share(groups.values.count { $0 }, of: groups.count)
    }
    let pair = ["category", "subcategory", "set_id", "question_id"]
    let figure = ["category", "subcategory", "set_id", "figure_id"]
    for (name, category) in [("VD", "VD"), ("VS", "VS"), ("all", "")] {
      let items = answered.filter { category.isEmpty || $0.record.text("category") == category }
      guard !items.isEmpty else { continue }
      let shown = items.filter { !($0.record.text("category") == "VS" && $0.record.label("figure_id") == "0") }
      summary.add(
        name, count: items.count, whole(items, pair), whole(shown, figure),
        whole(items.filter { $0.record.label("visual_input") != "2" }, pair),
        whole(items.filter { $0.record.label("visual_input") == "2" }, pair),
        share(items.count { Self.isCorrect($0) }, of: items.count))
    }
    summary.headline("aAcc", share(answered.count { Self.isCorrect($0) }, of: answered.count))
    summary.note = "judged by yes and no; the authors' evaluation.py has GPT-4 judge HallusionBench_result.json"
    return summary
  }

  /// The questions with `model_prediction` added.
  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    let rows = answered.map { item -> JSON in
      var row = item.record.fields
      row["model_prediction"] = .string(item.answer.text)
      return .object(row)
    }
    return [try AnswerFile("HallusionBench_result.json", .array(rows))]
  }
}

extension BenchmarkRecord {
  /// A field that is a string or an integer, as text.
  func label(_ name: String) -> String {
    if case .integer(let number)? = fields[name] { "\(number)" } else { text(name) }
  }
}
