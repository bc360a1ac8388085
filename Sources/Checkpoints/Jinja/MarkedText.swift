/// Text that remembers which of its parts were given from outside.
///
/// A chat template may trim, cut, join or quote what a user wrote; the marks go along, so that the rendered prompt says
/// for every character whether the user or the template wrote it.
public struct MarkedText: Sendable {
  /// Indexed as Python indexes strings.
  var scalars: [Unicode.Scalar]
  /// In order, without overlap.
  private(set) var marks: [Mark] = []
  /// Whether the filter `safe` made it: `+` then escapes for HTML what it is added to.
  var isSafe = false

  /// A run of scalars that follow each other both here and in what was given.
  struct Mark: Sendable {
    var start: Int
    var count: Int
    let source: Int
    /// Where the run starts in the source.
    var offset: Int

    var end: Int { start + count }
  }

  /// A part that came from outside. Ranges count UTF-8 bytes of the rendered text and scalars of the source.
  public struct Span: Equatable, Sendable {
    public let range: Range<Int>
    public let source: Int
    public let scalars: Range<Int>
  }

  init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

  /// - Parameter source: which of the given texts this is; nil for text of the template.
  public init(_ string: String, source: Int? = nil) {
    scalars = Array(string.unicodeScalars)
    if let source, !scalars.isEmpty { marks = [Mark(start: 0, count: scalars.count, source: source, offset: 0)] }
  }

  public var string: String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return String(text)
  }

  var count: Int { scalars.count }
  var isEmpty: Bool { scalars.isEmpty }

  /// The marked parts, in order.
  public var spans: [Span] {
    var spans: [Span] = []
    var (bytes, next) = (0, 0)
    for mark in marks {
      bytes += scalars[next..<mark.start].reduce(0) { $0 + UTF8.width($1) }
      let width = scalars[mark.start..<mark.end].reduce(0) { $0 + UTF8.width($1) }
      spans.append(
        Span(range: bytes..<bytes + width, source: mark.source, scalars: mark.offset..<mark.offset + mark.count))
      bytes += width
      next = mark.end
    }
    return spans
  }

  subscript(range: Range<Int>) -> MarkedText {
    var part = MarkedText(Array(scalars[range]))
    part.isSafe = isSafe
    for mark in marks where mark.start < range.upperBound && mark.end > range.lowerBound {
      let start = max(mark.start, range.lowerBound)
      let end = min(mark.end, range.upperBound)
      part.marks.append(
        Mark(
          start: start - range.lowerBound, count: end - start, source: mark.source,
          offset: mark.offset + start - mark.start))
    }
    return part
  }

  mutating func append(_ other: MarkedText) {
    let base = count
    scalars += other.scalars
    for mark in other.marks { note(base + mark.start, mark.count, mark.source, mark.offset) }
  }

  mutating func append(_ literal: String) { scalars.append(contentsOf: literal.unicodeScalars) }

  private mutating func note(_ start: Int, _ count: Int, _ source: Int, _ offset: Int) {
    if let last = marks.last, last.end == start, last.source == source, last.offset + last.count == offset {
      marks[marks.count - 1].count += count
    } else {
      marks.append(Mark(start: start, count: count, source: source, offset: offset))
    }
  }

  /// Each scalar replaced by what `transform` appends for it, which keeps its mark.
  func mapped(_ transform: (Int, Unicode.Scalar, inout [Unicode.Scalar]) -> Void) -> MarkedText {
    var result = MarkedText([])
    result.scalars.reserveCapacity(count)
    result.isSafe = isSafe
    var place = 0
    for (index, scalar) in scalars.enumerated() {
      let start = result.count
      transform(index, scalar, &result.scalars)
      while place < marks.count, marks[place].end <= index { place += 1 }
      guard place < marks.count, marks[place].start <= index else { continue }
      let mark = marks[place]
      for position in start..<result.count {
        result.note(position, 1, mark.source, mark.offset + index - mark.start)
      }
    }
    return result
  }

  /// The scalars at these places, one after the other.
  func picked(_ places: some Sequence<Int>) -> MarkedText {
    var result = MarkedText([])
    for place in places {
      result.scalars.append(scalars[place])
      if let mark = marks.first(where: { $0.start <= place && place < $0.end }) {
        result.note(result.count - 1, 1, mark.source, mark.offset + place - mark.start)
      }
    }
    return result
  }
}

extension MarkedText: ExpressibleByStringLiteral {
  public init(stringLiteral value: String) { self.init(value) }
}
