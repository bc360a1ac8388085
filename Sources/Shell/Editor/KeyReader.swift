import CEditline

/// Standard input as keys: UTF-8 decoded, escape sequences whole, those nobody bound swallowed. libedit would run the
/// characters of an unknown sequence as keys.
struct KeyReader {
  enum Event: Equatable {
    /// Scalars for libedit: one character, or a bound escape sequence.
    case keys([UnicodeScalar])
    /// A bracketed paste begins.
    case paste
    case end, interrupt, stop, resize, resume
  }

  static let pasteBegin = "\u{1B}[200~"
  private static let pasteEnd = Array("\u{1B}[201~".utf8)
  /// How long the rest of an escape sequence may take, in milliseconds; the Escape key alone waits this long.
  private static let patience: CInt = 50

  /// Escape sequences with a binding.
  var bound: Set<String> = []

  func next() -> Event {
    while true {
      let byte = steer_read_key(-1)
      if byte < 0 { return Self.event(of: byte) }
      switch byte {
      case 0x03: return .interrupt
      case 0x1A: return .stop
      case 0x1C: continue
      case 0x1B: if let event = escape() { return event }
      default: if let event = Self.character(byte) { return event }
      }
    }
  }

  private static func character(_ byte: CInt) -> Event? {
    decode(from: UInt8(truncatingIfNeeded: byte)).map { .keys([$0]) }
  }

  /// The text up to the end of the paste, line ends as newlines, without other control characters.
  func pasted() -> [UnicodeScalar] {
    var bytes: [UInt8] = []
    while true {
      let byte = steer_read_key(-1)
      if Int(byte) == STEER_KEY_RESIZE || Int(byte) == STEER_KEY_CONTINUE { continue }
      if byte < 0 { break }
      bytes.append(UInt8(truncatingIfNeeded: byte))
      if byte == 0x7E && bytes.suffix(Self.pasteEnd.count).elementsEqual(Self.pasteEnd) {
        bytes.removeLast(Self.pasteEnd.count)
        break
      }
    }
    var scalars: [UnicodeScalar] = []
    scalars.reserveCapacity(bytes.count)
    var isAfterReturn = false
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      defer { isAfterReturn = scalar == "\r" }
      switch scalar {
      case "\n": if !isAfterReturn { scalars.append("\n") }
      case "\r": scalars.append("\n")
      case "\t": scalars.append("\t")
      case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value): continue
      default: scalars.append(scalar)
      }
    }
    while scalars.last == "\n" { scalars.removeLast() }
    return scalars
  }

  /// What follows the escape byte; nil for a sequence nobody bound.
  private func escape() -> Event? {
    let second = steer_read_key(Self.patience)
    guard second >= 0 else { return .keys(["\u{1B}"]) }
    var sequence: [UInt8] = [0x1B, UInt8(truncatingIfNeeded: second)]
    switch sequence[1] {
    case UInt8(ascii: "["):
      // Parameters and intermediates, then a final byte from @ to ~.
      while true {
        guard let byte = Self.follow() else { return nil }
        sequence.append(byte)
        if byte >= 0x40 { break }
      }
    case UInt8(ascii: "O"):
      guard let byte = Self.follow() else { return nil }
      sequence.append(byte)
    case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"):
      // An answer of the terminal, ended by BEL or ESC \.
      var last: UInt8 = 0
      while let byte = Self.follow(), byte != 0x07, !(last == 0x1B && byte == UInt8(ascii: "\\")) { last = byte }
      return nil
    default:
      guard let scalar = Self.decode(from: sequence[1]) else { return nil }
      return .keys(["\u{1B}", scalar])
    }
    let text = String(decoding: sequence, as: UTF8.self)
    if text == Self.pasteBegin { return .paste }
    return bound.contains(text) ? .keys(Array(text.unicodeScalars)) : nil
  }

  private static func follow() -> UInt8? {
    let byte = steer_read_key(patience)
    return byte >= 0 ? UInt8(truncatingIfNeeded: byte) : nil
  }

  /// The scalar that starts with `first`; nil where the bytes are not UTF-8.
  private static func decode(from first: UInt8) -> UnicodeScalar? {
    let count =
      switch first {
      case 0..<0x80: 1
      case 0xC2..<0xE0: 2
      case 0xE0..<0xF0: 3
      case 0xF0..<0xF5: 4
      default: 0
      }
    var bytes = [first]
    guard count > 0 else { return nil }
    while bytes.count < count {
      guard let byte = follow(), byte & 0xC0 == 0x80 else { return nil }
      bytes.append(byte)
    }
    return String(validating: bytes, as: UTF8.self)?.unicodeScalars.first
  }

  private static func event(of code: CInt) -> Event {
    switch Int(code) {
    case STEER_KEY_INTERRUPT: .interrupt
    case STEER_KEY_RESIZE: .resize
    case STEER_KEY_CONTINUE: .resume
    default: .end
    }
  }
}
