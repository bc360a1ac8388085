import Checkpoints

/// Which of four endings a story has: by the likelihood of each (Zellers et al. 2019, arXiv 1905.07830).
///
/// Reads `hellaswag_val.jsonl`, or the Parquet files of the authors' page on the hub. Texts are prepared and scored as EleutherAI's evaluation harness does; there is no picture and no
/// template.
public struct HellaSwag: Benchmark {
  public let name = "HellaSwag"
  public let records: [BenchmarkRecord]

  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "a folder with hellaswag_val.jsonl")
    let split = try options.split(of: ["val", "train", "test"], "HellaSwag")
    let reader = try files.records("hellaswag_\(split).jsonl", orSplit: split == "val" ? "validation" : split)
    records = try reader.map { field in
      let context = try field["ctx_a"].string() + " " + Self.capitalised(field["ctx_b"].string(or: ""))
      let query = Self.prepared(try field["activity_label"].string() + ": " + context)
      let endings = try field["endings"].strings().map { Self.prepared($0) }
      guard !endings.isEmpty else { throw field["endings"].mustBe("a list of endings") }
      var record = BenchmarkRecord(try field["ind"].label(), question: query, prompt: query)
      record.key = field["ind"].value ?? .null
      record.choices = endings
      // In the authors' files the label of the test part is missing, in the harness's copy it is a text.
      if field["label"].exists, let place = Int(try field["label"].label()) {
        guard endings.indices.contains(place) else { throw field["label"].mustBe("0 to \(endings.count - 1)") }
        record.gold = ["\(place)"]
      }
      record.reading = .likelihood(of: endings.map { " " + $0 }, raw: true)
      return record
    }
  }

  /// As Python's `capitalize`: the first letter large, all others small.
  static func capitalised(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst().lowercased() }

  /// Marks of the WikiHow part taken out.
  static func prepared(_ text: String) -> String {
    let open = text.trimmed.replacing(" [title]", with: ". ")
    var (kept, rest) = ("", open[...])
    while let start = rest.firstIndex(of: "["), let end = rest[start...].firstIndex(of: "]"),
      !rest[start..<end].contains("\n")
    {
      kept += rest[..<start]
      rest = rest[rest.index(after: end)...]
    }
    return (kept + rest).replacing("  ", with: " ")
  }

  private func place(_ item: AnsweredRecord, normalised: Bool) -> Double? {
    guard let gold = item.record.gold.first else { return nil }
    let lengths = item.record.choices.map(\.unicodeScalars.count)
    return item.answer.likeliest(lengths: normalised ? lengths : nil).map { "\($0)" == gold ? 1 : 0 }
  }

  /// By the likelihood for each character.
  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    place(AnsweredRecord(record, answer), normalised: true)
  }

  /// `acc` takes the likeliest ending, `acc_norm` the one that is likeliest for its length in characters.
  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    var summary = BenchmarkSummary("acc", "acc_norm")
    let norm = mean(answered.compactMap { place($0, normalised: true) })
    summary.add("all", count: answered.count, mean(answered.compactMap { place($0, normalised: false) }), norm)
    summary.headline("acc_norm", norm)
    return summary
  }

  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    [try AnswerFile("hellaswag_results.jsonl", lines: answered.map { $0.likelihoods })]
  }
}

extension AnsweredRecord {
  /// The id, the log-probability of each choice and the place of the largest.
  var likelihoods: JSON {
    .object([
      "id": record.key, "log_probabilities": .array(answer.logProbabilities.map { .number($0) }),
      "prediction": answer.likeliest().map { .integer($0) } ?? .null,
    ])
  }
}
