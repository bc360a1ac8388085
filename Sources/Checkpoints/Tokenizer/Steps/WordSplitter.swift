import Glibc

/// How text between added tokens is cut into words: the `pre_tokenizer` of `tokenizer.json`.
indirect enum WordSplitter: Sendable {
  /// No splitting: the whole piece is one word.
  case none
  /// At white space, which is dropped.
  case whitespaceSplit
  /// Into runs of word characters and runs of other characters; white space is dropped.
  case whitespace
  /// At white space, which is dropped, and around punctuation.
  case bert
  case punctuation(SplitBehavior)
  case digits(individual: Bool)
  case delimiter(UInt32)
  case fixedLength(Int)
  case split(SplitPattern, SplitBehavior, inverts: Bool)
  /// The words are bytes from here on.
  case byteLevel(addsSpace: Bool, usesPattern: Bool)
  case metaspace(replacement: [UInt8], PrependScheme, splits: Bool)
  /// One after the other, each on what the one before left.
  case sequence([WordSplitter])

  enum PrependScheme: String, Sendable {
    case first, never, always
  }

  static let read = [
    "ByteLevel", "Metaspace", "Split", "Digits", "Punctuation", "Whitespace", "WhitespaceSplit", "BertPreTokenizer",
    "CharDelimiterSplit", "FixedLength", "Sequence",
  ]

  /// - Parameter field: `pre_tokenizer` in `tokenizer.json`.
  init(_ field: Field) throws {
    guard field.exists else {
      self = .none
      return
    }
    let type = try field["type"].string()
    switch type {
    case "WhitespaceSplit": self = .whitespaceSplit
    case "Whitespace": self = .whitespace
    case "BertPreTokenizer": self = .bert
    case "Punctuation":
      self = .punctuation(field["behavior"].exists ? try SplitBehavior(field["behavior"]) : .isolated)
    case "Digits": self = .digits(individual: try field["individual_digits"].bool(or: false))
    case "CharDelimiterSplit": self = .delimiter(try Self.scalar(field["delimiter"]))
    case "FixedLength": self = .fixedLength(try field["length"].integer(in: 1..., or: 5))
    case "Split":
      self = .split(
        try SplitPattern(field["pattern"]), try SplitBehavior(field["behavior"]),
        inverts: try field["invert"].bool(or: false))
    case "ByteLevel":
      self = .byteLevel(
        addsSpace: try field["add_prefix_space"].bool(or: true), usesPattern: try field["use_regex"].bool(or: true))
    case "Metaspace": self = try Self.metaspace(field)
    case "Sequence":
      let steps = try field["pretokenizers"].array()
      self = .sequence(try steps.map { try WordSplitter($0) })
      for (step, field) in zip(try steps.map { try WordSplitter($0) }, steps).dropLast() where step.endsInBytes {
        throw CheckpointError(
          field.file,
          .tokenizer(
            .unsupportedValue(field: field.path, found: "ByteLevel", why: "nothing may come after it in a Sequence")))
      }
    default:
      throw CheckpointError(
        field.file, .tokenizer(.unsupported(field: field.path + ".type", found: type, read: Self.read)))
    }
  }

  private static func scalar(_ field: Field) throws -> UInt32 {
    let scalars = try field.string().unicodeScalars
    guard scalars.count == 1, let scalar = scalars.first else { throw field.mustBe("one character") }
    return scalar.value
  }

  private static func metaspace(_ field: Field) throws -> WordSplitter {
    let schemes: [String: PrependScheme] = ["first": .first, "never": .never, "always": .always]
    var scheme = PrependScheme.always
    let named = field["prepend_scheme"]
    if named.exists {
      guard let found = schemes[try named.string()] else { throw named.mustBe("first, never or always") }
      scheme = found
    }
    if field["add_prefix_space"].exists, try !field["add_prefix_space"].bool() {
      guard !named.exists || scheme == .never else {
        throw field["add_prefix_space"].mustBe("true where prepend_scheme is \(scheme.rawValue)")
      }
      scheme = .never
    }
    var replacement: [UInt8] = []
    replacement.appendScalar(try scalar(field["replacement"]))
    return .metaspace(replacement: replacement, scheme, splits: try field["split"].bool(or: true))
  }

  /// Whether what this leaves is bytes, for a model that is spelled in their alphabet.
  var endsInBytes: Bool {
    switch self {
    case .byteLevel: true
    case .sequence(let steps): steps.last?.endsInBytes ?? false
    default: false
    }
  }

  func apply(to pieces: inout Pieces) {
    switch self {
    case .none: break
    case .whitespaceSplit: Self.cut(&pieces, .removed) { $0 & UnicodeTable.white != 0 }
    case .whitespace: pieces.cut(Self.words)
    case .bert:
      Self.cut(&pieces, .removed) { $0 & UnicodeTable.white != 0 }
      Self.cut(&pieces, .isolated) { $0 & UnicodeTable.punctuation != 0 }
    case .punctuation(let behavior): Self.cut(&pieces, behavior) { $0 & UnicodeTable.punctuation != 0 }
    case .digits(let individual):
      Self.cut(&pieces, individual ? .isolated : .contiguous) { $0 & UnicodeTable.numeric != 0 }
    case .delimiter(let scalar): Self.cutScalars(&pieces, .removed) { $0 == scalar }
    case .fixedLength(let length): Self.cut(&pieces, every: length)
    case .split(let pattern, let behavior, let inverts): Self.cut(&pieces, pattern, behavior, inverts: inverts)
    case .byteLevel(let addsSpace, let usesPattern):
      if addsSpace {
        pieces.change { text in
          guard text.bytes.first != 0x20, !text.bytes.isEmpty else { return false }
          text.prepend([0x20])
          return true
        }
      }
      if usesPattern { Self.cut(&pieces, .scanner(PatternScanner(.gpt2)), .isolated, inverts: false) }
    case .metaspace(let replacement, let scheme, let splits):
      Self.replaceSpaces(&pieces, replacement, scheme)
      if splits { Self.cut(&pieces, before: replacement) }
    case .sequence(let steps): for step in steps { step.apply(to: &pieces) }
    }
  }

  private static let isSpace: [Bool] = (0..<256).map { $0 == 0x20 }

  private static func replaceSpaces(_ pieces: inout Pieces, _ replacement: [UInt8], _ scheme: PrependScheme) {
    pieces.change { text in
      guard !text.bytes.isEmpty else { return false }
      let isFirst = text.alignment(at: 0).start == 0
      let prepends =
        switch scheme {
        case .always: true
        case .first: isFirst
        case .never: false
        }
      let startsWithIt = text.bytes[0] == 0x20 || text.bytes.starts(with: replacement)
      return text.replace(Self.isSpace, with: replacement, prepends: prepends && !startsWithIt)
    }
  }

  private static func cut(
    _ pieces: inout Pieces, _ pattern: SplitPattern, _ behavior: SplitBehavior, inverts: Bool
  ) {
    pieces.cut { text, range, result in
      var collector = SplitCollector(range, behavior, inverts: inverts)
      pattern.matches(in: text, range) { collector.add($0, to: &result) }
      collector.finish(&result)
    }
  }

  /// Cuts at single scalars of a class.
  private static func cut(
    _ pieces: inout Pieces, _ behavior: SplitBehavior, _ isMatch: (UnicodeTable.Bits) -> Bool
  ) {
    let table = UnicodeTable.shared.bits
    cutScalars(&pieces, behavior) { isMatch(table[Int($0)]) }
  }

  private static func cutScalars(
    _ pieces: inout Pieces, _ behavior: SplitBehavior, _ isMatch: (UInt32) -> Bool
  ) {
    pieces.cut { text, range, result in
      var collector = SplitCollector(range, behavior, inverts: false)
      var next = range.lowerBound
      while next < range.upperBound {
        let (scalar, length) = decodedScalar(text, at: next)
        let end = min(next + length, range.upperBound)
        if isMatch(scalar) { collector.add(next..<end, to: &result) }
        next = end
      }
      collector.finish(&result)
    }
  }

  /// Cuts before every occurrence of a scalar.
  private static func cut(_ pieces: inout Pieces, before scalar: [UInt8]) {
    scalar.withUnsafeBufferPointer { scalar in
      pieces.cut { text, range, result in
        var start = range.lowerBound
        var next = start + 1
        while next + scalar.count <= range.upperBound {
          if text[next] == scalar[0], memcmp(text.baseAddress! + next, scalar.baseAddress!, scalar.count) == 0 {
            result.append(Pieces.Piece(start: start, end: next))
            start = next
          }
          next += 1
        }
        result.append(Pieces.Piece(start: start, end: range.upperBound))
      }
    }
  }

  private static func cut(_ pieces: inout Pieces, every length: Int) {
    pieces.cut { text, range, result in
      var (start, count, next) = (range.lowerBound, 0, range.lowerBound)
      while next < range.upperBound {
        next += scalarLength(text[next])
        count += 1
        if count == length || next >= range.upperBound {
          result.append(Pieces.Piece(start: start, end: min(next, range.upperBound)))
          (start, count) = (next, 0)
        }
      }
    }
  }

  /// Runs of word characters and runs of what is neither those nor white space.
  private static func words(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ result: inout [Pieces.Piece]
  ) {
    let table = UnicodeTable.shared.bits
    var start = range.lowerBound
    var current = 0
    var next = start
    while next < range.upperBound {
      let (scalar, length) = decodedScalar(text, at: next)
      let bits = table[Int(scalar)]
      let kind = bits & UnicodeTable.word != 0 ? 1 : bits & UnicodeTable.white != 0 ? 0 : 2
      if kind != current {
        if current != 0 { result.append(Pieces.Piece(start: start, end: next)) }
        start = next
        current = kind
      }
      next = min(next + length, range.upperBound)
    }
    if current != 0 { result.append(Pieces.Piece(start: start, end: range.upperBound)) }
  }
}
