/// A text on its way to tokens, and which bytes of the input each of its bytes stands for.
struct AlignedText: Sendable {
  /// UTF-8.
  private(set) var bytes: [UInt8]
  /// Where the first byte lies in the input, while this is the input or a part of it.
  private let origin: Int
  /// For each byte, the bytes of the input that its scalar stands for; empty while this is the input.
  private(set) var starts: [Int32] = []
  private(set) var ends: [Int32] = []

  var isInput: Bool { starts.isEmpty }

  init(_ bytes: [UInt8], origin: Int = 0) {
    self.bytes = bytes
    self.origin = origin
  }

  private init(bytes: [UInt8], starts: [Int32], ends: [Int32]) {
    (self.bytes, self.starts, self.ends, origin) = (bytes, starts, ends, 0)
  }

  /// A scalar that takes the place of others: one more than `-step` of them, or of none where `step` is 1.
  struct Change {
    let scalar: UInt32
    let step: Int
  }

  subscript(part: Range<Int>) -> AlignedText {
    if part == bytes.indices { return self }
    if isInput { return AlignedText(Array(bytes[part]), origin: origin + part.lowerBound) }
    return AlignedText(bytes: Array(bytes[part]), starts: Array(starts[part]), ends: Array(ends[part]))
  }

  /// What the scalar that the byte at `offset` belongs to stands for.
  @inline(__always)
  func alignment(at offset: Int) -> (start: Int32, end: Int32) {
    guard isInput else { return (starts[offset], ends[offset]) }
    var start = offset
    while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return (Int32(origin + start), Int32(origin + start + scalarLength(bytes[start])))
  }

  /// The bytes of the input that a part stands for.
  func source(of part: Range<Int>) -> Range<Int> {
    guard !part.isEmpty, part.upperBound <= bytes.count else {
      let place =
        part.lowerBound < bytes.count
        ? Int(alignment(at: part.lowerBound).start) : Int(ends.last ?? Int32(origin + bytes.count))
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
  /// - Parameter isReplaced: by byte; false from 0x80 on.
  mutating func replace(_ isReplaced: [Bool], with content: [UInt8]) {
    let found = isReplaced.withUnsafeBufferPointer { set in bytes.reduce(0) { $0 + (set[Int($1)] ? 1 : 0) } }
    guard found > 0 else { return }
    let count = bytes.count + found * (content.count - 1)
    var made = [UInt8](repeating: 0, count: count)
    var (from, to) = ([Int32](repeating: 0, count: count), [Int32](repeating: 0, count: count))
    let isInput = self.isInput
    bytes.withUnsafeBufferPointer { source in
      made.withUnsafeMutableBufferPointer { made in
        from.withUnsafeMutableBufferPointer { from in
          to.withUnsafeMutableBufferPointer { to in
            var (offset, place) = (0, 0)
            while offset < source.count {
              let length = min(scalarLength(source[offset]), source.count - offset)
              let start = isInput ? Int32(origin + offset) : starts[offset]
              let end = isInput ? Int32(origin + offset + length) : ends[offset]
              if isReplaced[Int(source[offset])] {
                for unit in content {
                  (made[place], from[place], to[place]) = (unit, start, end)
                  place += 1
                }
              } else {
                for i in 0..<length {
                  (made[place], from[place], to[place]) = (source[offset + i], start, end)
                  place += 1
                }
              }
              offset += length
            }
          }
        }
      }
    }
    self = AlignedText(bytes: made, starts: from, ends: to)
  }

  /// Several texts as one.
  static func joined(_ parts: [AlignedText]) -> AlignedText {
    var result = AlignedText(bytes: [], starts: [], ends: [])
    for part in parts {
      result.bytes += part.bytes
      if part.isInput {
        for offset in part.bytes.indices {
          let (start, end) = part.alignment(at: offset)
          result.starts.append(start)
          result.ends.append(end)
        }
      } else {
        result.starts += part.starts
        result.ends += part.ends
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
    private var starts: [Int32] = []
    private var ends: [Int32] = []

    init(_ source: AlignedText) {
      self.source = source
      let capacity = source.bytes.count + source.bytes.count / 4 + 16
      bytes.reserveCapacity(capacity)
      starts.reserveCapacity(capacity)
      ends.reserveCapacity(capacity)
    }

    mutating func copy(upTo end: Int) {
      guard position < end else { return }
      bytes += source.bytes[position..<end]
      if source.isInput {
        let (from, count, origin) = (position, end - position, Int32(source.origin))
        source.bytes.withUnsafeBufferPointer { bytes in
          starts.append(count: count) { starts in
            var offset = 0
            while offset < count {
              let start = Int32(offset + from) + origin
              starts[offset] = start
              let length = min(scalarLength(bytes[offset + from]), count - offset)
              for i in 1..<max(length, 1) { starts[offset + i] = start }
              offset += length
            }
          }
          ends.append(count: count) { ends in
            var offset = 0
            while offset < count {
              let length = min(scalarLength(bytes[offset + from]), count - offset)
              let end = Int32(offset + from + length) + origin
              for i in 0..<length { ends[offset + i] = end }
              offset += length
            }
          }
        }
      } else {
        starts += source.starts[position..<end]
        ends += source.ends[position..<end]
      }
      position = end
    }

    mutating func append(_ scalar: UInt32, _ alignment: (start: Int32, end: Int32)) {
      let before = bytes.count
      bytes.appendScalar(scalar)
      for _ in before..<bytes.count {
        starts.append(alignment.start)
        ends.append(alignment.end)
      }
    }

    /// Appends bytes that all stand for the same part of the input.
    mutating func append(_ content: [UInt8], _ alignment: (start: Int32, end: Int32)) {
      bytes += content
      for _ in content {
        starts.append(alignment.start)
        ends.append(alignment.end)
      }
    }

    mutating func skip(upTo end: Int) { position = max(position, end) }

    /// What the scalar before `offset` stands for; the start of the text where there is none.
    func alignment(before offset: Int) -> (start: Int32, end: Int32) {
      offset < 1 || offset > source.bytes.count
        ? (Int32(source.isInput ? source.origin : 0), Int32(source.isInput ? source.origin : 0))
        : source.alignment(at: offset - 1)
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
      return AlignedText(bytes: bytes, starts: starts, ends: ends)
    }
  }
}

extension AlignedText {
  /// Small letters for A to Z in a text that is ASCII; every byte stands for what it stood for.
  mutating func lowercaseASCII() {
    for offset in bytes.indices where bytes[offset] >= 0x41 && bytes[offset] <= 0x5A { bytes[offset] |= 0x20 }
  }
}

extension [Int32] {
  /// Appends numbers that `fill` writes.
  fileprivate mutating func append(count: Int, fill: (UnsafeMutablePointer<Int32>) -> Void) {
    let before = self.count
    append(contentsOf: repeatElement(0, count: count))
    withUnsafeMutableBufferPointer { numbers in
      if let start = numbers.baseAddress { fill(start + before) }
    }
  }
}
