/// Writes a zip archive of stored members. The same members give the same bytes: all are dated 1980-01-01.
struct ZipWriter {
  private var directory: [UInt8] = []
  private var offset = 0
  private var count = 0

  /// Adds a member made of `parts`, one after the other.
  mutating func add(
    _ name: String, _ parts: [UnsafeRawBufferPointer], to file: inout AtomicFile.Writer
  ) throws {
    let byteCount = parts.reduce(0) { $0 + $1.count }
    let limit = Int(UInt32.max) - (1 << 20)
    guard offset + byteCount < limit, count < 65_000, name.utf8.count < 65_000 else { throw ZipProblem.tooLarge }
    let checksum = parts.reduce(UInt32(0)) { zipChecksum($1, after: $0) }
    // Bit 11: the name is UTF-8.
    var common: [UInt8] = []
    for half: UInt16 in [20, name.utf8.allSatisfy { $0 < 0x80 } ? 0 : 0x800, 0, 0, 0x21] { common.append(half) }
    for word in [checksum, UInt32(byteCount), UInt32(byteCount)] { common.append(word) }
    for half in [UInt16(name.utf8.count), 0] { common.append(half) }

    var header: [UInt8] = []
    header.append(UInt32(0x0403_4B50))
    header += common + Array(name.utf8)
    try file.write(header)
    for part in parts { try file.write(part) }

    directory.append(UInt32(0x0201_4B50))
    directory.append(UInt16(20))
    directory += common
    for half: UInt16 in [0, 0, 0] { directory.append(half) }
    for word in [UInt32(0), UInt32(offset)] { directory.append(word) }
    directory += Array(name.utf8)
    offset += header.count + byteCount
    count += 1
  }

  /// Writes the table of contents.
  func finish(_ file: inout AtomicFile.Writer) throws {
    var end = directory
    end.append(UInt32(0x0605_4B50))
    for half in [0, 0, UInt16(count), UInt16(count)] { end.append(half) }
    for word in [UInt32(directory.count), UInt32(offset)] { end.append(word) }
    end.append(UInt16(0))
    try file.write(end)
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}
