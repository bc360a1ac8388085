import Syntax

/// The statements of a session that succeeded, and the script they make.
///
/// A script defines a name once, a session may do it again and again. So of a name with several definitions the last
/// keeps it and those before become `name_1`, `name_2` …, in them and in what reads them. A function sees the last
/// definition, as it does in the session.
struct Transcript {
  private struct Entry {
    /// The statement as written, its documentation above it.
    let text: String
    let use: NameUse
    /// Subtracted from a mention's span gives its place in `text`.
    let offset: Int
    let isExpression: Bool
    /// `_3`: what its value can be called by; nil where there was none.
    let valueName: String?
    /// What `_` meant when it ran.
    let lastValueName: String?

    /// The name a mention is about.
    func name(_ mention: NameUse.Mention) -> String {
      mention.name == "_" ? lastValueName ?? mention.name : mention.name
    }

    var reads: Set<String> {
      var names = use.read
      if names.remove("_") != nil, let lastValueName { names.insert(lastValueName) }
      return names
    }

    func defines(_ name: String) -> Bool { use.bound.contains(name) || valueName == name }
  }

  private var entries: [Entry] = []
  private var lastValueName: String?

  var isEmpty: Bool { entries.isEmpty }

  /// Keeps a statement of `source` that succeeded. `valueName` is what its value can be called by from now on.
  mutating func append(_ statement: Statement, in source: SourceText, valueName: String?) {
    var head = ""
    if let documentation = statement.documentation {
      let lines = documentation.split(separator: "\n", omittingEmptySubsequences: false)
      head = lines.map { $0.isEmpty ? "##\n" : "## \($0)\n" }.joined()
    }
    var isExpression = false
    if case .expression = statement.kind { isExpression = true }
    entries.append(
      Entry(
        text: head + source.text(statement.span), use: NameUse(statement),
        offset: statement.span.lower - head.utf8.count, isExpression: isExpression, valueName: valueName,
        lastValueName: lastValueName))
    if let valueName { lastValueName = valueName }
  }

  /// The whole session as a script that runs.
  var script: String { script(of: Array(entries.indices)) }

  /// The statements that `name` depends on, in order; nil when none defines it.
  func script(for name: String) -> String? {
    guard let last = definition(of: name, before: entries.count) else { return nil }
    var kept: Set<Int> = []
    var open = [last] + changes(of: name, from: last)
    while let index = open.popLast() {
      guard kept.insert(index).inserted else { continue }
      for mention in entries[index].use.mentions where mention.kind != .bind && mention.kind != .bindField {
        let name = entries[index].name(mention)
        // A function may read what was defined after it.
        guard let origin = definition(of: name, before: mention.isDeferred ? entries.count : index) else { continue }
        open.append(origin)
        open += changes(of: name, from: origin)
      }
    }
    let end = kept.max() ?? 0
    kept.formUnion(entries.indices.filter { $0 < end && entries[$0].use.affectsAll })
    return script(of: kept.sorted())
  }

  private func definition(of name: String, before index: Int) -> Int? {
    entries[..<index].lastIndex { $0.defines(name) }
  }

  /// The assignments to what entry `origin` defined, up to where the name is defined anew.
  private func changes(of name: String, from origin: Int) -> [Int] {
    var result: [Int] = []
    for index in entries.indices.dropFirst(origin + 1) {
      if entries[index].defines(name) { break }
      if entries[index].use.assigned.contains(name) { result.append(index) }
    }
    return result
  }

  // MARK: Writing

  private func script(of indices: [Int]) -> String {
    let needed = indices.reduce(into: Set<String>()) { $0.formUnion(entries[$1].reads) }
    let names = finalNames(in: indices)
    var lines: [String] = []
    for index in indices {
      let entry = entries[index]
      let text = rewritten(entry, at: index, names)
      if entry.isExpression, let name = entry.valueName, needed.contains(name) {
        lines += ["let \(name) = \(text)", name]
      } else {
        if !lines.isEmpty, Self.continuesLine(text) { lines[lines.count - 1] += ";" }
        lines.append(text)
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Whether the text would be read as the rest of the line before it: `.layers[0]`, `-3`.
  private static func continuesLine(_ text: String) -> Bool {
    guard let first = text.first else { return false }
    return !(first.isLetter || first.isNumber || "_\"'([{#".contains(first))
  }

  /// For each name defined more than once, the entries that do and what it is called there.
  private func finalNames(in indices: [Int]) -> [String: [(index: Int, name: String)]] {
    var definitions: [String: [Int]] = [:]
    var taken: Set<String> = []
    for index in indices {
      for name in entries[index].use.bound { definitions[name, default: []].append(index) }
      taken.formUnion(entries[index].use.mentions.map(\.name))
    }
    var names: [String: [(index: Int, name: String)]] = [:]
    for (name, places) in definitions where places.count > 1 {
      var number = 0
      names[name] = places.map { index in
        if index == places.last { return (index, name) }
        repeat { number += 1 } while taken.contains("\(name)_\(number)")
        return (index, "\(name)_\(number)")
      }
    }
    return names
  }

  private func rewritten(_ entry: Entry, at index: Int, _ names: [String: [(index: Int, name: String)]]) -> String {
    var bytes = Array(entry.text.utf8)
    for mention in entry.use.mentions.sorted(by: { $0.span.lower > $1.span.lower }) {
      var name = entry.name(mention)
      if let versions = names[name], let last = versions.last {
        switch mention.kind {
        case .bind, .bindField: name = versions.first { $0.index == index }?.name ?? name
        case .member: break
        case .read, .assign:
          let version = mention.isDeferred ? last : versions.last { $0.index < index } ?? last
          name = version.name
        }
      }
      let span = Span(mention.span.lower - entry.offset, mention.span.upper - entry.offset)
      guard name != mention.name, span.lower >= 0, span.upper <= bytes.count else { continue }
      if mention.kind == .bindField { name = "\(mention.name): \(name)" }
      bytes.replaceSubrange(span.lower..<span.upper, with: name.utf8)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
