import CZlib
import Glibc

/// A zip archive's table of contents, and its members on demand. Stored members are not copied.
struct ZipArchive: Sendable {
  struct Member: Sendable {
    let name: String
    let flags: Int
    let method: Int
    let checksum: UInt32
    let compressedCount: Int
    let count: Int
    let headerOffset: Int
  }

  let file: FileBytes
  let members: [Member]
  private let directoryStart: Int

  /// - Throws: `ZipProblem`, whole sizes and offsets being checked against the file.
  init(_ file: FileBytes) throws {
    self.file = file
    do {
      (members, directoryStart) = try file.withBytes { try Self.directory($0) }
    } catch let problem as ZipProblem { throw CheckpointError(file.name, .zip(problem)) }
  }

  /// The content of a member.
  ///
  /// - Parameter isTested: whether the checksum of a stored member is compared, for which all of it is read.
  func bytes(of member: Member, isTested: Bool = true) throws -> FileBytes {
    let name = "\(file.name)/\(member.name)"
    do {
      let range = try file.withBytes { try content(of: member, in: $0) }
      let unpacked: FileBytes
      switch member.method {
      case 0:
        guard member.count == range.count else { throw ZipProblem.wrongSize(declared: member.count) }
        unpacked = FileBytes(part: range, of: file, name: name)
      case 8:
        let bytes = try file.withBytes {
          try inflated(UnsafeRawBufferPointer(rebasing: $0[range]), count: member.count)
        }
        unpacked = FileBytes(bytes, name: name)
      default: throw ZipProblem.method(member.method)
      }
      guard !isTested && member.method == 0 || unpacked.withBytes({ zipChecksum($0) }) == member.checksum else {
        throw ZipProblem.wrongChecksum
      }
      return unpacked
    } catch let problem as ZipProblem { throw CheckpointError(name, .zip(problem)) }
  }

  private static func directory(_ bytes: UnsafeRawBufferPointer) throws -> ([Member], start: Int) {
    let archive = LittleEndianBytes(bytes)
    // The end record is 22 bytes and a comment of at most 65,535.
    let latest = bytes.count - 22
    guard latest >= 0,
      let end = (max(0, latest - 65_535)...latest).reversed().first(where: {
        archive.word($0) == 0x0605_4B50 && archive.half($0 + 20) == bytes.count - $0 - 22
      }),
      let disk = archive.half(end + 4), let count = archive.half(end + 10), let size = archive.word(end + 12),
      let start = archive.word(end + 16)
    else { throw ZipProblem.notZip }
    guard count != 0xFFFF, size != 0xFFFF_FFFF, start != 0xFFFF_FFFF else { throw ZipProblem.zip64 }
    guard disk == 0 else { throw ZipProblem.severalDisks }
    guard start + size <= end else { throw ZipProblem.badDirectory }

    var members: [Member] = []
    var names: Set<UTF8Key> = []
    var next = start
    for _ in 0..<count {
      guard archive.word(next) == 0x0201_4B50, let flags = archive.half(next + 8), let method = archive.half(next + 10),
        let checksum = archive.word(next + 16), let compressedCount = archive.word(next + 20),
        let byteCount = archive.word(next + 24), let nameCount = archive.half(next + 28),
        let extraCount = archive.half(next + 30), let commentCount = archive.half(next + 32),
        let headerOffset = archive.word(next + 42), next + 46 + nameCount + extraCount + commentCount <= start + size,
        let name = String(validating: bytes[next + 46..<next + 46 + nameCount], as: UTF8.self)
      else { throw ZipProblem.badDirectory }
      guard compressedCount != 0xFFFF_FFFF, byteCount != 0xFFFF_FFFF, headerOffset != 0xFFFF_FFFF else {
        throw ZipProblem.zip64
      }
      guard names.insert(UTF8Key(name)).inserted else { throw ZipProblem.duplicateMember(name) }
      members.append(
        Member(
          name: name, flags: flags, method: method, checksum: UInt32(truncatingIfNeeded: checksum),
          compressedCount: compressedCount, count: byteCount, headerOffset: headerOffset))
      next += 46 + nameCount + extraCount + commentCount
    }
    return (members, start)
  }

  /// Where a member's bytes lie: behind a header of its own, whose lengths may differ from the directory's.
  private func content(of member: Member, in bytes: UnsafeRawBufferPointer) throws -> Range<Int> {
    guard member.flags & 1 == 0 else { throw ZipProblem.encrypted }
    let archive = LittleEndianBytes(bytes)
    guard archive.word(member.headerOffset) == 0x0403_4B50, let nameCount = archive.half(member.headerOffset + 26),
      let extraCount = archive.half(member.headerOffset + 28)
    else { throw ZipProblem.badDirectory }
    let start = member.headerOffset + 30 + nameCount + extraCount
    guard start + member.compressedCount <= directoryStart else { throw ZipProblem.truncated }
    return start..<start + member.compressedCount
  }
}

/// The bytes of a raw deflate stream.
/// - Parameter count: how many there will be; a stream that gives fewer or more is an error.
private func inflated(_ bytes: UnsafeRawBufferPointer, count: Int) throws -> [UInt8] {
  // No deflate stream grows more than 1032-fold, so no memory is taken for a promise that cannot be kept.
  guard count <= bytes.count * 1032 + 64 else { throw ZipProblem.wrongSize(declared: count) }
  var stream = z_stream()
  guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
    throw ZipProblem.wrongSize(declared: count)
  }
  defer { inflateEnd(&stream) }
  let input = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
  return try [UInt8](unsafeUninitializedCapacity: max(count, 1)) { buffer, initialized in
    // Both counts come from 32-bit fields.
    stream.next_in = input
    stream.avail_in = UInt32(bytes.count)
    stream.next_out = buffer.baseAddress
    stream.avail_out = UInt32(count)
    guard inflate(&stream, Z_FINISH) == Z_STREAM_END, stream.avail_out == 0 else {
      throw ZipProblem.wrongSize(declared: count)
    }
    initialized = count
  }
}

/// CRC-32 as zip archives keep it; `previous` continues one.
func zipChecksum(_ bytes: UnsafeRawBufferPointer, after previous: UInt32 = 0) -> UInt32 {
  var checksum = UInt(previous)
  var done = 0
  let start = bytes.bindMemory(to: UInt8.self).baseAddress
  while done < bytes.count {
    let count = min(bytes.count - done, 1 << 30)
    checksum = crc32(checksum, start.map { $0 + done }, UInt32(count))
    done += count
  }
  return UInt32(truncatingIfNeeded: checksum)
}
