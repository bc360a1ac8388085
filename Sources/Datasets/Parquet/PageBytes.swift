import Checkpoints

/// Some bytes of a mapped file, or of a page that was unpacked. Copies share them.
struct PageBytes: Sendable {
  let holder: FileBytes
  let range: Range<Int>

  init(_ holder: FileBytes, _ range: Range<Int>) {
    self.holder = holder
    self.range = range
  }

  init(_ holder: FileBytes) { self.init(holder, 0..<holder.count) }

  var count: Int { range.count }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try holder.withBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// A part, by offsets from the beginning of these bytes; nil where it does not lie inside.
  func part(_ start: Int, count: Int) -> PageBytes? {
    guard start >= 0, count >= 0, start <= self.count, count <= self.count - start else { return nil }
    return PageBytes(holder, range.lowerBound + start..<range.lowerBound + start + count)
  }

  func from(_ start: Int) -> PageBytes? { part(start, count: count - start) }

  /// Four bytes, the lowest first.
  func word(_ offset: Int) -> Int? {
    part(offset, count: 4)?.withBytes { Int(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))) }
  }
}

/// What is wrong inside a page; who reads the column knows which page it is.
struct PageDamage: Error {
  let what: String

  init(_ what: String) { self.what = what }

  static let endsEarly = PageDamage("it ends early")
}
