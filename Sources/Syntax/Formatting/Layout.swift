/// Text with places where a line may break: what the formatter makes of a tree, before widths are known.
indirect enum Layout {
  case text(String)
  /// A space, or a line break where the group is broken.
  case space
  /// Nothing, or a line break where the group is broken.
  case soft
  /// A line break in any case.
  case newline
  /// Stands at the end of the line, whatever follows on it: a comment.
  case suffix(String)
  /// Only where the group is broken.
  case ifBroken(String)
  case sequence([Layout])
  /// One step further in where the group is broken.
  case indent(Layout)
  /// Stays on one line if it fits up to its first sure line break, and if it is not `broken` from the start.
  case group(Layout, broken: Bool)

  /// It has a line break in any case.
  var isMultiline: Bool {
    switch self {
    case .newline: true
    case .text, .space, .soft, .suffix, .ifBroken: false
    case .sequence(let parts): parts.contains(where: \.isMultiline)
    case .indent(let inner): inner.isMultiline
    case .group(let inner, let broken): broken || inner.isMultiline
    }
  }
}

/// Decides which groups break and writes the lines.
struct LayoutRenderer {
  let width: Int
  private var lines: [(code: String, comment: String)] = []
  private var line = ""
  private var column = 0
  private var comment = ""

  private struct Item {
    let indent: Int
    let isBroken: Bool
    let layout: Layout
  }

  private init(width: Int) { self.width = width }

  static func render(_ layout: Layout, width: Int) -> String {
    var renderer = LayoutRenderer(width: width)
    renderer.write(layout)
    renderer.endLine(indent: 0)
    return renderer.joined()
  }

  private mutating func write(_ layout: Layout) {
    var stack = [Item(indent: 0, isBroken: true, layout: layout)]
    while let item = stack.popLast() {
      switch item.layout {
      case .text(let text): append(text)
      case .space: if item.isBroken { endLine(indent: item.indent) } else { append(" ") }
      case .soft: if item.isBroken { endLine(indent: item.indent) }
      case .newline: endLine(indent: item.indent)
      case .suffix(let text): comment += comment.isEmpty ? text : " " + text
      case .ifBroken(let text): if item.isBroken { append(text) }
      case .sequence(let parts):
        for part in parts.reversed() { stack.append(Item(indent: item.indent, isBroken: item.isBroken, layout: part)) }
      case .indent(let inner):
        let indent = item.isBroken ? item.indent + 2 : item.indent
        stack.append(Item(indent: indent, isBroken: item.isBroken, layout: inner))
      case .group(let inner, let broken):
        let flat = Item(indent: item.indent, isBroken: false, layout: inner)
        if !broken, fits(flat, before: stack) {
          stack.append(flat)
        } else {
          stack.append(Item(indent: item.indent, isBroken: true, layout: inner))
        }
      }
    }
  }

  /// Whether the item, and what follows it up to where a line can break, fits on the line.
  private func fits(_ item: Item, before rest: [Item]) -> Bool {
    var room = width - column
    var stack = [item]
    var next = rest.count
    while room >= 0 {
      guard let item = stack.popLast() else {
        if next == 0 { return true }
        next -= 1
        stack.append(rest[next])
        continue
      }
      switch item.layout {
      case .text(let text): room -= DisplayWidth.of(text)
      case .space:
        if item.isBroken { return true }
        room -= 1
      case .soft: if item.isBroken { return true }
      case .newline: return true
      case .suffix: break
      case .ifBroken(let text): if item.isBroken { room -= text.count }
      case .sequence(let parts):
        for part in parts.reversed() { stack.append(Item(indent: 0, isBroken: item.isBroken, layout: part)) }
      case .indent(let inner): stack.append(Item(indent: 0, isBroken: item.isBroken, layout: inner))
      case .group(let inner, let broken):
        // What follows may still break wherever it can; inside the item only what must break does.
        stack.append(Item(indent: 0, isBroken: broken || item.isBroken, layout: inner))
      }
    }
    return false
  }

  private func indent(_ line: Int) -> Int { lines[line].code.prefix { $0 == " " }.count }

  private mutating func append(_ text: String) {
    line += text
    column += DisplayWidth.of(text)
  }

  private mutating func endLine(indent: Int) {
    while line.last == " " { line.removeLast() }
    lines.append((line, comment))
    line = String(repeating: " ", count: indent)
    column = indent
    comment = ""
  }

  /// Comments behind code on neighbouring lines of one level begin in the same column.
  private func joined() -> String {
    var result = ""
    var index = 0
    while index < lines.count {
      var end = index
      while end < lines.count, !lines[end].comment.isEmpty, indent(end) == indent(index) { end += 1 }
      if end == index {
        result += lines[index].code + "\n"
        index += 1
        continue
      }
      let column = lines[index..<end].map { DisplayWidth.of($0.code) }.max() ?? 0
      for (code, comment) in lines[index..<end] {
        let gap = code.isEmpty ? 0 : column - DisplayWidth.of(code) + 2
        result += code + String(repeating: " ", count: gap) + comment + "\n"
      }
      index = end
    }
    return result
  }
}
