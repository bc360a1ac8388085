/// Integers as differences (DELTA_BINARY_PACKED): blocks with a smallest difference, cut into smaller blocks of their own
/// number of bits.
///
/// Only where a small block begins is kept. Equal steps, which take no bytes, are not gone through, so that a few bytes cannot
/// make much work.
final class DeltaIntegers {
  private struct Block {
    /// The value before the block's first.
    let before: Int64
    let least: Int64
    let offset: Int
    let width: Int
  }

  let count: Int
  /// Behind the last byte that belongs to the integers.
  private(set) var end = 0
  private let bytes: PageBytes
  private let first: Int64
  private let size: Int
  private var blocks: [Block] = []
  private var recent: (place: Int, value: Int64)

  /// The most integers of a small block; writers have 32 to 1024.
  private static let largest = 1 << 16

  /// - Throws: `PageDamage`.
  init(_ bytes: PageBytes) throws {
    self.bytes = bytes
    var offset = 0
    var blocks: [Block] = []
    (count, first, size) = try bytes.withBytes { raw in
      let blockSize = try Self.varint(raw, &offset)
      let parts = try Self.varint(raw, &offset)
      let total = try Self.varint(raw, &offset)
      let first = try Self.zigzag(raw, &offset)
      guard parts > 0, blockSize > 0, blockSize % parts == 0, blockSize / parts % 8 == 0,
        blockSize / parts <= Self.largest, total <= UInt64(Int32.max)
      else { throw PageDamage("blocks of \(blockSize) differences in \(parts) parts") }
      let (count, size) = (Int(total), Int(blockSize / parts))
      var (reached, value) = (1, first)
      while reached < count {
        let least = try Self.zigzag(raw, &offset)
        guard parts <= UInt64(raw.count - offset) else { throw PageDamage.endsEarly }
        let widths = offset
        offset += Int(parts)
        for part in 0..<Int(parts) where reached < count {
          let width = Int(raw[widths + part])
          let taken = min(size, count - reached)
          guard width <= 64, (taken * width + 7) / 8 <= raw.count - offset else { throw PageDamage.endsEarly }
          blocks.append(Block(before: value, least: least, offset: offset, width: width))
          if width == 0 {
            value &+= least &* Int64(taken)
          } else {
            for place in 0..<taken { value &+= Self.step(raw, offset, place, width, least) }
          }
          offset = min(offset + size * width / 8, raw.count)
          reached += taken
        }
      }
      return (count, first, size)
    }
    self.blocks = blocks
    end = offset
    recent = (0, first)
  }

  subscript(place: Int) -> Int64 {
    guard place > 0 else { return first }
    let block = blocks[(place - 1) / size]
    let start = (place - 1) / size * size
    if block.width == 0 { return block.before &+ block.least &* Int64(place - start) }
    if recent.place <= start || recent.place > place { recent = (start, block.before) }
    bytes.withBytes { raw in
      while recent.place < place {
        recent.value &+= Self.step(raw, block.offset, recent.place - start, block.width, block.least)
        recent.place += 1
      }
    }
    return recent.value
  }

  private static func step(
    _ raw: UnsafeRawBufferPointer, _ offset: Int, _ place: Int, _ width: Int, _ least: Int64
  ) -> Int64 {
    least &+ Int64(bitPattern: PackedBits.value(raw, offset, place, width: width))
  }

  private static func varint(_ raw: UnsafeRawBufferPointer, _ offset: inout Int) throws -> UInt64 {
    var (result, shift) = (UInt64(0), UInt64(0))
    while true {
      guard offset < raw.count, shift < 64 else { throw PageDamage.endsEarly }
      let byte = raw[offset]
      offset += 1
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
  }

  private static func zigzag(_ raw: UnsafeRawBufferPointer, _ offset: inout Int) throws -> Int64 {
    let number = try varint(raw, &offset)
    return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
  }
}
