import Testing

@testable import Shell

@Suite struct CompletionContextTests {
  @Test(arguments: [
    ("lo", "lo", CompletionContext.Kind.name(callee: nil)),
    ("", "", .name(callee: nil)),
    ("load(mi", "mi", .name(callee: "load")),
    ("f(g(1), ab", "ab", .name(callee: "f")),
    ("f(1)[ab", "ab", .name(callee: nil)),
    ("f(fn x -> { ab", "ab", .name(callee: nil)),
    ("m.si", "si", .member(base: "m", segments: [])),
    ("m.layers[0].out", "out", .member(base: "m", segments: ["layers"])),
    ("m.layers[f(1)].attention.", "", .member(base: "m", segments: ["layers", "attention"])),
    ("1 + .layers[*].", "", .path(segments: ["layers"])),
    (".im", "im", .path(segments: [])),
    ("measure(m, .layers[1..4].att", "att", .path(segments: ["layers"])),
    ("load(\"/tm", "/tm", .string),
    ("load('a b/c", "a b/c", .string),
    ("\"a\" + lo", "lo", .name(callee: nil)),
    ("\"a {lo", "lo", .name(callee: nil)),
    ("\"a {lo} /b", "a {lo} /b", .string),
    ("\"it\\\" is", "it\\\" is", .string),
    ("let a = \"x\"\nlo", "lo", .name(callee: nil)),
    ("größe.é", "é", .member(base: "größe", segments: [])),
  ])
  func whereTheCursorStands(before: String, word: String, kind: CompletionContext.Kind) {
    let context = CompletionContext(Array(before.utf8))
    #expect(context.word == word)
    #expect(context.kind == kind)
    #expect(context.start == before.utf8.count - word.utf8.count)
  }
}
