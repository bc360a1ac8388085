/// Where a zip archive's table of contents lies: its end record, and for archives past 4 GB or 65,534 members (zip64) the
/// wider one that a locator before it points to. Format: PKWARE, APPNOTE.TXT 6.3, 4.3.14 to 4.3.16.
struct ZipEnd {
  /// Members.
  let count: Int
  /// Bytes of the table.
  let size: Int
  /// Its first byte.
  let start: Int

  /// - Throws: `ZipProblem`; the table lies inside the file, and its members may by their number.
  init(_ bytes: UnsafeRawBufferPointer) throws {
    let archive = LittleEndianBytes(bytes)
    // The end record is 22 bytes and a comment of at most 65,535.
    let latest = bytes.count - 22
    guard latest >= 0,
      let end = (max(0, latest - 65_535)...latest).reversed().first(where: {
        archive.word($0) == 0x0605_4B50 && archive.half($0 + 20) == bytes.count - $0 - 22
      }),
      var disk = archive.half(end + 4), var count = archive.half(end + 10), var size = archive.word(end + 12),
      var start = archive.word(end + 16)
    else { throw ZipProblem.notZip }
    var limit = end
    // A number of all ones may be the number itself.
    if disk == 0xFFFF || count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF,
      archive.word(end - 20) == 0x0706_4B50
    {
      guard let record = archive.long(end - 12), record <= end - 20 - 56, archive.word(record) == 0x0606_4B50,
        let rest = archive.long(record + 4), rest >= 44, rest <= end - 20 - 12 - record,
        let wideDisk = archive.word(record + 16), let wideCount = archive.long(record + 32),
        let wideSize = archive.long(record + 40), let wideStart = archive.long(record + 48)
      else { throw ZipProblem.badDirectory }
      guard let disks = archive.word(end - 4), disks <= 1 else { throw ZipProblem.severalDisks }
      if disk == 0xFFFF { disk = wideDisk }
      if count == 0xFFFF { count = wideCount }
      if size == 0xFFFF_FFFF { size = wideSize }
      if start == 0xFFFF_FFFF { start = wideStart }
      limit = record
    }
    guard disk == 0 else { throw ZipProblem.severalDisks }
    // An entry is at least 46 bytes.
    guard start <= limit, size <= limit - start, count <= size / 46 else { throw ZipProblem.badDirectory }
    (self.count, self.size, self.start) = (count, size, start)
  }
}

/// The fields behind a member's name in the table of contents.
enum ZipExtra {
  /// Numbers of 32 bits, those of all ones replaced by the 64 bits that the field of kind 1 has for each, in their order.
  ///
  /// A number of all ones without such a field is the number itself.
  /// - Throws: `ZipProblem.badDirectory` for fields that do not fit, and for numbers beyond any size.
  static func wideFields(
    _ numbers: [Int?], in archive: LittleEndianBytes, from start: Int, to end: Int
  ) throws -> [Int] {
    var numbers = try numbers.map { number in
      guard let number else { throw ZipProblem.badDirectory }
      return number
    }
    guard numbers.contains(0xFFFF_FFFF) else { return numbers }
    var next = start
    while next + 4 <= end, let kind = archive.half(next), let count = archive.half(next + 2) {
      guard next + 4 + count <= end else { throw ZipProblem.badDirectory }
      if kind == 1 {
        var place = next + 4
        for index in numbers.indices where numbers[index] == 0xFFFF_FFFF {
          guard place + 8 <= next + 4 + count, let wide = archive.long(place) else { throw ZipProblem.badDirectory }
          numbers[index] = wide
          place += 8
        }
        return numbers
      }
      next += 4 + count
    }
    return numbers
  }
}
