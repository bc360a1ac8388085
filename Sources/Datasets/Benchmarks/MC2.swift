import Checkpoints

/// Conflicts between a picture and a text: which of the two a model believes (Zhang et al. 2025, arXiv 2505.20977), as the AMPS
/// paper reports it in eight tasks.
///
/// Reads `evaluate_final.json` and COCO's `train2014` and `val2014`. Each item is asked twice, with A and B exchanged.
public struct MC2: Benchmark {
  public let name = "MC²"
  public let records: [BenchmarkRecord]

  private static let imageWords =
    "In case there is an inconsistency between the text context and the image content, you should follow the image content "
    + "rather than the text context. "
  private static let textWords =
    "In case there is an inconsistency between the text context and the image content, you should follow the text context "
    + "rather than the image content. "

  /// - Parameter options: `manner` is `neutral`, without an instruction, unless given; `image` or `text` puts the authors'
  ///   instruction to believe that side before the question.
  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "a folder with MC²'s evaluate_final.json")
    let style = try options.manner("prompt", of: ["neutral", "image", "text"], "MC²")
    let led = style == "image" ? Self.imageWords + "\n" : style == "text" ? Self.textWords + "\n" : ""
    let reader = try JSONRecords(FileBytes(path: files.file("evaluate_final.json", "data/evaluate_final.json")))
    records = try reader.map { field in
      let (id, question) = (try field["image_id"].label(), try field["question"].string())
      let (vision, text) = (try field["answer_vision"].label(), try field["answer_text"].label())
      let context = try field["context"].string()
      let image = files.image(
        id.hasPrefix("COCO") ? id : "COCO_val2014_\(id).jpg", orElse: "COCO_train2014_\(id).jpg", id + ".jpg",
        in: "val2014", "train2014", "images", "")
      let task = try field["task"].string()
      return try ["AB", "BA"].map { order in
        let (a, b) = order == "AB" ? (vision, text) : (text, vision)
        let words = options.instruction ?? "Answer the question by selecting the correct answer A or B."
        var record = BenchmarkRecord(
          order, question: question,
          prompt: ("Text context: \(context)\n\(led)\(question)\nA. \(a)\nB. \(b)\n" + words).trimmed)
        record.images = [image]
        record.choices = [a, b]
        record.gold = [order == "AB" ? "A" : "B"]
        record.fields = try field.object()
        record.fields["order"] = .string(order)
        record.fields["task"] = .string(task)
        return record
      }
    }.enumerated().flatMap { number, pair in pair.map { $0.renamed("\(number + 1)-\($0.id)") } }
  }

  /// The option that an answer names: its letter as a word by itself, else its text alone; nil where it names none or both.
  static func option(_ answer: String, _ choices: [String]) -> String? {
    let words = Set(answer.split { !$0.isLetter }.map(String.init)).intersection(["A", "B"])
    if words.count == 1 { return words.first }
    guard words.isEmpty else { return nil }
    let said = answer.lowercased()
    let named = zip(["A", "B"], choices).filter { lastIndex(of: $1.lowercased(), in: said) }.map(\.0)
    return named.count == 1 ? named[0] : nil
  }

  private static func lastIndex(of piece: String, in text: String) -> Bool {
    !piece.isEmpty && text.firstRange(of: piece) != nil
  }

  enum Side { case vision, text, neither }

  static func side(_ item: AnsweredRecord) -> Side {
    guard let option = option(item.answer.text, item.record.choices) else { return .neither }
    return option == item.record.gold.first ? .vision : .text
  }

  /// 1 for the image's side.
  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    Self.side(AnsweredRecord(record, answer)) == .vision ? 1 : 0
  }

  /// By task, and the mean over all: the shares of answers on the image's side and on the text's; of pairs that take one side
  /// in both orders, and that change sides with the order; and of answers that take neither (`collapse`).
  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    var summary = BenchmarkSummary("vision", "text", "vision both", "text both", "inconsistent", "collapse")
    func add(_ name: String, _ items: [AnsweredRecord]) {
      let sides = items.map { Self.side($0) }
      var pairs: [String: [Side]] = [:]
      for (item, side) in zip(items, sides) {
        pairs[String(item.record.id.prefix { $0 != "-" }), default: []].append(side)
      }
      let whole = pairs.values.filter { $0.count == 2 }
      func both(_ side: Side) -> Double? { share(whole.count { $0 == [side, side] }, of: whole.count) }
      let changed = whole.count { Set($0) == [.vision, .text] }
      summary.add(
        name, count: items.count, share(sides.count { $0 == .vision }, of: sides.count),
        share(sides.count { $0 == .text }, of: sides.count), both(.vision), both(.text),
        share(changed, of: whole.count), share(sides.count { $0 == .neither }, of: sides.count))
    }
    var tasks: [String] = []
    for task in answered.map({ $0.record.text("task") }) where !tasks.contains(task) { tasks.append(task) }
    for task in tasks { add(task, answered.filter { $0.record.text("task") == task }) }
    if !answered.isEmpty { add("all", answered) }
    summary.headline("vision", summary.rows.last?.values[0])
    return summary
  }

  /// The authors' lines: the item with `result1` and `result2`, the answers with A first for the image and for the text.
  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    var lines: [JSON.Object] = []
    for item in answered {
      let isFirst = item.record.text("order") == "AB"
      var row = item.record.fields
      row["order"] = .null
      let key = item.record.id.prefix { $0 != "-" }
      if !isFirst, let last = lines.last, last["number"] == .string(String(key)) { row = last }
      row["number"] = .string(String(key))
      row[isFirst ? "result1" : "result2"] = .string(item.answer.text)
      if !isFirst, !lines.isEmpty, lines[lines.count - 1]["number"] == .string(String(key)) { lines.removeLast() }
      lines.append(row)
    }
    let kept = lines.map { JSON.Object($0.entries.filter { $0.0 != "order" && $0.0 != "number" }.map { ($0.0, $0.1) }) }
    return [try AnswerFile("mc2_results.jsonl", lines: kept.map { .object($0) })]
  }
}
