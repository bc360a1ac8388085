/// A half-open range of UTF-8 offsets in one source text.
public struct Span: Hashable, Sendable {
  public var lower: Int
  public var upper: Int

  public init(_ lower: Int, _ upper: Int) {
    self.lower = lower
    self.upper = upper
  }

  /// The smallest span that holds both.
  public func union(_ other: Span) -> Span { Span(min(lower, other.lower), max(upper, other.upper)) }
}

/// A script's text with its name and line table. Compared by identity.
public final class SourceText: Sendable {
  /// What diagnostics call it: a path, `<stdin>`, `<repl:3>`.
  public let name: String
  public let bytes: [UInt8]
  /// Offset of the first byte of each line.
  public let lineStarts: [Int]

  public convenience init(name: String, _ text: String) { self.init(name: name, bytes: Array(text.utf8)) }

  /// Takes a file's bytes as they are; the lexer reports what is not UTF-8.
  public init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    var starts = [0]
    for (offset, byte) in bytes.enumerated() where byte == 0x0A { starts.append(offset + 1) }
    lineStarts = starts
  }

  /// One-based line and zero-based byte offset in that line.
  public func position(of offset: Int) -> (line: Int, column: Int) {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return (low + 1, offset - lineStarts[low])
  }

  /// The text of a span, cut to what there is; bytes that are not UTF-8 become U+FFFD.
  public func text(_ span: Span) -> String {
    let lower = min(max(span.lower, 0), bytes.count)
    let upper = min(max(span.upper, lower), bytes.count)
    return String(decoding: bytes[lower..<upper], as: UTF8.self)
  }
}
