import Figures
import Interpreter
import Interventions
import Models

extension NativeTable {
  /// `evaluate`, `compare`, `diff`.
  mutating func addEvaluation(_ bench: Workbench) {
    self["evaluate"] = { call in
      if let benchmark = call.value("on").object as? BenchmarkObject {
        return try call.evaluation(of: benchmark, bench)
      }
      if let given = ["to", "answers", "max", "prompt"].first(where: { !call.value($0).isNull }) {
        throw call.wrongValue(
          given, "is for benchmarks such as pope(\"folder\"); `on` is \(call.value("on").typePhrase)")
      }
      if let set = call.value("on").object as? LazyDataObject { return .float(try call.accuracy(on: set, bench)) }
      let samples = try call.answeredSamples("on", bench)
      let right = try call.answers(of: call.model("m"), samples, bench).filter(\.isRight).count
      return .float(Double(right) / Double(samples.count))
    }
    self["compare"] = { call in
      let samples = try call.answeredSamples("on", bench)
      let before = try call.answers(of: call.model("before"), samples, bench)
      let after = try call.answers(of: call.model("after"), samples, bench)
      return .object(TableObject(try Comparison(before, after).table()))
    }
    self["diff"] = { call in .object(DiffObject(call.value("before"), call.value("after"))) }
  }
}

/// A model's answer to one sample.
struct SampleAnswer {
  let group: String
  let text: String
  let isRight: Bool
}

extension NativeCall {
  /// Items that each have an answer to compare with.
  fileprivate func answeredSamples(_ parameter: String, _ bench: Workbench) throws -> [Sample] {
    let samples = try samples(parameter, bench)
    if let place = samples.firstIndex(where: { $0.answer == nil }) {
      throw wrongValue(parameter, "needs items with an `answer`; item \(place) has none")
    }
    return samples
  }

  /// The same of a data set in a file, of which a few items at a time are held.
  fileprivate func accuracy(on set: LazyDataObject, _ bench: Workbench) throws -> Double {
    let (model, count) = (try model("m"), set.range.count)
    guard count > 0 else { throw wrongValue("on", "is empty; there is nothing to run") }
    var right = 0
    for start in stride(from: 0, to: count, by: Workbench.batch) {
      let samples = try (start..<min(start + Workbench.batch, count)).map { place in
        let sample = try Sample(set.element(at: place, in: session), in: session)
        guard sample.answer != nil else {
          throw wrongValue("on", "needs items with an `answer`; item \(place) has none")
        }
        return sample
      }
      right += try answers(of: model, samples, bench).count(where: \.isRight)
      bench.progress(name, start + samples.count, count)
    }
    return Double(right) / Double(count)
  }

  fileprivate func answers(of model: ModelObject, _ samples: [Sample], _ bench: Workbench) throws -> [SampleAnswer] {
    let generations = try generate(model, samples.map(\.prompt), GenerationOptions(), bench)
    return zip(samples, generations).map { sample, generation in
      SampleAnswer(
        group: sample.group ?? "all", text: generation.text, isRight: generation.complete == sample.answer)
    }
  }
}

extension Generation {
  /// The text of an answer that has ended. One that was cut off is no answer, even where its words agree so far.
  var complete: String? { end == .endToken || end == .stopText ? text : nil }
}

/// Accuracies before and after, by kind of question.
private struct Comparison {
  private var rows: [(name: String, before: Int, after: Int, changed: Int, count: Int)] = []

  init(_ before: [SampleAnswer], _ after: [SampleAnswer]) {
    var total = (name: "all", before: 0, after: 0, changed: 0, count: 0)
    for (old, new) in zip(before, after) {
      let place = rows.firstIndex { $0.name == old.group } ?? rows.count
      if place == rows.count { rows.append((old.group, 0, 0, 0, 0)) }
      func count(_ row: inout (name: String, before: Int, after: Int, changed: Int, count: Int)) {
        row.count += 1
        if old.isRight { row.before += 1 }
        if new.isRight { row.after += 1 }
        if old.text != new.text { row.changed += 1 }
      }
      count(&rows[place])
      count(&total)
    }
    if rows.count != 1 || rows[0].name != "all" { rows.append(total) }
  }

  func table() throws -> Table {
    func share(_ part: Int, _ count: Int) -> Cell { .float(Double(part) / Double(count)) }
    return try Table(columns: [
      Column("question", rows.map { .string($0.name) }), Column("n", rows.map { .int($0.count) }),
      Column("before", rows.map { share($0.before, $0.count) }),
      Column("after", rows.map { share($0.after, $0.count) }),
      Column("difference", rows.map { .float(Double($0.after - $0.before) / Double($0.count)) }),
      Column("changed", rows.map { share($0.changed, $0.count) }),
    ])
  }
}

/// Two values side by side.
final class DiffObject: HostObject {
  let before: Value
  let after: Value

  init(_ before: Value, _ after: Value) {
    self.before = before
    self.after = after
  }

  private var isSame: Bool { Equality.areEqual(before, after) }

  override var typeName: String { "diff" }

  override func member(_ name: String, in session: Session) throws -> Value? {
    switch name {
    case "before": before
    case "after": after
    case "same": .bool(isSame)
    default: nil
    }
  }

  override var memberNames: [String] { ["before", "after", "same"] }

  override func rendered(_ style: RenderingStyle) -> String {
    if isSame { return "same: \(before.rendered(.short))" }
    let (old, new) = (before.rendered(.short), after.rendered(.short))
    guard style.form == .full else { return "\(old) → \(new)" }
    func painted(_ line: String, _ color: String) -> String {
      style.colored ? "\u{1B}[\(color)m\(line)\u{1B}[0m" : line
    }
    return painted("- \(old)", "31") + "\n" + painted("+ \(new)", "32")
  }
}
