import Checkpoints
import Tensors

/// College questions in thirty subjects, with choices or open (Yue et al. 2023, arXiv 2311.16502).
///
/// Reads the authors' Parquet files, a folder for each subject with `validation-00000-of-00001.parquet` and its like, or all of a
/// split in one folder; or `validation.jsonl` and `images`. Where a question has no `answer`, `answer_dict_val.json` has it.
public struct MMMU: Benchmark {
  public let name = "MMMU"
  public let records: [BenchmarkRecord]

  static let disciplines: [(String, [String])] = [
    ("Art and Design", ["Art", "Art_Theory", "Design", "Music"]),
    ("Business", ["Accounting", "Economics", "Finance", "Manage", "Marketing"]),
    ("Science", ["Biology", "Chemistry", "Geography", "Math", "Physics"]),
    (
      "Health and Medicine",
      [
        "Basic_Medical_Science", "Clinical_Medicine", "Diagnostics_and_Laboratory_Medicine", "Pharmacy",
        "Public_Health",
      ]
    ),
    ("Humanities and Social Science", ["History", "Literature", "Sociology", "Psychology"]),
    (
      "Tech and Engineering",
      [
        "Agriculture", "Architecture_and_Engineering", "Computer_Science", "Electronics", "Energy_and_Power",
        "Materials",
        "Mechanical_Engineering",
      ]
    ),
  ]

  /// - Parameter options: `split` is `validation` unless given, `dev` or `test`.
  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "a folder with MMMU's validation.jsonl")
    let split = try options.split(of: ["validation", "dev", "test"], "MMMU")
    let key = files.contains("answer_dict_val.json") ? try files.field("\(files.path)/answer_dict_val.json") : nil
    if let parts = try Self.parts(of: split, files) {
      let columns = ["id", "question", "options", "answer", "question_type"]
      let reader = try ParquetRecords(files.path, paths: parts, columns: columns)
      var position = 0
      records = try reader.map { field in
        defer { position += 1 }
        return try Self.record(field, key, files) { try Self.image(reader, position) }
      }
    } else {
      records = try JSONLines(path: files.file("\(split).jsonl")).map { field in
        try Self.record(field, key, files) {
          field["image_1"].exists ? files.image(try field["image_1"].string(), in: "images", "") : nil
        }
      }
    }
  }

  /// The Parquet files of a split, by subject; nil where there are none.
  private static func parts(of split: String, _ files: BenchmarkFolder) throws -> [String]? {
    let folders = [files.path] + ImageFolder.names(in: files.path).sorted().map { "\(files.path)/\($0)" }
    let parts = try folders.filter { ImageFolder.isFolder($0) }.flatMap { folder in
      try ParquetParts.paths(folder, split: split)
    }
    return parts.isEmpty ? nil : parts
  }

  /// The first picture of a row, which lies in its page until it is looked at.
  private static func image(_ records: ParquetRecords, _ position: Int) throws -> ImageReference? {
    guard try !records.isNull("image_1", at: position) else { return nil }
    let name = "\(records.place(of: position)), image_1"
    return ImageReference(name) {
      guard case .bytes(let bytes)? = try records.value(of: "image_1", at: position)["bytes"] else {
        throw DatasetError(
          records.place(of: position), .value(name: "image_1", expected: "a picture with its bytes", found: nil))
      }
      return try Image(bytes.file(named: name))
    }
  }

  private static func record(
    _ field: Field, _ key: Field?, _ files: BenchmarkFolder, image: () throws -> ImageReference?
  ) throws -> BenchmarkRecord {
    let (id, question) = (try field["id"].string(), try field["question"].string())
    let isChoice = try field["question_type"].string() == "multiple-choice"
    let choices = isChoice ? try list(field["options"]) : []
    guard choices.count <= IconQA.letters.count else { throw field["options"].mustBe("at most 26 options") }
    let listed = zip(IconQA.letters, choices).map { "(\($0)) \($1)\n" }.joined()
    var record = BenchmarkRecord(
      id, question: question,
      prompt: files.options.asked(
        isChoice ? question + "\n" + listed : question, isChoice ? Instruction.letter : Instruction.shortAnswer))
    record.key = .string(id)
    // The authors' script shows the first picture, and none where several options are pictures.
    let pictured = choices.filter { $0.contains("<img='") }
    if pictured.count <= 1, let image = try image() { record.images = [image] }
    record.choices = choices
    let answer = field["answer"].exists ? field["answer"] : key?[id]["ground_truth"]
    // The answers of the test questions are kept back.
    if let answer, answer.exists, answer.value != "?" {
      record.gold =
        isChoice ? [try answer.string()] : answer.value?.isArray == true ? try answer.strings() : try list(answer)
    }
    let subject = id.split(separator: "_").dropFirst().dropLast().joined(separator: "_")
    record.fields["subject"] = .string(subject)
    return record
  }

  /// A list of strings; also as the text of one in Python, which is how the authors keep it.
  private static func list(_ field: Field) throws -> [String] {
    if case .array = field.value { return try field.strings() }
    let text = try field.label()
    guard text.hasPrefix("["), text.hasSuffix("]") else { return [text] }
    guard let list = PythonList.parse(text) else { throw field.mustBe("a list of strings") }
    return list
  }

  /// What an answer is taken for; a choice that cannot be told is drawn, as the authors' script does with draws of its own.
  static func choice(_ answer: String, _ record: BenchmarkRecord) -> String {
    let letters = Array(IconQA.letters.prefix(record.choices.count))
    if let found = MMMUParsing.choice(answer, letters, record.choices) { return found }
    guard !letters.isEmpty else { return "" }
    let key = RandomKey(seed: 42).fold(record.id)
    return letters[Int(key.word % UInt64(letters.count))]
  }

  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    guard !record.gold.isEmpty else { return nil }
    if record.choices.isEmpty { return MMMUParsing.isRight(answer.text, gold: record.gold) ? 1 : 0 }
    return record.gold.contains(Self.choice(answer.text, record)) ? 1 : 0
  }

  /// By subject and discipline, and overall.
  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    .accuracy(answered, in: self, metric: "acc") { record in
      let subject = record.text("subject")
      return [subject] + Self.disciplines.filter { $0.1.contains(subject) }.map { "Overall-" + $0.0 }
    }
  }

  /// `{"validation_Art_1": "B"}`, as `main_eval_only.py` reads it.
  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    let answers = answered.map { item in
      let text = item.record.choices.isEmpty ? item.answer.text : Self.choice(item.answer.text, item.record)
      return (item.record.id, JSON.string(text))
    }
    return [try AnswerFile("mmmu_output.json", .object(JSON.Object(answers)), pretty: true)]
  }
}

extension JSON {
  fileprivate var isArray: Bool { if case .array = self { true } else { false } }
}

/// A list of string literals as Python prints it. Nothing is evaluated.
enum PythonList {
  static func parse(_ text: String) -> [String]? {
    var rest = Array(text.unicodeScalars)[...]
    func skipSpace() { while let first = rest.first, first.properties.isWhitespace { rest.removeFirst() } }
    guard rest.popFirst() == "[" else { return nil }
    var list: [String] = []
    skipSpace()
    while let quote = rest.popFirst() {
      if quote == "]" { return rest.isEmpty ? list : nil }
      guard quote == "'" || quote == "\"" else { return nil }
      var literal = String.UnicodeScalarView()
      var isClosed = false
      while let next = rest.popFirst() {
        if next == quote {
          isClosed = true
          break
        }
        guard next == "\\", let escaped = rest.popFirst() else {
          literal.append(next)
          continue
        }
        switch escaped {
        case "n": literal.append("\n")
        case "t": literal.append("\t")
        case "r": literal.append("\r")
        case "\\", "'", "\"": literal.append(escaped)
        case "x", "u", "U":
          let length = escaped == "x" ? 2 : escaped == "u" ? 4 : 8
          let digits = String(String.UnicodeScalarView(rest.prefix(length)))
          guard digits.unicodeScalars.count == length, let value = UInt32(digits, radix: 16),
            let scalar = Unicode.Scalar(value)
          else { return nil }
          literal.append(scalar)
          rest = rest.dropFirst(length)
        default:
          literal.append("\\")
          literal.append(escaped)
        }
      }
      guard isClosed else { return nil }
      list.append(String(literal))
      skipSpace()
      if rest.first == "," {
        rest.removeFirst()
        skipSpace()
      } else if rest.first != "]" {
        return nil
      }
    }
    return nil
  }
}
