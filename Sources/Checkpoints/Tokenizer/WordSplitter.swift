/// How text between added tokens is cut into words: the `pre_tokenizer` of `tokenizer.json`.
indirect enum WordSplitter: Sendable {
  /// No splitting: the whole piece is one word.
  case none
  /// At white space, which is dropped.
  case whitespaceSplit
  /// Into runs of word characters and runs of other characters; white space is dropped.
  case whitespace
  /// One after the other, each on what the one before left.
  case sequence([WordSplitter])

  static let read = ["WhitespaceSplit", "Whitespace", "Sequence"]

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
    case "Sequence": self = .sequence(try field["pretokenizers"].array().map { try WordSplitter($0) })
    default:
      throw CheckpointError(
        field.file, .tokenizer(.unsupported(field: field.path + ".type", found: type, read: Self.read)))
    }
  }

  /// The words of the bytes at `range`, in order.
  func words(in bytes: [UInt8], _ range: Range<Int>) -> [Range<Int>] {
    switch self {
    case .none: range.isEmpty ? [] : [range]
    case .whitespaceSplit: Self.runs(in: bytes, range) { $0.isWhiteSpace ? nil : 0 }
    case .whitespace: Self.runs(in: bytes, range) { $0.isWhiteSpace ? nil : $0.isWordCharacter ? 1 : 0 }
    case .sequence(let steps):
      steps.reduce([range]) { words, step in words.flatMap { step.words(in: bytes, $0) } }
    }
  }

  /// Runs of scalars of the same class; scalars without a class separate.
  private static func runs(
    in bytes: [UInt8], _ range: Range<Int>, class classify: (Unicode.Scalar) -> Int?
  ) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start = range.lowerBound
    var current: Int?
    var next = start
    while next < range.upperBound {
      let (scalar, length) = scalar(in: bytes, at: next)
      let kind = classify(scalar)
      if kind != current {
        if current != nil { runs.append(start..<next) }
        start = next
        current = kind
      }
      next += length
    }
    if current != nil { runs.append(start..<range.upperBound) }
    return runs
  }
}
