import Kernels
import Testing

/// Tests that change the instruction-set level or the number of threads run one after another, under this suite.
@Suite(.serialized) struct GlobalState {}

/// The levels this machine can run, the best last.
let levels = [SK_PORTABLE, SK_AVX2, SK_AVX512].map { Int32($0) }.filter { $0 <= sk_best_level() }

/// Runs `body` once per level; the argument is the level.
func atEveryLevel(_ body: (Int32) throws -> Void) rethrows {
  defer { sk_force_level(sk_best_level()) }
  for level in levels {
    sk_force_level(level)
    try body(level)
  }
}

/// A small generator of test data, the same on every machine.
struct TestNumbers {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
  /// In -1..<1.
  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int32(truncatingIfNeeded: state >> 32)) / 2_147_483_648
  }
  mutating func array(_ count: Int) -> [Float] { (0..<count).map { _ in next() } }
}
