extension Value {
  /// The value as text; a string is quoted. The short form of the language's own values is source that makes them again.
  public func rendered(_ style: RenderingStyle) -> String { Renderer(style).value(self) }

  /// The value as `print` and `"{…}"` write it: like the short form, except that a string stands for itself.
  public var displayed: String { stringValue ?? rendered(.short) }
}

/// Writes values. Nested further than `limit` levels it writes `…`, so that no value can exhaust the native stack.
struct Renderer {
  let style: RenderingStyle
  private static let limit = 64
  /// How many elements of a list the full form shows.
  private static let shownElements = 100

  init(_ style: RenderingStyle) { self.style = style }

  /// For what lies inside: always short, one level deeper.
  private var inner: Renderer {
    var style = RenderingStyle(.short, width: style.width, colored: style.colored)
    style.depth = self.style.depth + 1
    return Renderer(style)
  }

  func value(_ value: Value) -> String {
    switch value {
    case .null: "nil"
    case .bool(let value): value ? "true" : "false"
    case .int(let value): String(value)
    case .float(let value): value.description
    case .object(let object as ListObject): list(object)
    case .object(let object as RecordObject): record(object)
    case .object(let object): object.rendered(style)
    }
  }

  func list(_ list: ListObject) -> String {
    sequence("[", list.elements.count, "]") { renderer, position in renderer.value(list.elements[position]) }
  }

  func record(_ record: RecordObject) -> String {
    sequence("(", record.names.count, ")") { renderer, position in
      "\(record.names[position]): \(renderer.value(record.values[position]))"
    }
  }

  /// `2, x: 4`
  func arguments(_ arguments: Arguments) -> String {
    guard style.depth < Self.limit else { return "…" }
    let inner = inner
    return arguments.all.map { argument in
      let text = inner.value(argument.value)
      return argument.name.map { "\($0): \(text)" } ?? text
    }.joined(separator: ", ")
  }

  /// One line where it fits (always, in the short form), otherwise one element a line.
  private func sequence(
    _ open: String, _ count: Int, _ close: String, _ element: (Renderer, Int) -> String
  ) -> String {
    guard style.depth < Self.limit else { return "\(open)…\(close)" }
    let short = inner
    guard style.form == .full else {
      return open + (0..<count).map { element(short, $0) }.joined(separator: ", ") + close
    }
    let shown = min(count, Self.shownElements)
    let rest = count - shown
    var lines = (0..<shown).map { element(short, $0) }
    if rest > 0 { lines.append("… \(rest) more") }
    let line = open + lines.joined(separator: ", ") + close
    if line.count <= style.width || count == 0 { return line }
    let isScalar = !lines.contains { $0.hasPrefix("(") || $0.hasPrefix("[") }
    return isScalar ? wrapped(open, lines, close) : open + "\n  " + lines.joined(separator: ",\n  ") + "\n" + close
  }

  /// Elements that are short in themselves fill the lines.
  private func wrapped(_ open: String, _ items: [String], _ close: String) -> String {
    var lines: [String] = []
    var line = " "
    for (position, item) in items.enumerated() {
      let piece = " " + item + (position + 1 < items.count ? "," : "")
      if line.count + piece.count > style.width, line != " " {
        lines.append(line)
        line = " "
      }
      line += piece
    }
    lines.append(line)
    return open + "\n" + lines.joined(separator: "\n") + "\n" + close
  }
}
