import Tensors

/// Seeded draws until Tensors has its own; everything that draws goes through these three functions.
public struct RandomKey: Sendable {
  var state: UInt64
  public init(_ seed: UInt64 = 1) { state = seed }
  public func folding(_ text: String) -> RandomKey {
    RandomKey(text.utf8.reduce(state) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
  }
}

extension RandomKey {
  func normals(_ count: Int) -> [Float] { uniforms(count * 12).chunks(12).map { $0.reduce(0, +) - 6 } }
  func uniforms(_ count: Int) -> [Float] {
    var s = state
    return (0..<count).map { _ in
      s = s &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(s >> 40) / Float(1 << 24)
    }
  }
}
extension Array {
  func chunks(_ n: Int) -> [ArraySlice<Element>] { stride(from: 0, to: count, by: n).map { self[$0..<$0 + n] } }
}
