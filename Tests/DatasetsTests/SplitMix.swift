/// SplitMix64, so that a seed means the same inputs everywhere.
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ limit: Int) -> Int { limit <= 0 ? 0 : Int(next() % UInt64(limit)) }

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
