import Foundation
import TestSupport
import Testing

@testable import Syntax

/// Broken programs, made from the golden ones at random: nothing may crash or hang, spans stay inside the text,
/// and what still parses keeps its meaning when it is formatted.
///
/// Runs for 3 seconds, or as many as `STEERSH_FUZZ_SECONDS` says, from the seed that `STEERSH_FUZZ_SEED` gives. A crash
/// takes the process down; with `STEERSH_FUZZ_KEEP=path`, the file `path.steer` then holds the input that did it.
@Suite struct FuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seconds = environment["STEERSH_FUZZ_SECONDS"].flatMap(Double.init) ?? 3
  private static let seed = environment["STEERSH_FUZZ_SEED"].flatMap(UInt64.init) ?? 1

  @Test func brokenProgramsAreReadToTheEnd() throws {
    let corpus = try Golden.inputs("syntax").map { [UInt8](try Data(contentsOf: $0)) }
    var mutator = Mutator(corpus: corpus, seed: Self.seed)
    let clock = ContinuousClock()
    let end = clock.now + .seconds(Self.seconds)
    var formatted = 0
    var rounds = 0
    while clock.now < end {
      rounds += 1
      let bytes = mutator.next()
      if let path = Self.environment["STEERSH_FUZZ_KEEP"] {
        try Data(bytes).write(to: URL(fileURLWithPath: path + ".steer"))
      }
      let start = clock.now
      if read(bytes) { formatted += 1 }
      let time = clock.now - start
      // Milliseconds on a machine of its own; this finds what hangs.
      #expect(time < .seconds(20), "round \(rounds) took \(time): \(String(decoding: bytes, as: UTF8.self))")
    }
    // A mutator that only makes rubbish would test neither the parser's depth nor the formatter.
    #expect(formatted > rounds / 10, "\(formatted) of \(rounds) could be formatted")
  }

  /// What the formatter may not touch: all but commas and semicolons.
  static func tokens(_ source: SourceText) -> [String] {
    Lexer.tokenize(source).tokens.filter { $0.kind != .comma && $0.kind != .semicolon }.map { source.text($0.span) }
  }

  /// Puts one text through everything. Returns whether it was formatted.
  func read(_ bytes: [UInt8]) -> Bool {
    let source = SourceText(name: "fuzz", bytes: bytes)
    let script = Script.parse(source)
    let shown = String(decoding: bytes, as: UTF8.self)
    for diagnostic in script.diagnostics {
      guard let label = diagnostic.primary else { continue }
      #expect(0 <= label.span.lower && label.span.lower <= label.span.upper && label.span.upper <= bytes.count)
    }
    var previous = 0
    for piece in Highlighter.pieces(source) {
      #expect(previous <= piece.span.lower && piece.span.lower < piece.span.upper, "\(shown)")
      previous = piece.span.upper
    }
    #expect(previous <= bytes.count)
    _ = DiagnosticRenderer().render(script.diagnostics)
    _ = script.diagnostics.map(DiagnosticRenderer.json)
    _ = Completeness.check(script)
    if script.hasErrors { return false }
    let once = Formatter.settled(script)
    let isFaithful = Formatter.isFaithful(once, to: script)
    #expect(isFaithful, "changed meaning:\n\(shown)\n---\n\(once)")
    let hasSameTokens = Self.tokens(source) == Self.tokens(SourceText(name: "again", once))
    #expect(hasSameTokens, "lost something:\n\(shown)\n---\n\(once)")
    let twice = Formatter.settled(Script.parse(SourceText(name: "again", once)))
    let isStable = once == twice
    #expect(isStable, "not stable:\n\(shown)\n---\n\(once)\n---\n\(twice)")
    return true
  }
}

/// Changes programs at random, the same way for the same seed.
struct Mutator {
  private let corpus: [[UInt8]]
  private var numbers: SplitMix

  init(corpus: [[UInt8]], seed: UInt64) {
    self.corpus = corpus
    numbers = SplitMix(state: seed)
  }

  private mutating func random(_ bound: Int) -> Int { numbers.below(bound) }

  mutating func next() -> [UInt8] {
    var bytes = corpus[random(corpus.count)]
    if random(2) == 0 {
      for _ in 0...random(6) { respace(&bytes) }
    } else {
      for _ in 0...random(4) { mutate(&bytes) }
    }
    return Array(bytes.prefix(8_000))
  }

  /// Puts another kind of space where there is some, so that much of the result still parses.
  private mutating func respace(_ bytes: inout [UInt8]) {
    let start = random(bytes.count + 1)
    guard let place = bytes[start...].firstIndex(where: { $0 == 0x20 || $0 == 0x0A }) else { return }
    let spaces = ["", " ", "\n", "\n\n", "  # c\n", "\n# d\n", "\n## e\n", "\n\n\n# f\n\n", "; ", " (a) "]
    bytes.replaceSubrange(place..<(place + 1), with: Array(spaces[random(spaces.count)].utf8))
  }

  private mutating func mutate(_ bytes: inout [UInt8]) {
    let place = random(bytes.count + 1)
    let end = min(bytes.count, place + random(12))
    switch random(8) {
    case 0: bytes.replaceSubrange(place..<end, with: [])
    case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 2: bytes.insert(UInt8(random(256)), at: place)
    case 3:
      let other = corpus[random(corpus.count)]
      let from = random(other.count + 1)
      bytes.insert(contentsOf: other[from..<min(other.count, from + random(200))], at: place)
    case 4:
      let repeated = Array(Self.pieces[random(Self.pieces.count)].utf8)
      for _ in 0..<random(500) { bytes.insert(contentsOf: repeated, at: place) }
    case 5: bytes = Array(bytes.prefix(place))
    default: bytes.insert(contentsOf: Array(Self.pieces[random(Self.pieces.count)].utf8), at: place)
    }
  }

  private static let pieces: [String] =
    TokenKind.words.map { " \($0) " } + [
      "(", ")", "[", "]", "{", "}", "\"", "'", "\"{", "}\"", "\n", "\n\n", " # c\n", "\n# d\n", "\n## e\n", ";", ",",
      ".", "..", "..<", "->", "=>", "|>", ":=", "=", "==", "-", " - ", "+", "**", "*", "@", "a", "f(", "x: ", "1",
      "2.5",
      "e", "\\", "\\u{", "\t", "\r\n", "é", "日", "\u{FEFF}", "if a { ", " else ", "{ x -> ", "fn x -> ", ".a[", "-(",
    ]
}
