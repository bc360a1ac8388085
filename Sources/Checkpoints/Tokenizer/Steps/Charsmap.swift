/// SentencePiece's compiled character map: a double array of what is replaced, and what stands in its place.
struct Charsmap: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]

  /// - Parameters:
  ///   - bytes: the size of the double array in bytes, the array, and the replacements, each ended by a zero byte.
  ///   - field: where they stand, for the error.
  init(_ bytes: [UInt8], field: Field) throws {
    guard let made = Charsmap(bytes) else { throw field.mustBe("a SentencePiece character map") }
    self = made
  }

  init?(_ bytes: [UInt8]) {
    func unit(_ offset: Int) -> UInt32 {
      UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2]) << 16
        | UInt32(bytes[offset + 3]) << 24
    }
    guard bytes.count >= 8 else { return nil }
    let size = Int(unit(0))
    guard size >= 4, size % 4 == 0, size <= bytes.count - 4 else { return nil }
    units = stride(from: 4, to: 4 + size, by: 4).map(unit)
    let rest = bytes[(4 + size)...]
    guard String(validating: rest, as: UTF8.self) != nil else { return nil }
    replacements = Array(rest)
  }

  /// Walks the double array along `bytes`; `body` gets the length of each entry found, shortest first, and the place of
  /// its replacement, and says whether to go on.
  private func walk(_ bytes: some Collection<UInt8>, _ body: (_ length: Int, _ place: Int) -> Bool) {
    func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 1 << 9) >> 6) }
    var node = offset(units[0])
    var length = 0
    for byte in bytes {
      guard byte != 0 else { return }
      node ^= Int(byte)
      guard units.indices.contains(node) else { return }
      let unit = units[node]
      guard unit & (1 << 31 | 0xFF) == UInt32(byte) else { return }
      node ^= offset(unit)
      length += 1
      if unit >> 8 & 1 == 1 {
        guard units.indices.contains(node) else { return }
        if !body(length, Int(units[node] & 0x7FFF_FFFF)) { return }
      }
    }
  }

  private func replacement(at place: Int) -> [UInt8] {
    place < replacements.count ? Array(replacements[place...].prefix { $0 != 0 }) : []
  }

  /// What the library puts in the place of a piece: what the shortest entry that the piece begins with says.
  private func shortest(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
    var found: Int?
    walk(bytes) { _, place in
      found = place
      return false
    }
    return found.map(replacement)
  }

  /// What SentencePiece itself replaces at the start of `bytes`: the longest entry.
  func longest(_ bytes: ArraySlice<UInt8>) -> (length: Int, replacement: [UInt8])? {
    var found: (Int, Int)?
    walk(bytes) { length, place in
      found = (length, place)
      return true
    }
    return found.map { ($0.0, replacement(at: $0.1)) }
  }

  /// As the `tokenizers` library applies it: to graphemes shorter than six bytes as a whole, to all others scalar by
  /// scalar.
  func apply(to text: inout AlignedText) {
    let bytes = text.bytes
    var builder: AlignedText.Builder?
    func put(_ part: Range<Int>, _ content: [UInt8]) {
      if builder == nil { builder = AlignedText.Builder(text) }
      builder?.copy(upTo: part.lowerBound)
      builder?.replace(upTo: part.upperBound, with: Self.changes(bytes[part], content))
    }
    var next = 0
    while next < bytes.count {
      let end = Grapheme.end(bytes, from: next)
      if end - next < 6, let content = shortest(bytes[next..<end]) {
        put(next..<end, content)
        next = end
        continue
      }
      while next < end {
        let length = min(scalarLength(bytes[next]), end - next)
        if let content = shortest(bytes[next..<next + length]) { put(next..<next + length, content) }
        next += length
      }
    }
    if let made = builder?.finished() { text = made }
  }

  /// Scalar for scalar; what is left over is added after, or taken away with, the last.
  private static func changes(_ before: ArraySlice<UInt8>, _ after: [UInt8]) -> [AlignedText.Change] {
    let old = before.count { $0 & 0xC0 != 0x80 }
    let scalars = AlignedText(after).scalars(in: after.indices)
    return scalars.enumerated().map { place, scalar in
      if place >= old { return .init(scalar: scalar, step: 1) }
      return .init(scalar: scalar, step: place == scalars.count - 1 ? min(0, scalars.count - old) : 0)
    }
  }
}

/// Extended grapheme clusters (UAX #29), as far as those shorter than six bytes are concerned.
private enum Grapheme {
  /// Where the grapheme ends that starts at `start`.
  static func end(_ bytes: [UInt8], from start: Int) -> Int {
    bytes.withUnsafeBufferPointer { bytes in
      let (first, length) = decodedScalar(bytes, at: start)
      var end = min(start + length, bytes.count)
      if first == 0x0D { return end < bytes.count && bytes[end] == 0x0A ? end + 1 : end }
      if isControl(first) { return end }
      if isPrepended(first), end < bytes.count {
        let (next, length) = decodedScalar(bytes, at: end)
        if !isControl(next) { end = min(end + length, bytes.count) }
      }
      while end < bytes.count, bytes[end] >= 0x80 {
        let (next, length) = decodedScalar(bytes, at: end)
        guard UnicodeTable.shared[next] & UnicodeTable.extending != 0 else { break }
        end = min(end + length, bytes.count)
      }
      return end
    }
  }

  private static func isPrepended(_ scalar: UInt32) -> Bool {
    (0x600...0x605).contains(scalar) || scalar == 0x6DD || scalar == 0x70F
  }

  private static func isControl(_ scalar: UInt32) -> Bool {
    // Control and format characters and line ends, other than the joiners, which extend, and those that are prepended.
    switch scalar {
    case 0..<0x20, 0x7F..<0xA0, 0xAD, 0x61C, 0x180E, 0x200B, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
      0xFFF0...0xFFFB:
      true
    default: false
    }
  }
}
