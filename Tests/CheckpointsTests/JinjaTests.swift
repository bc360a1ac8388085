import Foundation
import TestSupport
import Testing

@testable import Checkpoints

/// Chat templates render what transformers' `apply_chat_template` renders (`scripts/fixtures/templates.py`).
@Suite struct JinjaTests {
  /// The day that all renderings were made on, at noon.
  static func clock(_ format: String) -> String {
    var day = tm()
    (day.tm_year, day.tm_mon, day.tm_mday, day.tm_hour) = (126, 6, 4, 12)
    (day.tm_wday, day.tm_yday) = (6, 184)
    var buffer = [CChar](repeating: 0, count: 512)
    let count = strftime(&buffer, buffer.count, format, &day)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func variables(_ field: Field) throws -> [String: JinjaValue] {
    let object = try field.object()
    return Dictionary(uniqueKeysWithValues: object.entries.map { ($0.0, JinjaValue($0.1)) })
  }

  /// - Parameter path: templates with what they make of named variables.
  private func check(_ path: String) throws -> (equal: Int, refused: Int, different: [String]) {
    let root = try Field(FileBytes(path: path))
    var (equal, refused) = (0, 0)
    var different: [String] = []
    for field in try root["templates"].array() {
      let name = try field["name"].string()
      let template = Result { try JinjaTemplate(field["template"].string(), name: name) }
      for item in try field["cases"].array() {
        let title = try item["name"].string()
        let variables = try Self.variables(root["variables"][title])
        let found = Result { try template.get().render(variables, clock: Self.clock) }
        switch (found, item["expected"].exists) {
        case (.success(let text), true):
          let expected = try item["expected"].string()
          if text.string.hasSameBytes(as: expected) {
            equal += 1
          } else {
            different.append("\(name), \(title): \(Self.difference(text.string, expected))")
          }
        case (.success(let text), false):
          different.append(
            "\(name), \(title): rendered \(text.string.debugDescription), reference: \(try item["error"].string())")
        case (.failure(let error), true): different.append("\(name), \(title): \(error)")
        case (.failure(let error), false):
          #expect(error is CheckpointError, "\(name), \(title): \(error)")
          refused += 1
        }
      }
    }
    return (equal, refused, different)
  }

  private static func difference(_ found: String, _ expected: String) -> String {
    let (found, expected) = (Array(found.unicodeScalars), Array(expected.unicodeScalars))
    let place =
      zip(found, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
      ?? min(found.count, expected.count)
    func part(_ text: [Unicode.Scalar]) -> String {
      String(String.UnicodeScalarView(text[max(0, place - 30)..<min(text.count, place + 50)])).debugDescription
    }
    return "at \(place) \(part(found)) instead of \(part(expected))"
  }

  @Test func templatesEqualTheReference() throws {
    let result = try check(fixture("templates/cases.json").path)
    #expect(result.different.isEmpty, "\(result.different.joined(separator: "\n"))")
    #expect(result.equal > 100 && result.refused > 10)
  }

  /// Templates of other people, which are no part of this repository: `STEERSH_TEMPLATES` names their file.
  @Test func givenTemplatesEqualTheReference() throws {
    guard let path = ProcessInfo.processInfo.environment["STEERSH_TEMPLATES"] else { return }
    let result = try check(path)
    print("templates: \(result.equal) equal, \(result.refused) refused by both, \(result.different.count) different")
    for line in result.different { print("  " + line) }
  }

  /// What a template makes of `text`, in which the variable `user` is marked.
  private func render(_ text: String, _ user: String, _ more: [String: JinjaValue] = [:]) throws -> MarkedText {
    let variables = more.merging(["user": .text(MarkedText(user, source: 7))]) { first, _ in first }
    return try JinjaTemplate(text, name: "template").render(variables, clock: Self.clock)
  }

  /// The marked parts of a rendering, and what of the source each stands for.
  private func parts(_ text: String, _ user: String) throws -> [String] {
    let result = try render(text, user)
    let (bytes, source) = (Array(result.string.utf8), Array(user.unicodeScalars))
    return result.spans.map { span in
      #expect(span.source == 7)
      let shown = String(decoding: bytes[span.range], as: UTF8.self)
      let given = String(String.UnicodeScalarView(source[span.scalars]))
      return shown == given ? shown : "\(given)→\(shown)"
    }
  }

  @Test func marksFollowTheText() throws {
    #expect(try parts("a {{ user }} b", "é x") == ["é x"])
    #expect(try parts("{{ ' ' + user.strip() + '!' }}", "  hé y \n") == ["hé y"])
    #expect(try parts("{{ user.split('-')[::-1] | join('+') }}", "a-bé-c") == ["c", "bé", "a"])
    #expect(try parts("{{ user | upper }}", "aßb") == ["aß→AS", "ßb→SB"])
    #expect(try parts("{{ user | tojson }}", "a\"b") == ["a\"→a\\", "\"b"])
    #expect(try parts("{{ user.replace('x', 'yy') }}", "axb") == ["a", "b"])
    #expect(try parts("{% set s %}[{{ user }}]{% endset %}{{ s[1:-1] }}{{ user[-1] }}", "abc") == ["abc", "c"])
    #expect(try parts("{% macro m(t) %}<{{ t }}>{% endmacro %}{{ m(user) | indent(2) }}", "a\nb") == ["a", "b"])
    #expect(try parts("{% for c in user %}{{ c }}{% endfor %}", "añ日") == ["añ日"])
    #expect(try parts("{{ user[1:] ~ user[:1] }} {{ 'user' }}", "abc") == ["bc", "a"])
    #expect(try parts("{{ '%s, %r' % (user, user) }}", "it") == ["it", "it"])
    // What looks like the user's text is the template's where the template wrote it.
    #expect(try parts("abc{{ user }}abc{{ user == 'abc' }}", "abc") == ["abc"])
  }
}
