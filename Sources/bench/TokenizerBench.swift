import Checkpoints
import Glibc

/// Reading one tokenizer and encoding one text, ids and ranges: seconds of processor time, the least of several runs.
///
/// `scripts/benchmarks/tokenizers_peer.py` makes the files and compares with the `tokenizers` library.
struct TokenizerBench {
  let file: String
  let text: String
  private let runs = 3

  func run() throws {
    let content = try FileBytes(path: text).withBytes { String(decoding: $0, as: UTF8.self) }
    let load = try seconds { _ = try Tokenizer(json: FileBytes(path: file)) }
    let tokenizer = try Tokenizer(json: FileBytes(path: file))
    var count = 0
    let whole = try seconds { count = try tokenizer.encode(content, addSpecial: false).count }
    let lines = content.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let single = try seconds { for line in lines { _ = try tokenizer.encode(line, addSpecial: false) } }
    let first = try seconds {
      try Tokenizer(json: FileBytes(path: file))
    } of: { fresh in
      for line in lines { _ = try fresh.encode(line, addSpecial: false) }
    }
    print(count, load, whole, single, first)
  }

  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    try seconds({}, of: { _ in try body() })
  }

  /// - Parameter prepare: makes what each run works on, outside of its time.
  private func seconds<Made>(_ prepare: () throws -> Made, of body: (Made) throws -> Void) rethrows -> Double {
    var least = Double.infinity
    for _ in 0..<runs {
      let made = try prepare()
      let start = processorSeconds()
      try body(made)
      least = min(least, processorSeconds() - start)
    }
    return least
  }

  private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
