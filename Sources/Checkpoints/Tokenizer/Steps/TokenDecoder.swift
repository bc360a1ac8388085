/// How tokens become text again: `decoder` in `tokenizer.json`.
indirect enum TokenDecoder: Sendable {
  /// A space between tokens.
  case joined
  case byteLevel
  case byteFallback
  case fuse
  case metaspace(replacement: UInt32, dropsFirst: Bool)
  case strip(content: UInt32, start: Int, stop: Int)
  case replace(SplitPattern, content: [UInt8])
  case wordPiece(prefix: [UInt8], cleansUp: Bool)
  case wordEnd(suffix: [UInt8])
  case ctc(padding: [UInt8], delimiter: [UInt8], cleansUp: Bool)
  case sequence([TokenDecoder])

  static let read = [
    "ByteLevel", "Metaspace", "ByteFallback", "Fuse", "Strip", "Replace", "WordPiece", "BPEDecoder", "CTC", "Sequence",
  ]

  /// - Parameter field: `decoder` in `tokenizer.json`.
  init(_ field: Field) throws {
    guard field.exists else {
      self = .joined
      return
    }
    func scalar(_ field: Field) throws -> UInt32 {
      let scalars = try field.string().unicodeScalars
      guard scalars.count == 1, let scalar = scalars.first else { throw field.mustBe("one character") }
      return scalar.value
    }
    let type = try field["type"].string()
    switch type {
    case "ByteLevel": self = .byteLevel
    case "ByteFallback": self = .byteFallback
    case "Fuse": self = .fuse
    case "Metaspace":
      let scheme = try field["prepend_scheme"].string(or: "always")
      let adds = try field["add_prefix_space"].bool(or: true)
      self = .metaspace(replacement: try scalar(field["replacement"]), dropsFirst: scheme != "never" && adds)
    case "Strip":
      self = .strip(
        content: try scalar(field["content"]), start: try field["start"].integer(in: 0...),
        stop: try field["stop"].integer(in: 0...))
    case "Replace":
      self = .replace(try SplitPattern(field["pattern"]), content: Array(try field["content"].string().utf8))
    case "WordPiece":
      self = .wordPiece(
        prefix: Array(try field["prefix"].string(or: "##").utf8), cleansUp: try field["cleanup"].bool(or: true))
    case "BPEDecoder": self = .wordEnd(suffix: Array(try field["suffix"].string(or: "</w>").utf8))
    case "CTC":
      self = .ctc(
        padding: Array(try field["pad_token"].string(or: "<pad>").utf8),
        delimiter: Array(try field["word_delimiter_token"].string(or: "|").utf8),
        cleansUp: try field["cleanup"].bool(or: true))
    case "Sequence": self = .sequence(try field["decoders"].array().map { try TokenDecoder($0) })
    default:
      throw CheckpointError(
        field.file, .tokenizer(.unsupported(field: field.path + ".type", found: type, read: Self.read)))
    }
  }

  /// The text of tokens; bytes that are no UTF-8 become U+FFFD.
  func text(_ tokens: [[UInt8]]) -> String {
    if case .joined = self { return String(decoding: Array(tokens.joined(separator: [0x20])), as: UTF8.self) }
    return String(decoding: Array(apply(tokens).joined()), as: UTF8.self)
  }

  private func apply(_ tokens: [[UInt8]]) -> [[UInt8]] {
    switch self {
    case .joined: return [Array(tokens.joined(separator: [0x20]))]
    case .byteLevel:
      let bytes = tokens.flatMap { token in token.withUnsafeBufferPointer { ByteAlphabet.spelled($0) } ?? token }
      return [Array(String(decoding: bytes, as: UTF8.self).utf8)]
    case .byteFallback: return Self.joiningBytes(tokens)
    case .fuse: return [Array(tokens.joined())]
    case .metaspace(let replacement, let dropsFirst):
      var mark: [UInt8] = []
      mark.appendScalar(replacement)
      return tokens.enumerated().map { place, token in
        Self.replacing(mark, in: token, with: place == 0 && dropsFirst ? [] : [0x20])
      }
    case .strip(let content, let start, let stop):
      return tokens.map { Self.stripped($0, content, start: start, stop: stop) }
    case .replace(let pattern, let content):
      return tokens.map { token in
        guard !token.isEmpty else { return token }
        var text = AlignedText(token)
        text.replace(pattern, with: content)
        return text.bytes
      }
    case .wordPiece(let prefix, let cleansUp):
      return tokens.enumerated().map { place, token in
        var token = token
        if place > 0 { token = token.starts(with: prefix) ? Array(token.dropFirst(prefix.count)) : [0x20] + token }
        return cleansUp ? Self.cleaned(token) : token
      }
    case .wordEnd(let suffix):
      return tokens.enumerated().map { place, token in
        Self.replacing(suffix, in: token, with: place == tokens.count - 1 ? [] : [0x20])
      }
    case .ctc(let padding, let delimiter, let cleansUp):
      var result: [[UInt8]] = []
      for (place, token) in tokens.enumerated() where place == 0 || token != tokens[place - 1] {
        var text = Self.replacing(padding, in: token, with: [])
        if cleansUp { text = Self.replacing(delimiter, in: Self.cleaned(text), with: [0x20]) }
        if !text.isEmpty { result.append(text) }
      }
      return result
    case .sequence(let steps): return steps.reduce(tokens) { $1.apply($0) }
    }
  }

  /// Puts runs of `<0x…>` together; where they are no UTF-8, each becomes U+FFFD.
  private static func joiningBytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
    func byte(_ token: [UInt8]) -> UInt8? {
      guard token.count == 6, token.starts(with: Array("<0x".utf8)), token[5] == UInt8(ascii: ">") else { return nil }
      // Rust's reader of digits takes a plus sign.
      return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
    }
    var result: [[UInt8]] = []
    var run: [UInt8] = []
    func flush() {
      guard !run.isEmpty else { return }
      if String(validating: run, as: UTF8.self) != nil {
        result.append(run)
      } else {
        result += [[UInt8]](repeating: [0xEF, 0xBF, 0xBD], count: run.count)
      }
      run = []
    }
    for token in tokens {
      if let byte = byte(token) {
        run.append(byte)
      } else {
        flush()
        result.append(token)
      }
    }
    flush()
    return result
  }

  private static func stripped(_ token: [UInt8], _ content: UInt32, start: Int, stop: Int) -> [UInt8] {
    let scalars = AlignedText(token).scalars(in: token.indices)
    let leading = scalars.prefix(start).prefix { $0 == content }.count
    let trailing = scalars.reversed().prefix(stop).prefix { $0 == content }.count
    guard leading + trailing > 0 else { return token }
    var result: [UInt8] = []
    for scalar in scalars.dropFirst(leading).dropLast(min(trailing, scalars.count - leading)) {
      result.appendScalar(scalar)
    }
    return result
  }

  private static func replacing(_ part: [UInt8], in text: [UInt8], with other: [UInt8]) -> [UInt8] {
    guard let first = part.first, text.count >= part.count else { return text }
    var result: [UInt8] = []
    var next = 0
    while next < text.count {
      if text[next] == first, text[next...].starts(with: part) {
        result += other
        next += part.count
      } else {
        result.append(text[next])
        next += 1
      }
    }
    return result
  }

  /// Undoes the spaces that English tokenisers put before punctuation and contractions.
  private static func cleaned(_ text: [UInt8]) -> [UInt8] {
    let changes = [
      (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
      (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ]
    return changes.reduce(text) { replacing(Array($1.0.utf8), in: $0, with: Array($1.1.utf8)) }
  }
}
