import Checkpoints

/// Diagrams for children: choose a picture, choose a text, fill in a blank (Lu et al. 2021, arXiv 2110.13214).
///
/// Reads `iconqa_data`: `problems.json`, `pid_splits.json`, optionally `pid2skills.json`, and the pictures as
/// `iconqa/test/choose_txt/<id>/image.png`.
public struct IconQA: Benchmark {
  public let name = "IconQA"
  public let records: [BenchmarkRecord]

  static let tasks = ["choose_txt", "fill_in_blank", "choose_img"]
  static let letters = (0..<26).map { String(UnicodeScalar(UInt8(65 + $0))) }

  /// - Parameter options: `split` is a list of `pid_splits.json`, such as `choose_txt_test`, or its end, `test` unless given,
  ///   which means all three tasks.
  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "the folder iconqa_data")
    let root = files.contains("iconqa_data") ? "iconqa_data/" : ""
    let problems = try files.field(files.file(root + "problems.json"))
    let splits = try files.field(files.file(root + "pid_splits.json"))
    let skills =
      files.contains(root + "pid2skills.json") ? try files.field("\(files.path)/\(root)pid2skills.json") : nil
    let wanted = options.split ?? "test"
    let lists = splits[wanted].exists ? [wanted] : Self.tasks.map { "\($0)_\(wanted)" }
    records = try lists.flatMap { list in
      try splits[list].array().map { id in
        try Self.record(id.label(), problems, skills, list: list, root: root, files)
      }
    }
  }

  private static func record(
    _ id: String, _ problems: Field, _ skills: Field?, list: String, root: String, _ files: BenchmarkFolder
  ) throws -> BenchmarkRecord {
    let problem = problems[id]
    let (task, question) = (try problem["ques_type"].string(), try problem["question"].string())
    guard tasks.contains(task) else { throw problem["ques_type"].mustBe("one of \(tasks.joined(separator: ", "))") }
    let part = try problem["split"].string(or: String(list.split(separator: "_").last ?? "test"))
    let place = "\(root)iconqa/\(part)/\(task)"
    let choices = task == "fill_in_blank" ? [] : try problem["choices"].strings()
    guard choices.count <= letters.count else { throw problem["choices"].mustBe("at most 26 choices") }
    var record = BenchmarkRecord(id, question: question, prompt: prompt(question, task, choices, files.options))
    record.key = .string(id)
    record.images = [files.image("\(id)/image.png", in: place)]
    if task == "choose_img" { record.images += choices.map { files.image("\(id)/\($0)", in: place) } }
    record.choices = choices
    if choices.isEmpty {
      record.gold = [try problem["answer"].label()]
    } else {
      record.gold = [letters[try problem["answer"].integer(in: 0...(choices.count - 1))]]
    }
    record.fields["task"] = .string(task)
    record.fields["skills"] = .array(try skills?[id].strings(or: []).map { .string($0) } ?? [])
    return record
  }

  /// As the LLaVA Steering paper asks; choices that are pictures, of which it has none, by letter.
  private static func prompt(
    _ question: String, _ task: String, _ choices: [String], _ options: BenchmarkOptions
  ) -> String {
    switch task {
    case "choose_txt":
      let words = options.instruction ?? "Choose an option from the choices to answer the question."
      return (question + " Choices: " + choices.joined(separator: ", ") + ". " + words).trimmed
    case "fill_in_blank":
      return (question + " " + (options.instruction ?? "Fill in the blanks in (_) or answer this question")).trimmed
    default:
      return options.asked(question + zip(letters, choices).map { "\n\($0.0)." }.joined(), Instruction.letter)
    }
  }

  /// The place of the chosen answer as the authors keep it, or the text that fills the blank. A choice is said in its own
  /// words, or by its letter.
  static func result(_ answer: String, _ record: BenchmarkRecord) -> String {
    let said = answer.last == "." ? String(answer.dropLast()) : answer
    guard !record.choices.isEmpty else { return said }
    if let place = record.choices.firstIndex(where: { $0.lowercased() == said.lowercased() }) { return "\(place)" }
    let letters = letters.prefix(record.choices.count)
    let word = answer.split { ".):".contains($0) || $0.isWhitespace }.first.map { $0.drop { $0 == "(" } }
    return word.flatMap { letters.firstIndex(of: String($0)) }.map { "\($0)" } ?? "-1"
  }

  private func isRight(_ answer: BenchmarkAnswer, _ record: BenchmarkRecord) -> Bool {
    guard let gold = record.gold.first else { return false }
    let truth = record.choices.isEmpty ? gold : Self.letters.firstIndex(of: gold).map { "\($0)" } ?? ""
    return Self.result(answer.text, record) == truth
  }

  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    isRight(answer, record) ? 1 : 0
  }

  /// By task, and by skill where the skills are there, as the authors' `sub_acc.py`.
  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    .accuracy(answered, in: self) { record in
      guard case .array(let skills)? = record.fields["skills"] else { return [record.text("task")] }
      return [record.text("task")] + skills.compactMap { if case .string(let skill) = $0 { skill } else { nil } }
    }
  }

  /// For each task `{"results": {id: place or text}}`.
  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    try Self.tasks.compactMap { task in
      let items = answered.filter { $0.record.text("task") == task }
      guard !items.isEmpty else { return nil }
      let results = items.map { item -> (String, JSON) in
        let text = Self.result(item.answer.text, item.record)
        return (item.record.id, item.record.choices.isEmpty ? .string(text) : .integer(Int(text) ?? -1))
      }
      return try AnswerFile("iconqa_\(task).json", .object(["results": .object(JSON.Object(results))]))
    }
  }
}
