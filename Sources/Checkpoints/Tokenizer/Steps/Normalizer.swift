/// What is done to a text before it is cut into words: `normalizer` in `tokenizer.json`.
indirect enum Normalizer: Sendable {
  case none
  case sequence([Normalizer])
  case form(UnicodeNormalization.Form)
  case lowercase
  case strip(left: Bool, right: Bool)
  case stripAccents
  case replace(SplitPattern, content: [UInt8])
  case prepend([UInt8])
  case charsmap(Charsmap)
  case nmt
  case sentencePiece(SentencePieceNormalizer)
  case bert(cleansText: Bool, spacesChinese: Bool, stripsAccents: Bool, lowercases: Bool)

  static let read = [
    "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Strip", "StripAccents", "Replace", "Prepend", "Precompiled", "Nmt",
    "BertNormalizer", "Sequence",
  ]

  /// - Parameter field: `normalizer` in `tokenizer.json`.
  init(_ field: Field) throws {
    guard field.exists else {
      self = .none
      return
    }
    let type = try field["type"].string()
    switch type {
    case "Sequence": self = .sequence(try field["normalizers"].array().map { try Normalizer($0) })
    case "Lowercase": self = .lowercase
    case "Strip": self = .strip(left: try field["strip_left"].bool(), right: try field["strip_right"].bool())
    case "StripAccents": self = .stripAccents
    case "Replace":
      self = .replace(try SplitPattern(field["pattern"]), content: Array(try field["content"].string().utf8))
    case "Prepend": self = .prepend(Array(try field["prepend"].string().utf8))
    case "Precompiled":
      let text = try field["precompiled_charsmap"].string(or: "")
      guard let bytes = Base64.decoded(Array(text.utf8)) else {
        throw field["precompiled_charsmap"].mustBe("a character map in base 64")
      }
      self = bytes.isEmpty ? .none : .charsmap(try Charsmap(bytes, field: field["precompiled_charsmap"]))
    case "Nmt": self = .nmt
    case "BertNormalizer", "Bert":
      let lowercases = try field["lowercase"].bool(or: true)
      self = .bert(
        cleansText: try field["clean_text"].bool(or: true),
        spacesChinese: try field["handle_chinese_chars"].bool(or: true),
        stripsAccents: try field["strip_accents"].bool(or: lowercases), lowercases: lowercases)
    default:
      guard let form = UnicodeNormalization.Form(rawValue: type) else {
        throw CheckpointError(
          field.file, .tokenizer(.unsupported(field: field.path + ".type", found: type, read: Self.read)))
      }
      self = .form(form)
    }
  }

  var isNone: Bool { if case .none = self { true } else { false } }

  func apply(to text: inout AlignedText) {
    switch self {
    case .none: break
    case .sequence(let steps): for step in steps { step.apply(to: &text) }
    case .form(let form): UnicodeNormalization.shared.apply(form, to: &text)
    case .lowercase: Self.lowercase(&text)
    case .strip(let left, let right): Self.strip(&text, left: left, right: right)
    case .stripAccents: Self.remove(from: &text) { UnicodeTable.shared[$0] & UnicodeTable.accent != 0 }
    case .replace(let pattern, let content): text.replace(pattern, with: content)
    case .prepend(let content): text.prepend(content)
    case .charsmap(let map): map.apply(to: &text)
    case .nmt: Self.nmt(&text)
    case .sentencePiece(let normalizer): normalizer.apply(to: &text)
    case .bert(let cleans, let spaces, let strips, let lowercases):
      if cleans {
        Self.remove(from: &text) { $0 == 0 || $0 == 0xFFFD || UnicodeTable.shared[$0] & UnicodeTable.bertRemoved != 0 }
        Self.map(&text) { UnicodeTable.shared[$0] & UnicodeTable.white != 0 ? 0x20 : $0 }
      }
      if spaces { Self.spaceChinese(&text) }
      if strips {
        UnicodeNormalization.shared.apply(.nfd, to: &text)
        Self.remove(from: &text) { UnicodeTable.shared[$0] & UnicodeTable.bertMark != 0 }
      }
      if lowercases { Self.lowercase(&text) }
    }
  }

  private static func lowercase(_ text: inout AlignedText) {
    // In ASCII a small letter takes the place of a capital, byte for byte.
    text.lowercaseASCII()
    guard text.bytes.contains(where: { $0 >= 0x80 }) else { return }
    let normalization = UnicodeNormalization.shared
    func small(_ scalar: UInt32) -> [UInt32]? {
      normalization.hasLowercase(scalar) ? normalization.lowercase[scalar] : nil
    }
    if text.overwrite(small) { return }
    text.rewrite(fromASCII: false) { scalar in
      small(scalar).map { $0.enumerated().map { .init(scalar: $1, step: $0 > 0 ? 1 : 0) } }
    }
  }

  private static func strip(_ text: inout AlignedText, left: Bool, right: Bool) {
    let (start, end) = text.bytes.withUnsafeBufferPointer { bytes in
      func isWhite(_ offset: Int) -> Bool {
        UnicodeTable.shared[decodedScalar(bytes, at: offset).value] & UnicodeTable.white != 0
      }
      var (start, end) = (0, bytes.count)
      while left, start < end, isWhite(start) { start = min(start + scalarLength(bytes[start]), end) }
      while right, end > start {
        var before = end - 1
        while before > start, bytes[before] & 0xC0 == 0x80 { before -= 1 }
        guard isWhite(before) else { break }
        end = before
      }
      return (start, end)
    }
    if start > 0 || end < text.bytes.count { text.keep(start..<end) }
  }

  /// Drops scalars.
  private static func remove(from text: inout AlignedText, where isRemoved: (UInt32) -> Bool) {
    text.rewrite { isRemoved($0) ? [] : nil }
  }

  /// Puts one scalar in each one's place.
  private static func map(_ text: inout AlignedText, _ change: (UInt32) -> UInt32) {
    text.rewrite { scalar in
      let other = change(scalar)
      return other == scalar ? nil : [.init(scalar: other, step: 0)]
    }
  }

  private static func nmt(_ text: inout AlignedText) {
    remove(from: &text) { scalar in
      switch scalar {
      case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: true
      default: false
      }
    }
    map(&text) { scalar in
      switch scalar {
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: 0x20
      default: scalar
      }
    }
  }

  private static func spaceChinese(_ text: inout AlignedText) {
    // The library gives the first space and not the character what the character stands for, which is the same.
    text.rewrite { scalar in
      switch scalar {
      case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F, 0x2B920...0x2CEAF,
        0xF900...0xFAFF, 0x2F800...0x2FA1F:
        [.init(scalar: 0x20, step: 0), .init(scalar: scalar, step: 1), .init(scalar: 0x20, step: 1)]
      default: nil
      }
    }
  }
}

extension AlignedText {
  /// Puts something else in the place of single scalars; nil leaves one as it is.
  /// - Parameter fromASCII: whether ASCII can change.
  mutating func rewrite(fromASCII: Bool = true, _ change: (UInt32) -> [Change]?) {
    var builder: Builder?
    bytes.withUnsafeBufferPointer { bytes in
      var next = 0
      while next < bytes.count {
        if !fromASCII, bytes[next] < 0x80 {
          next += 1
          continue
        }
        let (scalar, length) = decodedScalar(bytes, at: next)
        if let changes = change(scalar) {
          if builder == nil { builder = Builder(self) }
          builder?.copy(upTo: next)
          builder?.replace(upTo: min(next + length, bytes.count), with: changes)
        }
        next += length
      }
    }
    if let made = builder?.finished() { self = made }
  }

  /// Puts `content` in the place of every match. It stands for what the last scalar of the match stands for.
  mutating func replace(_ pattern: SplitPattern, with content: [UInt8]) {
    if let set = pattern.characters {
      replace(set, with: content)
      return
    }
    var builder: Builder?
    bytes.withUnsafeBufferPointer { bytes in
      pattern.matches(in: bytes, 0..<bytes.count) { match in
        // One character that is there already stays.
        if match.count == 1, content.count == 1, bytes[match.lowerBound] == content[0] { return }
        if builder == nil { builder = Builder(self) }
        builder?.copy(upTo: match.lowerBound)
        if let span = builder?.alignment(before: match.upperBound) { builder?.append(content, span) }
        builder?.skip(upTo: match.upperBound)
      }
    }
    if let made = builder?.finished() { self = made }
  }

  /// Puts `content` before a text that is not empty. It stands for what the first scalar stands for.
  mutating func prepend(_ content: [UInt8]) {
    guard !bytes.isEmpty else { return }
    var builder = Builder(self)
    builder.append(content, alignment(at: 0))
    self = builder.finished()
  }
}
