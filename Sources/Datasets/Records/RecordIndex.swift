import Checkpoints
import Glibc

/// Where the records of a mapped file begin, found as far as they were asked for.
///
/// Of a gigabyte of lines it keeps the beginning of every 32nd, and the kernel keeps what pages it likes.
final class RecordIndex {
  let file: FileBytes
  /// Where a record that begins at an offset ends, its line end included.
  private let end: (UnsafeRawBufferPointer, Int) -> Int
  private var marks: [Int]
  /// The record after the one that was asked for last, since most files are read from first to last.
  private var next: (position: Int, offset: Int)
  private var total: Int?

  private static let stride = 32

  /// - Parameters:
  ///   - start: the offset of the first record.
  ///   - end: as above; at most the number of bytes, and behind the offset.
  init(_ file: FileBytes, from start: Int = 0, end: @escaping (UnsafeRawBufferPointer, Int) -> Int) {
    self.file = file
    self.end = end
    marks = [start]
    next = (0, start)
  }

  /// The bytes of a record, its line end included; nil behind the last one. Empty lines are no records.
  func range(at position: Int) -> Range<Int>? {
    if let total, position >= total { return nil }
    let mark = min(position / Self.stride, marks.count - 1)
    var (number, offset) = (mark * Self.stride, marks[mark])
    if next.position <= position, next.position >= number { (number, offset) = next }
    return file.withBytes { bytes in
      while true {
        offset = Self.skippingEmptyLines(bytes, offset)
        guard offset < bytes.count else {
          total = number
          return nil
        }
        if number == marks.count * Self.stride { marks.append(offset) }
        let last = end(bytes, offset)
        if number == position {
          next = (number + 1, last)
          return offset..<last
        }
        (number, offset) = (number + 1, last)
      }
    }
  }

  /// How many records there are; goes through the rest of the file.
  var count: Int {
    if let total { return total }
    _ = range(at: .max)
    return total ?? 0
  }

  /// The line that an offset lies in, from 1.
  func line(of offset: Int) -> Int {
    file.withBytes { bytes in bytes[..<min(offset, bytes.count)].count { $0 == UInt8(ascii: "\n") } + 1 }
  }

  private static func skippingEmptyLines(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
    var offset = start
    while offset < bytes.count {
      let line = lineEnd(bytes, offset)
      guard bytes[offset..<line].allSatisfy({ $0 == 10 || $0 == 13 || $0 == 32 || $0 == 9 }) else { return offset }
      offset = line
    }
    return offset
  }

  /// Behind the next line feed, or the end of the bytes.
  static func lineEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
    guard start < bytes.count, let base = bytes.baseAddress,
      let found = memchr(base + start, 10, bytes.count - start)
    else { return bytes.count }
    return UnsafeRawPointer(found) - base + 1
  }
}

extension FileBytes {
  /// What precedes the first record: a byte order mark is none of it.
  var markLength: Int { withBytes { $0.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 } }
}
