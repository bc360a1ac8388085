import Checkpoints

/// The values of a page that are there, by their encoding, each found when it is asked for.
indirect enum PageValues {
  /// One behind the other, of `width` bytes each.
  case fixed(PageBytes, width: Int)
  /// The first bytes of all, then the second ones, and so on.
  case split(PageBytes, width: Int, count: Int)
  /// Truth values, eight to a byte.
  case bits(PageBytes)
  case runs(HybridRuns)
  case deltas(DeltaIntegers)
  /// Bytes of any number each.
  case spans(PageBytes, [Span])
  case prefixed(PrefixedValues)
  case places(HybridRuns, in: ParquetDictionary)

  struct Span {
    let start: UInt32
    let count: UInt32
  }

  /// A value as its physical type has it.
  enum Raw {
    case flag(Bool)
    case integer(Int64)
    /// Little-endian where it is a number.
    case bytes(PageBytes)
  }

  /// - Parameters:
  ///   - bytes: the page behind its levels.
  ///   - count: how many values there are.
  ///   - dictionary: of the column, where it has one.
  /// - Throws: `PageDamage`, `ParquetProblem.unsupported`.
  init(
    _ bytes: PageBytes, encoding: Int, type: ParquetPhysical, count: Int, dictionary: () throws -> ParquetDictionary?
  ) throws {
    switch (encoding, type) {
    case (0, _): self = try Self.plain(bytes, type, count)
    // A column of which every value is null may leave the page empty.
    case (2, _), (8, _):
      guard count > 0 else {
        self = .spans(bytes, [])
        break
      }
      guard let dictionary = try dictionary() else { throw PageDamage("the column has no dictionary") }
      guard let width = bytes.withBytes({ $0.first.map(Int.init) }), let rest = bytes.from(1) else {
        throw PageDamage.endsEarly
      }
      self = .places(try HybridRuns(rest, width: width, count: count), in: dictionary)
    case (3, .boolean):
      guard let length = bytes.word(0), let runs = bytes.part(4, count: length) else { throw PageDamage.endsEarly }
      self = .runs(try HybridRuns(runs, width: 1, count: count))
    case (5, .int32), (5, .int64): self = .deltas(try Self.deltas(bytes, count))
    case (6, .bytes): self = .spans(bytes, try Self.spans(bytes, count))
    case (7, .bytes), (7, .fixed):
      let prefixes = try Self.deltas(bytes, count)
      guard let rest = bytes.from(prefixes.end) else { throw PageDamage.endsEarly }
      self = .prefixed(PrefixedValues(prefixes, rest, try Self.spans(rest, count)))
    case (9, .int32), (9, .int64), (9, .float), (9, .double), (9, .fixed):
      self = .split(try Self.whole(bytes, type.width, count), width: type.width, count: count)
    default:
      let names = [
        3: "RLE", 4: "BIT_PACKED", 5: "DELTA_BINARY_PACKED", 6: "DELTA_LENGTH_BYTE_ARRAY", 7: "DELTA_BYTE_ARRAY",
        9: "BYTE_STREAM_SPLIT",
      ]
      throw ParquetProblem.unsupported(
        "the encoding \(names[encoding] ?? "number \(encoding)") of \(type)", read: "plain, dictionary and delta are")
    }
  }

  private static func plain(_ bytes: PageBytes, _ type: ParquetPhysical, _ count: Int) throws -> PageValues {
    switch type {
    case .boolean:
      guard let bits = bytes.part(0, count: (count + 7) / 8) else { throw PageDamage.endsEarly }
      return .bits(bits)
    case .bytes:
      // Each has four bytes for its length.
      guard count <= bytes.count / 4 else { throw PageDamage.endsEarly }
      return .spans(
        bytes,
        try bytes.withBytes { raw in
          var offset = 0
          return try (0..<count).map { _ in
            guard raw.count - offset >= 4 else { throw PageDamage.endsEarly }
            let length = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            guard Int(length) <= raw.count - offset - 4 else { throw PageDamage.endsEarly }
            defer { offset += 4 + Int(length) }
            return Span(start: UInt32(offset + 4), count: length)
          }
        })
    default: return .fixed(try whole(bytes, type.width, count), width: type.width)
    }
  }

  private static func whole(_ bytes: PageBytes, _ width: Int, _ count: Int) throws -> PageBytes {
    guard width > 0, count <= bytes.count / width, let whole = bytes.part(0, count: count * width) else {
      throw PageDamage("it has \(bytes.count) bytes for \(count) values of \(width)")
    }
    return whole
  }

  private static func deltas(_ bytes: PageBytes, _ count: Int) throws -> DeltaIntegers {
    let deltas = try DeltaIntegers(bytes)
    guard deltas.count >= count else { throw PageDamage("it has \(deltas.count) values, not \(count)") }
    return deltas
  }

  /// The most texts of a page with lengths of their own: lengths may take no bytes, places for them do.
  private static let mostSpans = 1 << 22

  /// Texts that lie behind their lengths. Offsets are from the beginning of `bytes`.
  private static func spans(_ bytes: PageBytes, _ count: Int) throws -> [Span] {
    let lengths = try deltas(bytes, count)
    guard count <= mostSpans else { throw ParquetProblem.tooMany("texts in a page", limit: mostSpans) }
    var offset = lengths.end
    return try (0..<count).map { place in
      let length = lengths[place]
      guard length >= 0, length <= Int64(bytes.count - offset) else { throw PageDamage.endsEarly }
      defer { offset += Int(length) }
      return Span(start: UInt32(offset), count: UInt32(length))
    }
  }

  /// - Parameter place: below the number of values.
  /// - Throws: `PageDamage`.
  func raw(_ place: Int) throws -> Raw {
    switch self {
    case .fixed(let bytes, let width): return .bytes(try Self.inside(bytes.part(place * width, count: width)))
    case .split(let bytes, let width, let count):
      let value = bytes.withBytes { raw in (0..<width).map { raw[$0 * count + place] } }
      return .bytes(PageBytes(FileBytes(value, name: bytes.holder.name)))
    case .bits(let bytes): return .flag(bytes.withBytes { $0[place / 8] >> UInt8(place % 8) & 1 == 1 })
    case .runs(let runs): return .flag(runs[place] == 1)
    case .deltas(let deltas): return .integer(deltas[place])
    case .spans(let bytes, let spans):
      guard place < spans.count else { throw PageDamage.endsEarly }
      return .bytes(try Self.inside(bytes.part(Int(spans[place].start), count: Int(spans[place].count))))
    case .prefixed(let values): return .bytes(try values[place])
    case .places(let places, let dictionary): return try dictionary.raw(places[place])
    }
  }

  private static func inside(_ bytes: PageBytes?) throws -> PageBytes {
    guard let bytes else { throw PageDamage.endsEarly }
    return bytes
  }
}

/// Texts of which each begins as the one before it (DELTA_BYTE_ARRAY).
///
/// Only one is held at a time: what a page of shared beginnings would unpack to has no bound but the square of its size.
final class PrefixedValues {
  private let prefixes: DeltaIntegers
  private let bytes: PageBytes
  private let suffixes: [PageValues.Span]
  private var recent = -1
  private var value: [UInt8] = []

  init(_ prefixes: DeltaIntegers, _ bytes: PageBytes, _ suffixes: [PageValues.Span]) {
    self.prefixes = prefixes
    self.bytes = bytes
    self.suffixes = suffixes
  }

  subscript(place: Int) -> PageBytes {
    get throws {
      guard place < suffixes.count else { throw PageDamage.endsEarly }
      if place < recent { (recent, value) = (-1, []) }
      while recent < place {
        let next = recent + 1
        let (prefix, suffix) = (prefixes[next], suffixes[next])
        guard prefix >= 0, prefix <= Int64(value.count),
          let suffix = bytes.part(Int(suffix.start), count: Int(suffix.count))
        else { throw PageDamage("a text shares \(prefix) bytes with one of \(value.count)") }
        value.removeLast(value.count - Int(prefix))
        suffix.withBytes { value.append(contentsOf: $0) }
        recent = next
      }
      return PageBytes(FileBytes(value, name: bytes.holder.name))
    }
  }
}

/// The values that the pages of a column name by their places.
final class ParquetDictionary {
  private let values: PageValues
  private let count: Int
  /// What was made of them, so that texts that come again and again are one text.
  private var made: [ParquetValue?]

  init(_ values: PageValues, count: Int) {
    self.values = values
    self.count = count
    made = Array(repeating: nil, count: count)
  }

  func raw(_ place: Int) throws -> PageValues.Raw {
    guard place < count else { throw PageDamage("place \(place) is outside its dictionary of \(count)") }
    return try values.raw(place)
  }

  func value(_ place: Int, _ make: (PageValues.Raw) throws -> ParquetValue) throws -> ParquetValue {
    guard place < count else { throw PageDamage("place \(place) is outside its dictionary of \(count)") }
    if let value = made[place] { return value }
    let value = try make(values.raw(place))
    made[place] = value
    return value
  }
}
