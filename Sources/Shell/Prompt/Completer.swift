import Interpreter
import Syntax

/// What Tab offers: names, members, path segments, named arguments, files, commands.
struct Completer {
  private let current: ShellSession

  private var session: Session { current.session }

  init(_ current: ShellSession) { self.current = current }

  func completions(of chunk: String, at cursor: Int) -> Completions {
    let before = Array(chunk.utf8.prefix(cursor))
    if let command = commandCompletions(before) { return command }
    let context = CompletionContext(before)
    let candidates: [Completions.Candidate]
    switch context.kind {
    case .string: candidates = FileCompletion.candidates(for: context.word)
    case .path(let segments): candidates = plain(current.pathSegments(segments))
    case .member(let base, let segments): candidates = members(of: base, segments, word: context.word)
    case .name(let callee):
      let arguments = arguments(of: callee)
      // Right behind the parenthesis or a comma the parameters are what one looks for.
      candidates = context.word.isEmpty && !arguments.isEmpty ? arguments : arguments + names
    }
    return Completions(start: context.start, candidates: Self.matching(context.word, candidates))
  }

  /// Those that start with the word; those that start with an underscore only where the word does.
  private static func matching(_ word: String, _ candidates: [Completions.Candidate]) -> [Completions.Candidate] {
    var seen: Set<String> = []
    return candidates.filter { candidate in
      candidate.text.hasPrefix(word) && (word.hasPrefix("_") || !candidate.text.hasPrefix("_"))
        && seen.insert(candidate.text).inserted
    }.sorted { $0.text < $1.text }
  }

  private func plain(_ names: [String]) -> [Completions.Candidate] { names.map { .init(text: $0) } }

  // MARK: The language

  private var names: [Completions.Candidate] {
    session.visibleNames.map { candidate(for: $0) } + plain(TokenKind.words)
  }

  /// A function is going to be called.
  private func candidate(for name: String) -> Completions.Candidate {
    let isFunction = session.describe(name)?.signature != nil || session.value(of: name)?.isCallable == true
    return Completions.Candidate(text: name, suffix: isFunction ? "(" : "")
  }

  /// The parameters of the function whose call the cursor is in.
  private func arguments(of callee: String?) -> [Completions.Candidate] {
    guard let callee, let signature = session.describe(callee)?.signature else { return [] }
    return signature.parameters.map { .init(text: $0.name, suffix: ": ") }
  }

  private func members(of base: String, _ segments: [String], word: String) -> [Completions.Candidate] {
    var value = session.value(of: base)
    for segment in segments { value = try? value?.object?.member(segment, in: session) }
    var candidates = plain(value?.object?.memberNames ?? [])
    if value == nil { candidates += plain(current.pathSegments(segments)) }
    // `x.f(a)` is `f(x, a)`; without a letter to go by that would offer everything.
    if !word.isEmpty {
      candidates += session.visibleNames.filter { session.describe($0)?.signature != nil }.map {
        .init(text: $0, suffix: "(")
      }
    }
    return candidates
  }

  // MARK: Commands

  private func commandCompletions(_ before: [UInt8]) -> Completions? {
    guard let first = before.first, !before.contains(0x0A) else { return nil }
    let text = String(decoding: before, as: UTF8.self)
    let word = text.split(separator: " ", omittingEmptySubsequences: false).last.map(String.init) ?? ""
    let start = before.count - word.utf8.count
    switch first {
    case UInt8(ascii: ":"):
      if start == 0 {
        let names = MetaCommand.all.map {
          Completions.Candidate(text: ":\($0.name)", suffix: $0.argument.isEmpty ? "" : " ")
        }
        return Completions(start: 0, candidates: names.filter { $0.text.hasPrefix(word) })
      }
      guard text.hasPrefix(":load ") || text.hasPrefix(":save ") else { return nil }
      return Completions(start: start, candidates: FileCompletion.candidates(for: word))
    case UInt8(ascii: "!"):
      return start == 0 ? Completions.none : Completions(start: start, candidates: FileCompletion.candidates(for: word))
    case UInt8(ascii: "?"):
      let marks = text.prefix { $0 == "?" }
      let name = String(text.dropFirst(marks.count))
      return Completions(
        start: marks.utf8.count, candidates: Self.matching(name, plain(session.visibleNames)))
    default:
      guard text.hasPrefix("help ") else { return nil }
      return Completions(start: start, candidates: Self.matching(word, plain(session.visibleNames)))
    }
  }
}

/// Where the cursor stands, as far as the text before it shows.
struct CompletionContext: Equatable {
  enum Kind: Equatable {
    /// In a string.
    case string
    /// A name, perhaps in a call of `callee`.
    case name(callee: String?)
    /// Behind `base.segment.`
    case member(base: String, segments: [String])
    /// Behind `.segment[…].` where no value stands before the first dot.
    case path(segments: [String])
  }

  /// Offset of the word.
  private(set) var start: Int
  /// What is typed of it.
  private(set) var word: String
  private(set) var kind: Kind

  init(_ before: [UInt8]) {
    if let quote = Self.openQuote(before) {
      start = quote + 1
      kind = .string
    } else {
      start = Self.wordStart(before, end: before.count)
      kind = Self.kind(before, at: start)
    }
    word = String(decoding: before[start...], as: UTF8.self)
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }

  private static func wordStart(_ text: [UInt8], end: Int) -> Int {
    var start = end
    while start > 0 && isWord(text[start - 1]) { start -= 1 }
    return start
  }

  /// The quote of a string that is open at the end; a string ends with its line.
  private static func openQuote(_ text: [UInt8]) -> Int? {
    var open: [(quote: Int, mark: UInt8)] = []
    var isString = false
    var index = text.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    while index < text.count {
      let byte = text[index]
      if isString, let (_, mark) = open.last {
        if byte == UInt8(ascii: "\\"), mark == UInt8(ascii: "\"") {
          index += 1
        } else if byte == mark {
          open.removeLast()
          isString = false
        } else if byte == UInt8(ascii: "{"), mark == UInt8(ascii: "\"") {
          isString = false
        }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        open.append((index, byte))
        isString = true
      } else if byte == UInt8(ascii: "}"), !open.isEmpty {
        isString = true
      } else if byte == UInt8(ascii: "#") {
        return nil
      }
      index += 1
    }
    return isString ? open.last?.quote : nil
  }

  private static func kind(_ text: [UInt8], at start: Int) -> Kind {
    guard start > 0, text[start - 1] == UInt8(ascii: ".") else { return .name(callee: callee(text, before: start)) }
    var segments: [String] = []
    var dot = start - 1
    while true {
      let end = beforeBrackets(text, end: dot)
      let segment = wordStart(text, end: end)
      guard segment < end else { return .path(segments: segments) }
      let name = String(decoding: text[segment..<end], as: UTF8.self)
      guard segment > 0, text[segment - 1] == UInt8(ascii: ".") else { return .member(base: name, segments: segments) }
      segments.insert(name, at: 0)
      dot = segment - 1
    }
  }

  /// The end of what stands before `[…]` or `(…)` that end at `end`.
  private static func beforeBrackets(_ text: [UInt8], end: Int) -> Int {
    var index = end
    var depth = 0
    while index > 0 {
      switch text[index - 1] {
      case UInt8(ascii: "]"), UInt8(ascii: ")"): depth += 1
      case UInt8(ascii: "["), UInt8(ascii: "("):
        depth -= 1
        if depth < 0 { return index }
      default: if depth == 0 { return index }
      }
      index -= 1
    }
    return index
  }

  /// The name before the innermost parenthesis that is open.
  private static func callee(_ text: [UInt8], before end: Int) -> String? {
    var depth = 0
    var index = end
    while index > 0 {
      index -= 1
      switch text[index] {
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth += 1
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
        depth -= 1
        guard depth < 0 else { continue }
        guard text[index] == UInt8(ascii: "(") else { return nil }
        let start = wordStart(text, end: index)
        return start < index ? String(decoding: text[start..<index], as: UTF8.self) : nil
      default: continue
      }
    }
    return nil
  }
}
