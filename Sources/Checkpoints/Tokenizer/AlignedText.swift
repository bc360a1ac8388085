/// A text on its way to tokens, and which bytes of the input each of its bytes stands for.
struct AlignedText: Sendable {
  /// UTF-8.
  private(set) var bytes: [UInt8]
  /// Where the first byte lies in the input, while this is the input or a part of it.
  private var origin: Int
  /// For each byte, the bytes of the input that its scalar stands for; empty while this is the input.
  private(set) var spans: [Span] = []

  /// Bytes of the input.
  struct Span: Sendable {
    var start: Int32
    var end: Int32
  }

  /// What the next step writes into, so that a text after a text takes no new memory.
  private let spare: Spare

  /// Arrays whose content nobody needs. Belongs to one text.
  final class Spare: @unchecked Sendable {
    @exclusivity(unchecked) fileprivate var bytes: [UInt8] = []
    @exclusivity(unchecked) fileprivate var spans: [Span] = []

    @inline(__always)
    fileprivate func withContent(_ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<Span>) -> Void) {
      bytes.withUnsafeBufferPointer { bytes in spans.withUnsafeBufferPointer { body(bytes, $0) } }
    }
  }

  var isInput: Bool { spans.isEmpty }

  init(_ bytes: [UInt8], origin: Int = 0) {
    self.bytes = bytes
    self.origin = origin
    spare = Spare()
  }

  private init(bytes: [UInt8], spans: [Span], spare: Spare = Spare()) {
    (self.bytes, self.spans, self.spare, origin) = (bytes, spans, spare, 0)
  }

  /// Starts anew with another input, in the memory of the last one.
  mutating func start(_ input: UnsafeBufferPointer<UInt8>) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: input)
    spans.removeAll(keepingCapacity: true)
    origin = 0
  }

  /// Drops what is not in a part.
  mutating func keep(_ part: Range<Int>) {
    if isInput {
      origin += part.lowerBound
    } else {
      spans.removeLast(spans.count - part.upperBound)
      spans.removeFirst(part.lowerBound)
    }
    bytes.removeLast(bytes.count - part.upperBound)
    bytes.removeFirst(part.lowerBound)
  }

  /// Puts other scalars in the place of single ones beyond ASCII, where they take as many bytes.
  /// - Returns: whether none of what was to be changed is left.
  mutating func overwrite(_ change: (UInt32) -> [UInt32]?) -> Bool {
    var isDone = true
    bytes.withUnsafeMutableBufferPointer { bytes in
      let read = UnsafeBufferPointer(bytes)
      var offset = 0
      while offset < read.count {
        if read[offset] < 0x80 {
          offset += 1
          continue
        }
        let (scalar, length) = decodedScalar(read, at: offset)
        let end = min(offset + length, read.count)
        if let others = change(scalar) {
          var units: [UInt8] = []
          for other in others { units.appendScalar(other) }
          if others.count == 1, units.count == end - offset {
            for i in 0..<units.count { bytes[offset + i] = units[i] }
          } else {
            isDone = false
          }
        }
        offset = end
      }
    }
    return isDone
  }

  /// A scalar that takes the place of others: one more than `-step` of them, or of none where `step` is 1.
  struct Change {
    let scalar: UInt32
    let step: Int
  }

  subscript(part: Range<Int>) -> AlignedText {
    if part == bytes.indices { return self }
    if isInput { return AlignedText(Array(bytes[part]), origin: origin + part.lowerBound) }
    return AlignedText(bytes: Array(bytes[part]), spans: Array(spans[part]))
  }

  /// What the scalar that the byte at `offset` belongs to stands for.
  @inline(__always)
  func alignment(at offset: Int) -> Span {
    guard isInput else { return spans[offset] }
    var start = offset
    while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return Span(start: Int32(origin + start), end: Int32(origin + start + scalarLength(bytes[start])))
  }

  /// The bytes of the input that a part stands for.
  func source(of part: Range<Int>) -> Range<Int> {
    guard !part.isEmpty, part.upperBound <= bytes.count else {
      let place =
        part.lowerBound < bytes.count
        ? Int(alignment(at: part.lowerBound).start) : Int(spans.last?.end ?? Int32(origin + bytes.count))
      return place..<place
    }
    let start = Int(alignment(at: part.lowerBound).start)
    return start..<max(start, Int(alignment(at: part.upperBound - 1).end))
  }

  func scalars(in part: Range<Int>) -> [UInt32] {
    bytes.withUnsafeBufferPointer { bytes in
      var result: [UInt32] = []
      var next = part.lowerBound
      while next < part.upperBound {
        let (value, length) = decodedScalar(bytes, at: next)
        result.append(value)
        next += length
      }
      return result
    }
  }

  /// Puts `content` in the place of every ASCII character of a set, in one pass: what "▁" for spaces needs.
  /// - Parameters:
  ///   - isReplaced: by byte; false from 0x80 on.
  ///   - prepends: whether `content` also goes before the text, standing for what its first scalar stands for.
  /// - Returns: whether anything was put anywhere.
  @discardableResult
  mutating func replace(_ isReplaced: [Bool], with content: [UInt8], prepends: Bool = false) -> Bool {
    let found = isReplaced.withUnsafeBufferPointer { set in bytes.reduce(0) { $0 + (set[Int($1)] ? 1 : 0) } }
    guard found > 0 || prepends, !bytes.isEmpty else { return false }
    let count = bytes.count + found * (content.count - 1) + (prepends ? content.count : 0)
    let (first, shift) = (alignment(at: 0), origin)
    // What was the text lies in the spare arrays from here on.
    swap(&bytes, &spare.bytes)
    swap(&spans, &spare.spans)
    origin = 0
    bytes.resize(to: count, 0)
    spans.resize(to: count, first)
    spare.withContent { units, known in
      content.withUnsafeBufferPointer { content in
        bytes.withUnsafeMutableBufferPointer { bytes in
          spans.withUnsafeMutableBufferPointer { spans in
            var place = 0
            @inline(__always)
            func put(_ unit: UInt8, _ span: Span) {
              (bytes[place], spans[place]) = (unit, span)
              place += 1
            }
            if prepends { for unit in content { put(unit, first) } }
            @inline(__always)
            func putAll(_ span: (_ offset: Int, _ end: Int) -> Span) {
              var offset = 0
              while offset < units.count {
                let unit = units[offset]
                let end = unit < 0x80 ? offset + 1 : min(offset + scalarLength(unit), units.count)
                let span = span(offset, end)
                if isReplaced[Int(unit)] {
                  for unit in content { put(unit, span) }
                } else {
                  put(unit, span)
                  offset += 1
                  while offset < end {
                    put(units[offset], span)
                    offset += 1
                  }
                }
                offset = end
              }
            }
            if known.isEmpty {
              putAll { Span(start: Int32($0 + shift), end: Int32($1 + shift)) }
            } else {
              putAll { offset, _ in known[offset] }
            }
          }
        }
      }
    }
    return true
  }

  /// Several texts as one.
  static func joined(_ parts: [AlignedText]) -> AlignedText {
    var result = AlignedText(bytes: [], spans: [])
    for part in parts {
      result.bytes += part.bytes
      if part.isInput {
        for offset in part.bytes.indices { result.spans.append(part.alignment(at: offset)) }
      } else {
        result.spans += part.spans
      }
    }
    return result
  }

  /// Writes a text anew, from its start to its end.
  struct Builder {
    private let source: AlignedText
    /// How much of the source has been dealt with.
    private(set) var position = 0
    private var bytes: [UInt8] = []
    private var spans: [Span] = []

    init(_ source: AlignedText) {
      self.source = source
      swap(&bytes, &source.spare.bytes)
      swap(&spans, &source.spare.spans)
      let capacity = source.bytes.count + source.bytes.count / 4 + 16
      bytes.removeAll(keepingCapacity: true)
      spans.removeAll(keepingCapacity: true)
      bytes.reserveCapacity(capacity)
      spans.reserveCapacity(capacity)
    }

    mutating func copy(upTo end: Int) {
      guard position < end else { return }
      bytes += source.bytes[position..<end]
      if source.isInput {
        let (first, shift) = (spans.count, source.origin)
        spans.append(contentsOf: repeatElement(Span(start: 0, end: 0), count: end - position))
        source.bytes.withUnsafeBufferPointer { bytes in
          spans.withUnsafeMutableBufferPointer { spans in
            var (offset, place) = (position, first)
            while offset < end {
              let next = bytes[offset] < 0x80 ? offset + 1 : min(offset + scalarLength(bytes[offset]), end)
              let span = Span(start: Int32(offset + shift), end: Int32(next + shift))
              while offset < next {
                spans[place] = span
                offset += 1
                place += 1
              }
            }
          }
        }
      } else {
        spans += source.spans[position..<end]
      }
      position = end
    }

    mutating func append(_ scalar: UInt32, _ span: Span) {
      let before = bytes.count
      bytes.appendScalar(scalar)
      for _ in before..<bytes.count { spans.append(span) }
    }

    /// Appends bytes that all stand for the same part of the input.
    mutating func append(_ content: [UInt8], _ span: Span) {
      bytes += content
      for _ in content { spans.append(span) }
    }

    mutating func skip(upTo end: Int) { position = max(position, end) }

    /// What the scalar before `offset` stands for; the start of the text where there is none.
    func alignment(before offset: Int) -> Span {
      guard offset < 1 || offset > source.bytes.count else { return source.alignment(at: offset - 1) }
      let start = Int32(source.isInput ? source.origin : 0)
      return Span(start: start, end: start)
    }

    /// Takes the scalars up to `end` out and puts others in their place, each with what it replaces.
    mutating func replace(upTo end: Int, with changes: [Change]) {
      var offset = position
      func skipScalar() { if offset < source.bytes.count { offset += scalarLength(source.bytes[offset]) } }
      for change in changes {
        if change.step > 0 || offset >= source.bytes.count {
          append(change.scalar, alignment(before: min(offset, source.bytes.count)))
        } else {
          append(change.scalar, source.alignment(at: offset))
          for _ in 0...(-change.step) { skipScalar() }
        }
      }
      position = end
    }

    mutating func finished() -> AlignedText {
      copy(upTo: source.bytes.count)
      source.spare.bytes = source.bytes
      source.spare.spans = source.spans
      return AlignedText(bytes: bytes, spans: spans, spare: source.spare)
    }
  }
}

extension Array {
  /// Drops what is too much at the end, or adds `element` there; the rest stays as it is.
  fileprivate mutating func resize(to count: Int, _ element: Element) {
    if self.count > count {
      removeLast(self.count - count)
    } else {
      append(contentsOf: repeatElement(element, count: count - self.count))
    }
  }
}

extension AlignedText {
  /// Small letters for A to Z in a text that is ASCII; every byte stands for what it stood for.
  mutating func lowercaseASCII() {
    for offset in bytes.indices where bytes[offset] >= 0x41 && bytes[offset] <= 0x5A { bytes[offset] |= 0x20 }
  }
}
