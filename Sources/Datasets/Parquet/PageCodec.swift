import CSnappy
import CZlib
import CZstd
import Checkpoints

/// How the pages of a column are compressed.
enum PageCodec: Int {
  case none = 0
  case snappy = 1
  case gzip = 2
  case zstd = 6

  /// - Throws: `ParquetProblem.unsupported` for the others, by name.
  init(number: Int) throws {
    guard let codec = PageCodec(rawValue: number) else {
      let names = [3: "LZO", 4: "Brotli", 5: "LZ4", 7: "LZ4_RAW"]
      throw ParquetProblem.unsupported(
        "the compression \(names[number] ?? "number \(number)")", read: "snappy, gzip, zstd and none are")
    }
    self = codec
  }

  /// How many bytes one byte can stand for at most: nothing is allocated for a promise that cannot be kept.
  private var largestGrowth: Int {
    switch self {
    case .none: 1
    // A copy of 64 bytes takes three.
    case .snappy: 22
    case .gzip: 1032
    // A block of 128 KiB of equal bytes takes four.
    case .zstd: 1 << 15
    }
  }

  /// - Parameter count: the number of bytes that come out.
  /// - Throws: `PageDamage`.
  func unpacked(_ bytes: PageBytes, count: Int) throws -> PageBytes {
    guard self != .none else {
      guard bytes.count == count else { throw PageDamage("it has \(bytes.count) bytes, not \(count)") }
      return bytes
    }
    guard count >= 0, count <= bytes.count * largestGrowth + 64 else {
      throw PageDamage("\(bytes.count) bytes of \(self) do not become \(count)")
    }
    let holder = try FileBytes(count: count, name: bytes.holder.name) { output in
      try bytes.withBytes { try unpack($0, into: output) }
    }
    return PageBytes(holder)
  }

  private func unpack(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws {
    let isRight =
      switch self {
      case .none: false
      case .snappy: Self.snappy(input, output)
      case .gzip: Self.gzip(input, output)
      case .zstd:
        // An empty page may have no frame at all.
        ZSTD_decompress(output.baseAddress, output.count, input.baseAddress, input.count) == output.count
      }
    guard isRight else { throw PageDamage("its \(self) data do not unpack to \(output.count) bytes") }
  }

  private static func snappy(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer) -> Bool {
    let source = input.bindMemory(to: CChar.self).baseAddress
    var count = 0
    guard snappy_uncompressed_length(source, input.count, &count) == SNAPPY_OK, count == output.count else {
      return false
    }
    return snappy_uncompress(source, input.count, output.bindMemory(to: CChar.self).baseAddress, &count) == SNAPPY_OK
      && count == output.count
  }

  private static func gzip(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer) -> Bool {
    var stream = z_stream()
    // 32 more: gzip or zlib, by the header.
    let version = ZLIB_VERSION
    guard inflateInit2_(&stream, MAX_WBITS + 32, version, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      return false
    }
    defer { inflateEnd(&stream) }
    // Both counts come from fields of 31 bits.
    stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
    stream.avail_in = UInt32(input.count)
    stream.next_out = output.bindMemory(to: UInt8.self).baseAddress
    stream.avail_out = UInt32(output.count)
    var state = inflate(&stream, Z_FINISH)
    // Some writers cut a page into several members.
    while state == Z_STREAM_END, stream.avail_out > 0, stream.avail_in > 0 {
      guard inflateReset(&stream) == Z_OK else { return false }
      state = inflate(&stream, Z_FINISH)
    }
    return state == Z_STREAM_END && stream.avail_out == 0
  }

  /// CRC-32, where a writer left one.
  static func checksum(_ bytes: PageBytes) -> UInt32 {
    bytes.withBytes {
      UInt32(truncatingIfNeeded: crc32(0, $0.bindMemory(to: UInt8.self).baseAddress, UInt32($0.count)))
    }
  }
}
