import Foundation
import TestSupport
import Testing

@testable import Checkpoints

/// Damaged and made-up templates: each renders or is refused, in bounded time and memory.
///
/// `STEERSH_FUZZ_SECONDS`, `STEERSH_FUZZ_SEED` and `STEERSH_FUZZ_KEEP` as for the other readers.
@Suite(.serialized) struct JinjaFuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seconds = environment["STEERSH_FUZZ_SECONDS"].flatMap(Double.init) ?? 2
  private static let seed = environment["STEERSH_FUZZ_SEED"].flatMap(UInt64.init) ?? 1

  /// What damage puts in: tags, operators, numbers at the edges, filters and methods with their arguments.
  private static let pieces: [String] =
    [
      "{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", "{{-", "-}}", "{% raw %}", "{% endraw %}", "(", ")", "[", "]",
      "{", "}",
      "'", "\"", "\\", "\\x", "\\u12", ".", ",", ":", "|", "~", "+", "-", "*", "**", "/", "//", "%", "==", "<", ">=",
      "=", " in ",
      " not ", " is ", " and ", " or ", " if ", " else ", "0", "-1", "9223372036854775807", "1e308",
      "99999999999999999999", "0x",
      "none", "true", "[]", "{}", "()", "messages", "loop", "loop.index", "ns", "varargs", "caller()", "range(99999)",
      "range(-1, 9, 3)",
      "{% for x in messages %}", "{% for a, b in messages %}", "{% for x in range(9999) %}", "{% endfor %}",
      "{% if true %}", "{% elif 1 %}",
      "{% else %}", "{% endif %}", "{% set x = [x, x] %}", "{% set x = x ~ x %}", "{% set ns = namespace(x=ns) %}",
      "{% set ns.x = ns %}",
      "{% set x %}", "{% endset %}", "{% macro m(x) %}{{ m(x) }}", "{% endmacro %}", "{{ m(1) }}", "{% call m(1) %}",
      "{% endcall %}",
      "{% break %}", "{% continue %}", "{% generation %}", "{% endgeneration %}", "{% filter upper %}",
      "{% endfilter %}", "{{ x }}",
      "{{ x * 99999 }}", "{{ 'ab' * 9999999999 }}", "{{ x | tojson(indent=9) }}", "{{ [[[1]]] == x }}",
      "{{ '%999d' % 1 }}", "{{ '%*d' % (9, 1) }}",
      "[::-1]", "[1:9223372036854775807:-9223372036854775807]", "['x']", ".x", ".0", ".items()", ".split('a', 1)",
      ".format(1, x=2)",
      ".center(99999999999)", ".replace('', 'ab')", ".expandtabs(99999)", "é", "日", "\u{0}", "\r\n", "\n", " ",
    ] + JinjaRun.filterNames.sorted().flatMap { ["|\($0)", "|\($0)(1)", "|\($0)('a', 2)"] }
    + JinjaRun.testNames.sorted().flatMap { [" is \($0)", " is \($0) 3"] }
    + JinjaRun.textMethods.sorted().flatMap { [".\($0)()", ".\($0)('a')", ".\($0)(3)"] }

  private static func damaged(_ samples: [String], _ draw: inout SplitMix) -> String {
    var text = Array(draw.below(8) == 0 ? "{{ x" : samples[draw.below(samples.count)])
    for _ in 0..<1 + draw.below(8) {
      let place = draw.below(text.count + 1)
      let piece = Array(pieces[draw.below(pieces.count)])
      switch draw.below(6) {
      case 0: text.removeSubrange(place..<min(text.count, place + 1 + draw.below(12)))
      case 1:
        let other = Array(samples[draw.below(samples.count)])
        let start = draw.below(other.count)
        text.insert(contentsOf: other[start..<min(other.count, start + draw.below(60))], at: place)
      case 2: text.insert(contentsOf: Array(repeatElement(piece, count: 1 + draw.below(300)).joined()), at: place)
      default: text.insert(contentsOf: piece, at: place)
      }
    }
    return String(text)
  }

  @Test func damagedTemplatesAreRefusedNotFatal() throws {
    let root = try Field(FileBytes(path: fixture("templates/cases.json").path))
    let samples = try root["templates"].array().map { try $0["template"].string() }
    let variables = try ["images", "tools", "nothing"].map { try JinjaTests.variables(root["variables"][$0]) }
    var draw = SplitMix(state: Self.seed)
    let clock = ContinuousClock()
    let end = clock.now + .seconds(Self.seconds)
    var (rendered, unread, refused) = (0, 0, 0)
    while clock.now < end || rendered + unread + refused < 200 {
      let text = Self.damaged(samples, &draw)
      if let path = Self.environment["STEERSH_FUZZ_KEEP"] { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }
      let start = clock.now
      do {
        unread += 1
        let template = try JinjaTemplate(text, name: "fuzz")
        (unread, refused) = (unread - 1, refused + 1)
        let given = variables[draw.below(variables.count)]
        let result = try template.render(given, limits: JinjaLimits(work: 2_000_000), clock: JinjaTests.clock)
        // The marks stay inside of the text, in order.
        let ends = result.spans.flatMap { [$0.range.lowerBound, $0.range.upperBound] }
        #expect(ends == ends.sorted() && (ends.last ?? 0) <= result.string.utf8.count)
        (rendered, refused) = (rendered + 1, refused - 1)
      } catch let error as CheckpointError {
        guard case .template(let problem) = error.problem else { throw error }
        #expect(problem.position.line >= 1 && problem.position.column >= 1)
        #expect(!"\(error)".isEmpty)
      }
      #expect(clock.now - start < .seconds(20), "seed \(Self.seed): \(text.debugDescription)")
    }
    #expect(rendered > 0 && refused > 0 && unread > 0)
    if Self.environment["STEERSH_FUZZ_SECONDS"] != nil {
      print("fuzz: Jinja: \(rendered + unread + refused) inputs, \(refused) refused while rendering, \(unread) before")
    }
  }
}
