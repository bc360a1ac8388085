import Checkpoints
import Datasets
import Interpreter

/// A benchmark, or a part of it, as a data set of its questions.
final class BenchmarkObject: DataSetObject {
  let benchmark: any Benchmark
  private let all: [BenchmarkRecord]

  /// - Parameter records: those that are asked, in this order; nil for all.
  init(_ benchmark: any Benchmark, records: [BenchmarkRecord]? = nil) {
    self.benchmark = benchmark
    let records = records ?? benchmark.records
    all = records
    super.init(benchmark.name, count: records.count) { .object(BenchmarkRecordObject(records[$0])) }
  }

  private init(_ whole: BenchmarkObject, _ range: Range<Int>) {
    benchmark = whole.benchmark
    all = whole.all
    super.init(whole, range)
  }

  override func part(_ range: Range<Int>) -> DataSetObject { BenchmarkObject(self, range) }

  /// The questions of this part.
  var records: ArraySlice<BenchmarkRecord> { all[range] }

  /// What chooses or orders questions gives a benchmark that is scored as such.
  override func perform(_ native: String, _ call: NativeCall) throws -> Value? {
    let records = Array(records)
    func part(_ records: [BenchmarkRecord]) -> Value { .object(BenchmarkObject(benchmark, records: records)) }
    switch native {
    case "filter":
      let function = try call.function("f")
      return part(
        try records.filter { record in
          try call.session.checkInterrupt()
          return try call.holds(function, .object(BenchmarkRecordObject(record)))
        })
    case "shuffle":
      return part(try DataOrder.shuffled(records.count, seed: call.int("seed")).map { records[$0] })
    case "split":
      let seed = call.value("seed").isNull ? nil : try call.int("seed")
      let order = try seed.map { try DataOrder.shuffled(records.count, seed: $0) } ?? Array(records.indices)
      return .list(try DataOrder.parts(of: records.count, call).map { range in part(order[range].map { records[$0] }) })
    default: return try super.perform(native, call)
    }
  }

  override var typeName: String { "benchmark" }

  override func rendered(_ style: RenderingStyle) -> String {
    "\(name): \(range.count.grouped) \(range.count == 1 ? "question" : "questions")"
  }
}

/// A question of a benchmark.
final class BenchmarkRecordObject: HostObject {
  let record: BenchmarkRecord
  private var pictures: [ImageObject]?

  init(_ record: BenchmarkRecord) { self.record = record }

  override var typeName: String { "question" }

  /// Its pictures, read now if they were not.
  func images() throws -> [ImageObject] {
    if let pictures { return pictures }
    let read = try record.images.map { ImageObject(try $0.read()) }
    pictures = read
    return read
  }

  override func member(_ name: String, in session: Session) throws -> Value? {
    switch name {
    case "id": return .string(record.id)
    case "image": return try images().first.map { .object($0) } ?? .null
    case "images": return .list(try images().map { .object($0) })
    case "question": return .string(record.question)
    case "prompt": return .string(record.prompt)
    case "choices": return .list(record.choices.map { .string($0) })
    case "answer": return record.gold.first.map { .string($0) } ?? .null
    case "answers": return .list(record.gold.map { .string($0) })
    default: return record.fields[name].map { Value($0) }
    }
  }

  override var memberNames: [String] {
    let own = ["id", "image", "images", "question", "prompt", "choices", "answer", "answers"]
    return own + record.fields.keys.filter { !own.contains($0) }
  }

  override func isEqual(to other: Object) -> Bool {
    guard let other = (other as? BenchmarkRecordObject)?.record else { return false }
    return other.id == record.id && other.prompt == record.prompt && other.gold == record.gold
      && other.images.map(\.name) == record.images.map(\.name)
  }

  override func rendered(_ style: RenderingStyle) -> String {
    let pictures = String(repeating: "‹image› ", count: record.images.count)
    return "question \(record.id): " + pictures + record.question + (record.gold.first.map { " → " + $0 } ?? "")
  }
}
