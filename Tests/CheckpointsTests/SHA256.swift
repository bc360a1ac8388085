import Foundation

/// SHA-256 (FIPS 180-4) in hexadecimal, to compare pictures with fixtures that are too large to keep whole.
func sha256(_ message: some Sequence<UInt8>) -> String {
  // The constants are the first 32 bits of the fractions of the cube and square roots of the first primes.
  let primes = (2...311).filter { candidate in (2..<candidate).allSatisfy { candidate % $0 != 0 } }
  func fraction(_ root: Double) -> UInt32 { UInt32((root - root.rounded(.down)) * 0x1p32) }
  let constants = primes.map { fraction(cbrt(Double($0))) }
  var state = primes[..<8].map { fraction(Double($0).squareRoot()) }

  var bytes = Array(message)
  let bitCount = UInt64(bytes.count) * 8
  bytes.append(0x80)
  while bytes.count % 64 != 56 { bytes.append(0) }
  withUnsafeBytes(of: bitCount.bigEndian) { bytes.append(contentsOf: $0) }

  func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }
  var words = [UInt32](repeating: 0, count: 64)
  for block in stride(from: 0, to: bytes.count, by: 64) {
    for i in 0..<16 {
      words[i] = bytes[(block + i * 4)..<(block + i * 4 + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }
    for i in 16..<64 {
      let (early, late) = (words[i - 15], words[i - 2])
      words[i] =
        words[i - 16] &+ words[i - 7] &+ (rotated(early, 7) ^ rotated(early, 18) ^ early >> 3)
        &+ (rotated(late, 17) ^ rotated(late, 19) ^ late >> 10)
    }
    var (a, b, c, d, e, f, g, h) = (
      state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]
    )
    for i in 0..<64 {
      let mixed = h &+ (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) &+ (e & f ^ ~e & g) &+ constants[i] &+ words[i]
      let other = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) &+ (a & b ^ a & c ^ b & c)
      (a, b, c, d, e, f, g, h) = (mixed &+ other, a, b, c, d &+ mixed, e, f, g)
    }
    for (i, word) in [a, b, c, d, e, f, g, h].enumerated() { state[i] &+= word }
  }
  return state.map { String(repeating: "0", count: 8 - String($0, radix: 16).count) + String($0, radix: 16) }.joined()
}
