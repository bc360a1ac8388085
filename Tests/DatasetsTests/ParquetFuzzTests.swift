import Checkpoints
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Damaged Parquet files, and any bytes for each of their decoders: they may refuse, but not crash, hang, take memory that no
/// file of that size is worth, or say two things of one file.
///
/// `STEERSH_FUZZ_SECONDS` sets for how long (three by default), `STEERSH_FUZZ_SEED` where it starts; with
/// `STEERSH_FUZZ_KEEP=path`, the file at `path.parquet` holds the input that a crash came of.
@Suite(.serialized) struct ParquetFuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seconds = environment["STEERSH_FUZZ_SECONDS"].flatMap(Double.init) ?? 3
  private static let seed = environment["STEERSH_FUZZ_SEED"].flatMap(UInt64.init) ?? 1

  /// The largest size of this process so far, in bytes.
  private static func peak() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
  }

  @Test func damagedFiles() throws {
    let names = ParquetTests.files.map(\.0)
    let samples = try names.map { Array(try Data(contentsOf: URL(fileURLWithPath: ParquetTests.path($0)))) }
    var random = SplitMix(state: Self.seed)
    let clock = ContinuousClock()
    let (before, start) = (try Self.peak(), clock.now)
    var (runs, refused) = (0, 0)
    while clock.now < start + .seconds(Self.seconds * 0.7) || runs < 200 {
      runs += 1
      let choice = random.below(samples.count)
      let bytes = damaged(samples[choice], &random)
      if let path = Self.environment["STEERSH_FUZZ_KEEP"] {
        try Data(bytes).write(to: URL(fileURLWithPath: path + ".parquet"))
      }
      let began = clock.now
      let found = outcome(bytes, backwards: false)
      let place = "\(names[choice]), seed \(Self.seed), run \(runs)"
      if found.contains(where: { $0.hasPrefix("error") }) { refused += 1 }
      #expect(!found.contains { $0.hasPrefix("no user's error") }, "\(place)")
      // Errors may name the page that was looked at first; whether there is a value, and which, may not differ.
      let again = outcome(bytes, backwards: true)
      for (one, other) in zip(found, again.reversed()) where !one.hasPrefix("error") || !other.hasPrefix("error") {
        #expect(one == other, "\(place)")
      }
      #expect(clock.now - began < .seconds(20), "\(place)")
    }
    #expect(refused > 0 && refused < runs, "\(refused) of \(runs) refused")
    // Files of 10 kB: what is taken for one of them is far below this, and others' tests run beside.
    #expect(try Self.peak() - before < 1 << 30)
    if Self.environment["STEERSH_FUZZ_SECONDS"] != nil { print("fuzz: Parquet: \(runs) inputs, \(refused) refused") }
  }

  /// One damage or several, in the footer as often as before it.
  private func damaged(_ sample: [UInt8], _ random: inout SplitMix) -> [UInt8] {
    guard random.below(2) == 0 else { return random.damaged(sample) }
    let length = Int(sample[sample.count - 8]) | Int(sample[sample.count - 7]) << 8
    let start = sample.count - 8 - length
    let footer = random.damaged(Array(sample[start..<sample.count - 8]))
    return sample[..<start] + footer + [UInt8(footer.count & 255), UInt8(footer.count >> 8), 0, 0] + Array("PAR1".utf8)
  }

  private func outcome(_ bytes: [UInt8], backwards: Bool) -> [String] {
    do {
      let records = try ParquetRecords("f", [FileBytes(bytes, name: "f")])
      let places = (0..<min(records.count, 40)).flatMap { row in records.columns.map { (row, $0) } }
      return (backwards ? places.reversed() : places).map { row, column in
        Self.text { "\(try JSON.array([JSON(records.value(of: column, at: row))]).text())" }
      }
    } catch is DatasetError { return ["error"] } catch { return ["no user's error: \(error)"] }
  }

  private static func text(_ body: () throws -> String) -> String {
    do { return try body() } catch is DatasetError { return "error" } catch { return "no user's error: \(error)" }
  }

  /// Decoders get what no compression and no header stands before.
  @Test func anyBytes() throws {
    let types: [ParquetPhysical] = [.boolean, .int32, .int64, .int96, .float, .double, .bytes, .fixed(3)]
    var random = SplitMix(state: Self.seed &+ 99)
    let clock = ContinuousClock()
    let (before, start) = (try Self.peak(), clock.now)
    var (runs, read, refused) = (0, 0, 0)
    while clock.now < start + .seconds(Self.seconds * 0.3) || runs < 2000 {
      runs += 1
      // Small numbers are lengths and widths that fit more often.
      let bytes = (0..<random.below(60)).map { _ in UInt8(random.below(random.below(3) == 0 ? 256 : 12)) }
      let page = PageBytes(FileBytes(bytes, name: "f"))
      let count = random.below(8) == 0 ? Int(Int32.max) : random.below(40)
      let began = clock.now
      do {
        let dictionary = try ParquetDictionary(PageValues(page, encoding: 0, type: .int32, count: 2) { nil }, count: 2)
        let values = try PageValues(
          page, encoding: random.below(10), type: types[random.below(types.count)], count: count
        ) { dictionary }
        for place in [0, count / 2, count - 1, 1] where (0..<count).contains(place) { _ = try values.raw(place) }
        for codec in [PageCodec.snappy, .gzip, .zstd] { _ = try? codec.unpacked(page, count: random.below(4000)) }
        read += 1
      } catch is PageDamage { refused += 1 } catch is ParquetProblem { refused += 1 }
      #expect(clock.now - began < .seconds(5), "\(bytes), \(count)")
      if let runs = try? HybridRuns(page, width: 1 + random.below(3), count: count, target: 1) {
        // Places and ranks are each other's inverse.
        for rank in 0..<min(runs.targetCount, 5) {
          let place = runs.place(ofRank: rank)
          #expect(runs[place] == 1 && runs.rank(place) == rank, "\(bytes), \(count)")
        }
        #expect(runs.rank(count) == runs.targetCount)
      }
    }
    #expect(read > 0 && refused > 0)
    #expect(try Self.peak() - before < 1 << 30)
    if Self.environment["STEERSH_FUZZ_SECONDS"] != nil {
      print("fuzz: Parquet pages: \(runs) inputs, \(refused) refused")
    }
  }
}
