import Checkpoints

/// Fourteen tasks of two yes or no questions for each image (Fu et al. 2023, arXiv 2306.13394).
///
/// Reads the authors' `MME_Benchmark_release_version`: for each task a folder with images and, beside them or in
/// `questions_answers_YN`, a text file for each image with two lines of question, tab, answer.
public struct MME: Benchmark {
  public let name = "MME"
  public let records: [BenchmarkRecord]

  static let perception = [
    "existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR",
  ]
  static let cognition = ["commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning"]

  /// - Parameter options: `split` is a task; nil for all. The questions end in `Please answer yes or no.` already, so that
  ///   `instruction` is empty unless given.
  public init(_ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    let files = try BenchmarkFolder(folder, options, expected: "the folder MME_Benchmark_release_version")
    let known = Self.perception + Self.cognition
    let wanted = try options.split.map { _ in [try options.split(of: known, "MME")] } ?? known
    let root = files.contains("MME_Benchmark_release_version") ? "MME_Benchmark_release_version/" : ""
    records = try wanted.flatMap { try Self.task($0, root + $0, files) }
    guard !records.isEmpty else {
      throw DatasetError(
        folder, .missingFile(anyOf: Array(wanted.prefix(3)), present: ImageFolder.names(in: files.path).sorted()))
    }
  }

  private static func task(_ task: String, _ folder: String, _ files: BenchmarkFolder) throws -> [BenchmarkRecord] {
    let hasParts = files.contains("\(folder)/questions_answers_YN")
    let texts = hasParts ? "\(folder)/questions_answers_YN" : folder
    let images = hasParts ? "\(folder)/images" : folder
    let pictures = ImageFolder.names(in: "\(files.path)/\(images)")
    let names = ImageFolder.names(in: "\(files.path)/\(texts)").filter { $0.hasSuffix(".txt") }
    return try names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.flatMap { file in
      let stem = String(file.dropLast(4))
      let picture =
        pictures.filter { $0.hasPrefix(stem + ".") && $0 != file }.min { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        ?? stem + ".jpg"
      let path = "\(files.path)/\(texts)/\(file)"
      let lines = try FileBytes(path: path).lines()
      guard lines.count == 2 else {
        throw DatasetError(path, .value(name: "the file", expected: "two lines", found: "\(lines.count)"))
      }
      return try lines.enumerated().map { number, line in
        let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
        let answer = parts.count == 2 ? parts[1].trimmed.lowercased() : ""
        guard answer == "yes" || answer == "no" else {
          throw DatasetError(
            path, line: number + 1,
            .value(name: "the line", expected: "a question, a tab, and Yes or No", found: JSON.string(line).summary))
        }
        let question = parts[0].trimmed
        var record = BenchmarkRecord(
          "\(task)/\(stem)/\(number + 1)", question: question, prompt: files.options.asked(question, ""))
        record.images = [files.image(picture, in: images)]
        record.gold = [answer]
        record.fields["task"] = .string(task)
        record.fields["image"] = .string(picture)
        return record
      }
    }
  }

  /// As the authors' `calculation.py`: yes or no alone, or among the first four characters, in small letters; nil for
  /// anything else.
  static func parsed(_ answer: String) -> String? {
    let text = line(answer).lowercased()
    if text == "yes" || text == "no" { return text }
    let start = text.unicodeScalars.prefix(4).map { String($0) }.joined()
    return start.contains("yes") ? "yes" : start.contains("no") ? "no" : nil
  }

  /// An answer on one line, as it goes into the file.
  private static func line(_ answer: String) -> String {
    answer.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    Self.parsed(answer.text) == record.gold.first ? 1 : 0
  }

  /// For each task accuracy, accuracy+ (both questions of an image right) and their sum in hundredths; the sums of the
  /// tasks as Perception (at most 2000) and Cognition (at most 800).
  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    var summary = BenchmarkSummary("score", "accuracy", "accuracy+")
    var total: Double?
    for (title, tasks) in [("Perception", Self.perception), ("Cognition", Self.cognition)] {
      var (sum, count) = (0.0, 0)
      for task in tasks {
        let items = answered.filter { $0.record.text("task") == task }
        guard !items.isEmpty else { continue }
        var images: [String: (right: Int, asked: Int)] = [:]
        var right = 0
        for item in items {
          let isRight = score(item.answer, to: item.record) == 1
          if isRight { right += 1 }
          let image = item.record.text("image")
          images[image] = ((images[image]?.right ?? 0) + (isRight ? 1 : 0), (images[image]?.asked ?? 0) + 1)
        }
        let accuracy = Double(right) / Double(items.count)
        // An image whose second question is still open is none yet.
        let whole = images.values.filter { $0.asked == 2 }
        let plus = share(whole.count { $0.right == 2 }, of: whole.count) ?? 0
        summary.add(task, count: items.count, 100 * (accuracy + plus), accuracy, plus)
        (sum, count) = (sum + 100 * (accuracy + plus), count + items.count)
      }
      guard count > 0 else { continue }
      summary.add(title, count: count, sum, nil, nil)
      total = (total ?? 0) + sum
    }
    summary.headline("score", total)
    return summary
  }

  /// `existence.txt` and so on: image, question, truth and answer between tabs, as `calculation.py` reads them.
  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    (Self.perception + Self.cognition).compactMap { task in
      let items = answered.filter { $0.record.text("task") == task }
      guard !items.isEmpty else { return nil }
      let lines = items.map { item in
        let answer = Self.line(item.answer.text)
        let truth = item.record.gold == ["yes"] ? "Yes" : "No"
        return "\(item.record.text("image"))\t\(item.record.question)\t\(truth)\t\(answer)\n"
      }
      return AnswerFile("\(task).txt", lines.joined())
    }
  }
}

extension FileBytes {
  /// The lines of a text that are not empty.
  func lines() throws -> [String] {
    let text = withBytes { String(validating: $0, as: UTF8.self) }
    guard let text else { throw DatasetError(name, .notUTF8) }
    return text.split(whereSeparator: \.isNewline).map(String.init).filter { !$0.trimmed.isEmpty }
  }
}

extension StringProtocol {
  /// Without white space at its ends.
  var trimmed: String {
    let start = drop { $0.isWhitespace }
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }
}
