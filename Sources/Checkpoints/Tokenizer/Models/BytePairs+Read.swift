extension BytePairs {
  /// - Parameters:
  ///   - field: `model` in `tokenizer.json`.
  ///   - isByteLevel: whether the words that it gets are spelled in the alphabet of bytes.
  convenience init(_ field: Field, isByteLevel: Bool) throws {
    if try field["dropout"].number(or: 0) != 0 {
      throw CheckpointError(
        field.file,
        .tokenizer(
          .unsupportedValue(
            field: field["dropout"].path, found: "\(try field["dropout"].number())",
            why: "tokens would be drawn at random; set it to null")))
    }
    var options = Options()
    options.unknownToken = field["unk_token"].exists ? try field["unk_token"].string() : nil
    options.continuingPrefix = Array(try field["continuing_subword_prefix"].string(or: "").utf8)
    options.endSuffix = Array(try field["end_of_word_suffix"].string(or: "").utf8)
    options.fusesUnknown = try field["fuse_unk"].bool(or: false)
    options.fallsBackToBytes = try field["byte_fallback"].bool(or: false)
    options.ignoresMerges = try field["ignore_merges"].bool(or: false)
    options.isByteLevel = isByteLevel
    let vocabulary = try Vocabulary(field["vocab"])
    let merges = field["merges"]
    guard case .array(let list) = merges.value else { throw merges.mustBe("an array of pairs of tokens") }
    var pairs = MergePairs(vocabulary, prefix: options.continuingPrefix, expecting: list.count)
    for (rank, entry) in list.enumerated() {
      switch entry {
      case .array(let pair):
        guard pair.count == 2, case .string(let left) = pair[0], case .string(let right) = pair[1] else {
          throw merges[rank].mustBe("a pair of tokens")
        }
        try pairs.append(left, right) { CheckpointError(field.file, .tokenizer($0(merges[rank].path))) }
      case .string(let line):
        // The older form: one string with a space between.
        if rank == 0, line.hasPrefix("#version") { continue }
        let parts = line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw merges[rank].mustBe("two tokens with a space between") }
        try pairs.append(String(Substring(parts[0])), String(Substring(parts[1]))) {
          CheckpointError(field.file, .tokenizer($0(merges[rank].path)))
        }
      default: throw merges[rank].mustBe("a pair of tokens")
      }
    }
    self.init(vocabulary: vocabulary, merges: pairs.table, options: options)
  }
}

/// Merges given by the tokens' texts, in the order of their ranks.
struct MergePairs {
  private let vocabulary: Vocabulary
  private let prefix: [UInt8]
  private(set) var table: MergeTable
  private var rank: UInt32 = 0
  private var joined: [UInt8] = []

  init(_ vocabulary: Vocabulary, prefix: [UInt8] = [], expecting count: Int) {
    self.vocabulary = vocabulary
    self.prefix = prefix
    table = MergeTable(expecting: count)
  }

  /// - Parameters:
  ///   - line: two tokens with a space between, UTF-8.
  ///   - place: where it stands in the file.
  mutating func append(line: some Collection<UInt8>, at place: String, file: String) throws {
    let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      throw CheckpointError(
        file,
        .tokenizer(
          .unsupportedValue(
            field: place, found: "\"\(String(decoding: line, as: UTF8.self))\"",
            why: "a merge is two tokens with a space between")))
    }
    try append(String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self)) {
      CheckpointError(file, .tokenizer($0(place)))
    }
  }

  /// - Parameter error: what is thrown for a problem that needs the merge's place in the file.
  mutating func append(
    _ left: String, _ right: String, error: ((String) -> TokenizerProblem) -> CheckpointError
  ) throws {
    guard let first = vocabulary.id(of: left) else {
      throw error { TokenizerProblem.unknownMerge(field: $0, token: left) }
    }
    guard let second = vocabulary.id(of: right) else {
      throw error { TokenizerProblem.unknownMerge(field: $0, token: right) }
    }
    joined.removeAll(keepingCapacity: true)
    joined += left.utf8
    joined += right.utf8.dropFirst(min(prefix.count, right.utf8.count))
    let id = vocabulary.id(of: joined)
    guard id >= 0 else {
      let text = String(decoding: joined, as: UTF8.self)
      throw error { TokenizerProblem.unknownMerge(field: $0, token: text) }
    }
    table.insert(Int32(first), Int32(second), rank: rank, id: id)
    rank += 1
  }
}
