import TestSupport

extension SplitMix {
  /// Bytes changed, taken out, put in, doubled; those that mean something to a reader more often.
  mutating func damaged(_ sample: [UInt8], within limit: Int? = nil) -> [UInt8] {
    let special = Array("\"\\,\t\r\n{}[]:0-.eu\u{0}".utf8) + [0xFF, 0xC3]
    var bytes = sample
    for _ in 0..<1 + below(5) {
      let place = below(min(limit ?? bytes.count, bytes.count))
      guard !bytes.isEmpty else { return bytes }
      switch below(5) {
      case 0: bytes[place] = special[below(special.count)]
      case 1: bytes[place] ^= UInt8(1 << below(8))
      case 2: bytes.removeSubrange(place..<min(place + 1 + below(9), bytes.count))
      case 3: bytes.insert(contentsOf: [special[below(special.count)], special[below(special.count)]], at: place)
      default: bytes.insert(contentsOf: bytes[place..<min(place + 1 + below(30), bytes.count)], at: below(bytes.count))
      }
    }
    return bytes
  }
}
