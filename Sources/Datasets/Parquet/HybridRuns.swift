/// Small integers as runs of one value and stretches of packed bits (RLE): levels, truth values and places in a dictionary.
///
/// Nothing is unpacked: a run that stands for a million rows stays one run, so that no page takes more memory than its bytes
/// are worth. Values are found by their places; `rank` and `place` count those that equal one chosen value.
final class HybridRuns {
  private struct Run {
    let start: Int
    /// How many before `start` equal the target.
    let rank: Int
    /// The value of a run; the offset of the packed bits.
    let payload: Int
    let isPacked: Bool
  }

  let count: Int
  /// How many equal the target.
  private(set) var targetCount = 0
  private let bytes: PageBytes
  private let width: Int
  private let target: Int
  private var runs: [Run] = []
  /// Pages are mostly read from first to last: the run that was asked for last, and a place in it with its rank.
  private var recent = 0
  private var mark = (place: 0, rank: 0)

  /// - Parameters:
  ///   - width: bits of a value, at most 32.
  ///   - count: how many values there are; the bytes may have more.
  ///   - target: the value that `rank` counts; nil where nobody counts.
  /// - Throws: `PageDamage`.
  init(_ bytes: PageBytes, width: Int, count: Int, target: Int? = nil) throws {
    guard (0...32).contains(width) else { throw PageDamage("its values have \(width) bits") }
    self.bytes = bytes
    self.width = width
    self.count = count
    self.target = target ?? -1
    var (reached, offset) = (0, 0)
    try bytes.withBytes { raw in
      while reached < count {
        var (head, shift) = (0, 0)
        while true {
          guard offset < raw.count, shift < 35 else { throw PageDamage("a run has no length") }
          let byte = Int(raw[offset])
          offset += 1
          head |= (byte & 0x7F) << shift
          shift += 7
          if byte < 0x80 { break }
        }
        let isPacked = head & 1 == 1
        let length = isPacked ? (head >> 1) * 8 : head >> 1
        guard length > 0 else { throw PageDamage("a run is empty") }
        let taken = min(length, count - reached)
        if isPacked {
          // The last group may be cut off behind its last value.
          guard (taken * width + 7) / 8 <= raw.count - offset else { throw PageDamage.endsEarly }
          runs.append(Run(start: reached, rank: targetCount, payload: offset, isPacked: true))
          if target != nil { targetCount += matches(raw, offset, taken) }
          offset = min(offset + (head >> 1) * width, raw.count)
        } else {
          let size = (width + 7) / 8
          guard size <= raw.count - offset else { throw PageDamage.endsEarly }
          let value = (0..<size).reduce(0) { $0 | Int(raw[offset + $1]) << (8 * $1) }
          runs.append(Run(start: reached, rank: targetCount, payload: value, isPacked: false))
          if value == target { targetCount += taken }
          offset += size
        }
        reached += taken
      }
    }
  }

  /// All values being the same.
  init(constant value: Int, count: Int, in bytes: PageBytes) {
    self.bytes = bytes
    self.count = count
    (width, target) = (0, -1)
    runs = [Run(start: 0, rank: 0, payload: value, isPacked: false)]
  }

  subscript(place: Int) -> Int {
    let run = run(of: place)
    return run.isPacked ? bytes.withBytes { packed($0, run.payload, place - run.start) } : run.payload
  }

  /// How many before this place equal the target.
  func rank(_ place: Int) -> Int {
    guard place < count else { return targetCount }
    let run = run(of: place)
    guard run.isPacked else { return run.rank + (run.payload == target ? place - run.start : 0) }
    if mark.place < run.start || mark.place > place { mark = (run.start, run.rank) }
    bytes.withBytes { raw in
      while mark.place < place {
        if packed(raw, run.payload, mark.place - run.start) == target { mark.rank += 1 }
        mark.place += 1
      }
    }
    return mark.rank
  }

  /// The place of the target of this rank; `count` where there is none.
  func place(ofRank rank: Int) -> Int {
    guard rank < targetCount else { return count }
    // The last run that begins with a rank at most this one has it.
    let index = runs.lastIndex(whileEarly: { $0.rank <= rank })
    let run = runs[index]
    guard run.isPacked else { return run.start + rank - run.rank }
    let end = index + 1 < runs.count ? runs[index + 1].start : count
    return bytes.withBytes { raw in
      var found = run.rank
      for place in run.start..<end where packed(raw, run.payload, place - run.start) == target {
        if found == rank { return place }
        found += 1
      }
      return end
    }
  }

  private func run(of place: Int) -> Run {
    func has(_ index: Int) -> Bool {
      runs[index].start <= place && (index + 1 == runs.count || place < runs[index + 1].start)
    }
    if has(recent) { return runs[recent] }
    if recent + 1 < runs.count, has(recent + 1) {
      recent += 1
      return runs[recent]
    }
    recent = runs.lastIndex(whileEarly: { $0.start <= place })
    return runs[recent]
  }

  private func matches(_ raw: UnsafeRawBufferPointer, _ offset: Int, _ count: Int) -> Int {
    guard width == 1 else { return (0..<count).count { packed(raw, offset, $0) == target } }
    let whole = raw[offset..<offset + count / 8].reduce(0) { $0 + $1.nonzeroBitCount }
    let ones = whole + (count / 8 * 8..<count).count { packed(raw, offset, $0) == 1 }
    return target == 1 ? ones : target == 0 ? count - ones : 0
  }

  private func packed(_ raw: UnsafeRawBufferPointer, _ offset: Int, _ place: Int) -> Int {
    Int(PackedBits.value(raw, offset, place, width: width))
  }
}

/// Integers of a fixed number of bits, one behind the other from the lowest bit up.
enum PackedBits {
  /// - Parameter width: at most 64. Bits behind the last byte are zero.
  static func value(_ raw: UnsafeRawBufferPointer, _ offset: Int, _ place: Int, width: Int) -> UInt64 {
    guard width > 0 else { return 0 }
    let bit = place * width
    let (first, shift) = (offset + bit >> 3, UInt64(bit & 7))
    let mask: UInt64 = width == 64 ? .max : (1 << UInt64(width)) - 1
    if first + 9 <= raw.count {
      let low = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: first, as: UInt64.self)) >> shift
      return (shift == 0 ? low : low | UInt64(raw[first + 8]) << (64 - shift)) & mask
    }
    var value: UInt64 = 0
    for byte in 0..<(Int(shift) + width + 7) / 8 where first + byte < raw.count {
      let next = UInt64(raw[first + byte])
      let by = 8 * byte - Int(shift)
      value |= by >= 0 ? next << UInt64(by) : next >> UInt64(-by)
    }
    return value & mask
  }
}
