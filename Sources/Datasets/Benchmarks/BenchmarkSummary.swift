/// The figures of an evaluation: a row for each part of the benchmark, a column for each metric, named as the paper does.
public struct BenchmarkSummary: Sendable, Equatable {
  public struct Row: Sendable, Equatable {
    public let name: String
    /// How many records it is over.
    public let count: Int
    /// One for each metric; nil where it is not defined, such as the precision of a model that never says yes.
    public let values: [Double?]
  }

  public let metrics: [String]
  public private(set) var rows: [Row] = []
  /// The one number that tables show, and what it is.
  public private(set) var score: Double?
  public private(set) var scoreName = ""
  /// What a reader must know of the figures.
  public var note: String?

  init(_ metrics: String...) { self.metrics = metrics }

  mutating func add(_ name: String, count: Int, _ values: Double?...) {
    rows.append(Row(name: name, count: count, values: values))
  }

  mutating func headline(_ name: String, _ value: Double?) { (scoreName, score) = (name, value) }
}

extension BenchmarkSummary {
  /// Accuracy over all records, and over the records of each group in the order of their first appearance.
  ///
  /// - Parameter groups: for each record the rows it belongs to beside `all`.
  static func accuracy(
    _ answered: [AnsweredRecord], in benchmark: any Benchmark, metric: String = "accuracy",
    groups: (BenchmarkRecord) -> [String] = { _ in [] }
  ) -> BenchmarkSummary {
    var summary = BenchmarkSummary(metric)
    var order: [String] = []
    var scores: [String: [Double]] = [:]
    var all: [Double] = []
    for item in answered {
      guard let score = benchmark.score(item.answer, to: item.record) else { continue }
      all.append(score)
      for group in groups(item.record) {
        if scores[group] == nil { order.append(group) }
        scores[group, default: []].append(score)
      }
    }
    for group in order { summary.add(group, count: scores[group]?.count ?? 0, mean(scores[group] ?? [])) }
    summary.add("all", count: all.count, mean(all))
    summary.headline(metric, mean(all))
    if all.isEmpty, !answered.isEmpty { summary.note = "the files keep the answers back; send the answer file in" }
    return summary
  }
}

/// The mean; nil of nothing.
func mean(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}

/// A share; nil of nothing.
func share(_ part: Int, of whole: Int) -> Double? { whole == 0 ? nil : Double(part) / Double(whole) }
