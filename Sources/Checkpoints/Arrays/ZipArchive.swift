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
    let end = try ZipEnd(bytes)
    var members: [Member] = []
    var names: Set<UTF8Key> = []
    var next = end.start
    for _ in 0..<end.count {
      guard archive.word(next) == 0x0201_4B50, let flags = archive.half(next + 8), let method = archive.half(next + 10),
        let checksum = archive.word(next + 16), let nameCount = archive.half(next + 28),
        let extraCount = archive.half(next + 30), let commentCount = archive.half(next + 32),
        next + 46 + nameCount + extraCount + commentCount <= end.start + end.size,
        let name = String(validating: bytes[next + 46..<next + 46 + nameCount], as: UTF8.self)
      else { throw ZipProblem.badDirectory }
      let extra = next + 46 + nameCount
      let wide = try ZipExtra.wideFields(
        // In this order: unpacked, packed, where the member's own header lies.
        [24, 20, 42].map { archive.word(next + $0) }, in: archive, from: extra, to: extra + extraCount)
      guard names.insert(UTF8Key(name)).inserted else { throw ZipProblem.duplicateMember(name) }
      members.append(
        Member(
          name: name, flags: flags, method: method, checksum: UInt32(truncatingIfNeeded: checksum),
          compressedCount: wide[1], count: wide[0], headerOffset: wide[2]))
      next += 46 + nameCount + extraCount + commentCount
    }
    return (members, end.start)
  }

  /// Where a member's bytes lie: behind a header of its own, whose lengths may differ from the directory's.
  private func content(of member: Member, in bytes: UnsafeRawBufferPointer) throws -> Range<Int> {
    guard member.flags & 1 == 0 else { throw ZipProblem.encrypted }
    let archive = LittleEndianBytes(bytes)
    guard member.headerOffset < bytes.count, archive.word(member.headerOffset) == 0x0403_4B50,
      let nameCount = archive.half(member.headerOffset + 26),
      let extraCount = archive.half(member.headerOffset + 28)
    else { throw ZipProblem.badDirectory }
    let start = member.headerOffset + 30 + nameCount + extraCount
    guard start <= directoryStart, member.compressedCount <= directoryStart - start else { throw ZipProblem.truncated }
    return start..<start + member.compressedCount
  }
}

/// The bytes of a raw deflate stream.
/// - Parameter count: how many there will be; a stream that gives fewer or more is an error.
/// - Parameter piece: how much zlib is given at once.
func inflated(_ bytes: UnsafeRawBufferPointer, count: Int, piece: Int = 1 << 30) throws -> [UInt8] {
  // No deflate stream grows more than 1032-fold, so no memory is taken for a promise that cannot be kept.
  guard count / 1032 <= bytes.count + 1 else { throw ZipProblem.wrongSize(declared: count) }
  var stream = z_stream()
  guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
    throw ZipProblem.wrongSize(declared: count)
  }
  defer { inflateEnd(&stream) }
  let input = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
  return try [UInt8](unsafeUninitializedCapacity: max(count, 1)) { buffer, initialized in
    stream.next_in = input
    stream.next_out = buffer.baseAddress
    // zlib counts in 32 bits.
    var (unread, unwritten) = (bytes.count, count)
    var status = Z_OK
    while status == Z_OK {
      let (input, output) = (min(unread, piece), min(unwritten, piece))
      (stream.avail_in, stream.avail_out) = (UInt32(input), UInt32(output))
      status = inflate(&stream, Z_NO_FLUSH)
      unread -= input - Int(stream.avail_in)
      unwritten -= output - Int(stream.avail_out)
    }
    guard status == Z_STREAM_END, unwritten == 0 else { throw ZipProblem.wrongSize(declared: count) }
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
