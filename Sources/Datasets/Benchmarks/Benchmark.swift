import Checkpoints

/// A set of questions with an official way to score answers: what a paper reports.
///
/// It knows no model. Whoever has one asks it `records[i].prompt` as `reading` says, and gives the answers back.
public protocol Benchmark: Sendable {
  /// As its authors write it: `POPE`.
  var name: String { get }
  /// In the order of the authors' files.
  var records: [BenchmarkRecord] { get }

  /// What one answer is worth, from 0 to 1; nil where the files say nothing of the right answer, or a judge outside decides.
  func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double?

  /// The figures that the paper gives, by its names.
  ///
  /// - Parameter answered: all answers, or those that there are so far, in the order of `records`.
  func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary

  /// What the official evaluator reads.
  func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile]
}

/// One question.
public struct BenchmarkRecord: Sendable {
  /// How an answer is had from a model.
  public enum Reading: Sendable, Equatable {
    /// It is asked, and decodes greedily.
    case text(maximumTokens: Int)
    /// The log-probabilities of these continuations of the prompt. The prompt is a text, not a conversation, where `raw`.
    case likelihood(of: [String], raw: Bool)
  }

  /// Different for each record.
  public private(set) var id: String
  /// The id as the file has it, for answer files.
  public var key = JSON.null
  public var images: [ImageReference] = []
  /// The question as the file has it.
  public let question: String
  /// What the model is asked.
  public let prompt: String
  public var choices: [String] = []
  /// The right answers; several where people were asked. Empty where the file keeps them back.
  public var gold: [String] = []
  public var reading = Reading.text(maximumTokens: 16)
  /// What else the file says that scores or tables need: categories, tasks.
  public var fields = JSON.Object()

  init(_ id: String, question: String, prompt: String) {
    self.id = id
    self.question = question
    self.prompt = prompt
  }

  /// The same question under another id.
  func renamed(_ id: String) -> BenchmarkRecord {
    var record = self
    record.id = id
    return record
  }

  /// A text field; empty where there is none.
  func text(_ name: String) -> String {
    if case .string(let text)? = fields[name] { text } else { "" }
  }
}

/// What a model said to a record.
public struct BenchmarkAnswer: Sendable, Equatable {
  /// What it generated; the likeliest continuation where likelihoods were asked for.
  public let text: String
  /// ln p of each continuation, summed over its tokens; empty for generated answers.
  public let logProbabilities: [Double]

  public init(text: String, logProbabilities: [Double] = []) {
    self.text = text
    self.logProbabilities = logProbabilities
  }

  /// The continuation with the largest value, the first of equal ones; nil without likelihoods.
  ///
  /// - Parameter lengths: what each is divided by; nil for sums as they are.
  func likeliest(lengths: [Int]? = nil) -> Int? {
    let values = logProbabilities.enumerated().map { $1 / Double(max(lengths?[$0] ?? 1, 1)) }
    return values.indices.max { values[$0] < values[$1] || (values[$0] == values[$1] && $0 > $1) }
  }
}

public struct AnsweredRecord: Sendable {
  public let record: BenchmarkRecord
  public let answer: BenchmarkAnswer

  public init(_ record: BenchmarkRecord, _ answer: BenchmarkAnswer) {
    self.record = record
    self.answer = answer
  }
}

/// A file in the layout that the official evaluator reads.
public struct AnswerFile: Sendable, Equatable {
  public let name: String
  public let text: String

  init(_ name: String, _ text: String) {
    self.name = name
    self.text = text
  }

  /// JSON, ended by a line feed.
  init(_ name: String, _ value: JSON, pretty: Bool = false) throws {
    self.init(name, try value.text(pretty: pretty, file: name) + "\n")
  }

  /// One JSON value on each line.
  init(_ name: String, lines: [JSON]) throws {
    self.init(name, try lines.map { try $0.text(file: name) + "\n" }.joined())
  }
}
