import Checkpoints
import Datasets
import Interpreter
import Interventions
import Tensors

/// The answers of an evaluation, a JSON object on each line as they finish, and what says which evaluation they are of:
/// `rows.jsonl` and `rows.jsonl.evaluation`.
final class EvaluationFile {
  /// The answers that the file held when it was opened, by the record's id.
  private(set) var finished: [String: BenchmarkAnswer] = [:]
  private let identity: JSON
  private let file: GrowingFile
  private var isEmpty = true

  var path: String { file.path }
  private static func origin(of path: String) -> String { path + ".evaluation" }

  /// - Parameter identity: what finished answers must have been made with.
  /// - Throws: an error that says what differs when the file is of something else.
  init(_ path: String, _ identity: JSON.Object, records: ArraySlice<BenchmarkRecord>) throws {
    self.identity = .object(identity)
    guard path.hasSuffix(".jsonl") else {
      throw ScriptError(.badArgument, "argument `to` of `evaluate` must end in .jsonl, found \"\(path)\"")
    }
    file = try GrowingFile(path: path)
    do {
      let bytes = try file.bytes()
      if !bytes.isEmpty {
        try Self.check(path, identity)
        try read(bytes, Set(records.map(\.id)))
      }
    } catch {
      if file.isNew { file.remove() }
      throw error
    }
  }

  /// Leaves no empty file behind.
  func close() { if file.isNew, isEmpty { file.remove() } }

  /// Writes the answers of a batch; they are on the disk when it returns.
  func append(_ answered: some Sequence<(AnsweredRecord, Double?)>) throws {
    if isEmpty { try AtomicFile.write(identity.text(pretty: true) + "\n", to: Self.origin(of: path)) }
    var text = ""
    for (item, score) in answered {
      var row: JSON.Object = ["id": .string(item.record.id), "answer": .string(item.answer.text)]
      if !item.answer.logProbabilities.isEmpty {
        row["log_probabilities"] = .array(item.answer.logProbabilities.map { .number($0) })
      }
      row["gold"] = .array(item.record.gold.map { .string($0) })
      row["score"] = score.map { .number($0) } ?? .null
      text += try JSON.object(row).text(file: path) + "\n"
    }
    try file.append(text.utf8)
    isEmpty = false
  }

  // MARK: Going on

  private static func check(_ path: String, _ identity: JSON.Object) throws {
    let help = "choose another file, or remove this one"
    let origin: JSON
    do {
      origin = try JSON.parse(FileBytes(path: Self.origin(of: path)))
    } catch {
      throw ScriptError(
        .badArgument, "\(path) is there already, and nothing says which evaluation it is of (\(error))", help: help)
    }
    for (key, value) in identity.entries {
      let found: JSON? = if case .object(let fields) = origin { fields[key] } else { nil }
      guard found != value else { continue }
      let words =
        switch key {
        case "data": "its questions are others"
        case "interventions", "digest": "its model has other interventions"
        case "questions": "it has \(found?.summary ?? "no") questions, here are \(value.summary)"
        default: "its \(key) is \(found?.summary ?? "missing"), here it is \(value.summary)"
        }
      throw ScriptError(.badArgument, "\(path) holds another evaluation: \(words)", help: help)
    }
  }

  /// Takes the finished rows, and cuts off a last one that was not finished.
  private func read(_ bytes: [UInt8], _ ids: Set<String>) throws {
    var start = 0
    var line = 0
    while let end = bytes[start...].firstIndex(of: 10) {
      line += 1
      let row = try? bytes[start..<end].withUnsafeBytes { try JSON.parse($0, file: path) }
      if row == nil, bytes[(end + 1)...].isEmpty { break }
      guard let field = row.map({ Field($0, file: path) }), let id = try? field["id"].string(),
        let text = try? field["answer"].string(), let numbers = try? field["log_probabilities"].numbers(or: []),
        ids.contains(id), finished[id] == nil
      else {
        throw ScriptError(
          .badArgument, "\(path): line \(line) is no answer of this evaluation, or is there twice",
          help: "choose another file, or remove this one")
      }
      finished[id] = BenchmarkAnswer(text: text, logProbabilities: numbers)
      start = end + 1
    }
    isEmpty = finished.isEmpty
    if start < bytes.count { try file.truncate(to: start) }
  }
}

/// A digest of texts and bytes in order (FNV-1a, 64 bits): it tells runs apart, no more.
struct Digest {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    state = (state ^ 0x100) &* 0x0000_0100_0000_01b3
  }

  mutating func add(_ text: String) { add(text.utf8) }

  var text: String { String(state, radix: 16) }

  /// Of what interventions carry beside their words: parameters that were trained, tensors that were given.
  init(_ interventions: [Intervention]) {
    for edit in interventions.flatMap(\.edits) {
      for case .tensor(let tensor) in edit.operation.arguments.map(\.value) { tensor.withUnsafeBytes { add($0) } }
      for own in edit.binding ?? [] {
        add(own.site.path)
        for parameter in own.parameters {
          add(parameter.name)
          parameter.tensor.withUnsafeBytes { add($0) }
        }
      }
    }
  }

  init(_ records: ArraySlice<BenchmarkRecord>) {
    for record in records {
      // Pictures by their names alone: the same folder may be reached by another path.
      let images = record.images.map { $0.name.split(separator: "/").last.map(String.init) ?? "" }
      for text in [record.id, record.prompt] + record.gold + images { add(text) }
    }
  }
}
