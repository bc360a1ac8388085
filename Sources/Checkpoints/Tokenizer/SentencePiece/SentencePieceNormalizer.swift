/// What SentencePiece itself does to a text before it is cut into pieces.
struct SentencePieceNormalizer: Sendable {
  var charsmap: Charsmap?
  /// Puts a space before the text: never, before what the text begins with, or before every part between added tokens.
  var prepends: WordSplitter.PrependScheme
  var removesExtraSpaces: Bool
  var spaceIsSuffix = false

  private static let space: [UInt8] = [0xE2, 0x96, 0x81]

  func apply(to text: inout AlignedText) {
    let bytes = text.bytes
    guard !bytes.isEmpty else { return }
    let isFirst = text.alignment(at: 0).start == 0
    let adds = prepends == .always || (prepends == .first && isFirst)
    var builder = AlignedText.Builder(text)
    var next = 0
    if removesExtraSpaces, isFirst {
      while next < bytes.count {
        let (length, content) = step(bytes, next)
        guard content == [0x20] else { break }
        next += length
      }
      builder.skip(upTo: next)
      if next == bytes.count {
        text = builder.finished()
        return
      }
    }
    if adds, !spaceIsSuffix { builder.append(Self.space, text.alignment(at: next)) }
    var wasSpace = removesExtraSpaces && isFirst
    while next < bytes.count {
      if bytes[next] != 0x20, charsmap == nil {
        let start = next
        while next < bytes.count, bytes[next] != 0x20 { next += 1 }
        builder.copy(upTo: next)
        wasSpace = wasSpace && start == next
        continue
      }
      let (length, content) = step(bytes, next)
      var part = content[...]
      if wasSpace { part = part.drop { $0 == 0x20 } }
      var escaped: [UInt8] = []
      for byte in part { if byte == 0x20 { escaped += Self.space } else { escaped.append(byte) } }
      builder.append(escaped, text.alignment(at: next))
      if !part.isEmpty { wasSpace = removesExtraSpaces && part.last == 0x20 }
      next += length
      builder.skip(upTo: next)
    }
    text = builder.finished()
    if removesExtraSpaces {
      var end = text.bytes.count
      while end >= 3, text.bytes[end - 3..<end].elementsEqual(Self.space) { end -= 3 }
      if end < text.bytes.count { text = text[0..<end] }
    }
    if adds, spaceIsSuffix, !text.bytes.isEmpty { text.append(Self.space) }
  }

  /// The next piece of the text, and what stands in its place.
  private func step(_ bytes: [UInt8], _ offset: Int) -> (length: Int, content: [UInt8]) {
    if let found = charsmap?.longest(bytes[offset...]) { return (found.length, found.replacement) }
    let length = min(scalarLength(bytes[offset]), bytes.count - offset)
    return (length, Array(bytes[offset..<offset + length]))
  }
}

extension AlignedText {
  /// Puts `content` behind a text that is not empty. It stands for what the last scalar stands for.
  mutating func append(_ content: [UInt8]) {
    var builder = Builder(self)
    builder.copy(upTo: bytes.count)
    builder.append(content, alignment(at: bytes.count - 1))
    self = builder.finished()
  }
}
