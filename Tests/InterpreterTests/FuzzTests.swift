import Foundation
import Syntax
import TestSupport
import Testing

@testable import Interpreter

/// Programs with seeded damage end in a value or an error, never in a trap.
@Suite struct FuzzTests {
  private static let values = [
    "0", "-1", "9223372036854775807", "-9223372036854775808", "1e308", "\"\"", "[]", "()", "nil", "true", ".a", "0..0",
    "(fn x -> x)", "[*]", "1..9223372036854775807", "print", "shift", "by -1", ".first", ".x", "+ 1", "* 2", "|> len",
    "< 3",
  ]

  @Test(arguments: 0..<8) func damagedProgramsAreNoTrap(_ seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    let programs = try goldenFiles("language", suffix: ".steer").map { try String(contentsOf: $0, encoding: .utf8) }
    let harness = try Harness(host: TestHost(), natives: .testing, extra: [NativeTable.testingDeclarations])
    let session = harness.session
    session.stopsAtFailedExpectations = false
    // Damage can make a loop endless.
    let watch = Watch(session.interruption)
    var ran = 0
    for _ in 0..<60 {
      var lines = programs.randomElement(using: &random)?.split(separator: "\n").map(String.init) ?? []
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let position = lines.indices.randomElement(using: &random) ?? 0
        var words = lines[position].split(separator: " ").map(String.init)
        let word = words.indices.randomElement(using: &random) ?? 0
        let value = Self.values.randomElement(using: &random) ?? "0"
        if words.indices.contains(word) { words[word] = value } else { words.append(value) }
        lines[position] = words.joined(separator: " ")
      }
      session.interruption.clear()
      if harness.codes(lines.joined(separator: "\n")).first.map({ $0 > "E03" }) ?? true { ran += 1 }
    }
    watch.stop()
    session.interruption.clear()
    #expect(try harness.run("1 + 1") == "2")
    #expect(ran > 5, "most damage does not even parse")
  }

  /// Interrupts every 30 ms until it is stopped, and not once after that.
  private final class Watch: @unchecked Sendable {
    private let lock = NSLock()
    private var isStopped = false

    init(_ interruption: Interruption) {
      Thread { [self] in
        while request(interruption) { Thread.sleep(forTimeInterval: 0.03) }
      }.start()
    }

    private func request(_ interruption: Interruption) -> Bool {
      lock.withLock {
        if !isStopped { interruption.request() }
        return !isStopped
      }
    }

    func stop() { lock.withLock { isStopped = true } }
  }
}
