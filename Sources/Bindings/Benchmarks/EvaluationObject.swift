import Checkpoints
import Datasets
import Figures
import Interpreter

/// What a benchmark says of a model: the paper's figures, and each answer.
final class EvaluationObject: HostObject {
  private let benchmark: any Benchmark
  private let answered: [AnsweredRecord]
  private let scores: [Double?]
  /// How many were asked for; more than there are answers where it was stopped.
  private let total: Int
  let summary: BenchmarkSummary

  init(_ benchmark: any Benchmark, _ answered: [AnsweredRecord], of total: Int) {
    self.benchmark = benchmark
    self.answered = answered
    self.total = total
    scores = answered.map { benchmark.score($0.answer, to: $0.record) }
    summary = benchmark.summary(answered)
  }

  private var name: String { benchmark.name }

  /// What the official evaluator reads.
  func answerFiles() throws -> [AnswerFile] { try benchmark.answerFiles(answered) }

  override var typeName: String { "evaluation" }
  override var memberNames: [String] { ["name", "score", "metrics", "answers", "count"] }

  override func member(_ name: String, in session: Session) throws -> Value? {
    switch name {
    case "name": .string(self.name)
    case "score": summary.score.map { .float($0) } ?? .null
    case "metrics": .object(TableObject(try metrics()))
    case "answers": .object(TableObject(answers))
    case "count": .int(answered.count)
    default: nil
    }
  }

  /// A row for each part of the benchmark, a column for each metric.
  private func metrics() throws -> Table {
    let columns = [
      Column("part", summary.rows.map { .string($0.name) }), Column("n", summary.rows.map { .int($0.count) }),
    ]
    return try Table(
      columns: columns
        + summary.metrics.enumerated().map { place, metric in
          Column(metric, summary.rows.map { $0.values[place].map { .float($0) } ?? .missing })
        })
  }

  private var answers: Table {
    Table(
      records: zip(answered, scores).map { item, score in
        [
          ("id", .string(item.record.id)), ("question", .string(item.record.question)),
          ("answer", .string(item.answer.text)), ("gold", .string(item.record.gold.joined(separator: " | "))),
          ("score", score.map { .float($0) } ?? .missing),
        ]
      })
  }

  private var line: String {
    let asked = answered.count == total ? "\(total.grouped)" : "\(answered.count.grouped) of \(total.grouped)"
    let score = summary.score.map { ", \(summary.scoreName) \(Self.text($0))" } ?? ""
    return "\(name): \(asked) \(total == 1 ? "question" : "questions")\(score)"
  }

  override func rendered(_ style: RenderingStyle) -> String {
    guard style.form == .full else { return line }
    var lines = [line]
    if !summary.rows.isEmpty, let table = try? metrics() { lines.append(table.rendered(on: Terminal(style))) }
    if let note = summary.note { lines.append(note) }
    return lines.joined(separator: "\n")
  }

  /// Three decimals of a share, one of a larger figure.
  static func text(_ value: Double) -> String {
    guard value.isFinite else { return "\(value)" }
    let scale = abs(value) <= 1 ? 1000.0 : 10.0
    return "\((value * scale).rounded() / scale)"
  }
}
