import Kernels

/// What the structures of a head have in common in both precisions.
protocol AttentionHead {
  associatedtype Number: BinaryFloatingPoint
  init()
  var query: UnsafePointer<Number>! { get set }
  var key: UnsafePointer<Number>! { get set }
  var value: UnsafePointer<Number>! { get set }
  var mixed: UnsafeMutablePointer<Number>! { get set }
  var query_stride: Int64 { get set }
  var key_stride: Int64 { get set }
  var value_stride: Int64 { get set }
  var mixed_stride: Int64 { get set }
  var queries: Int64 { get set }
  var keys: Int64 { get set }
  var key_width: Int64 { get set }
  var value_width: Int64 { get set }
  var first_position: Int64 { get set }
  var window: Int64 { get set }
  var scale: Number { get set }
  var softcap: Number { get set }
  var causal: Bool { get set }
}

protocol AttentionGradient {
  associatedtype Head: AttentionHead
  init()
  var forward: Head { get set }
  var dmixed: UnsafePointer<Head.Number>! { get set }
  var dquery: UnsafeMutablePointer<Head.Number>! { get set }
  var dkey: UnsafeMutablePointer<Head.Number>! { get set }
  var dvalue: UnsafeMutablePointer<Head.Number>! { get set }
  var dmixed_stride: Int64 { get set }
  var dquery_stride: Int64 { get set }
  var dkey_stride: Int64 { get set }
  var dvalue_stride: Int64 { get set }
}

extension sk_attention_head: AttentionHead {}
extension skd_attention_head: AttentionHead {}
extension sk_attention_gradient: AttentionGradient {}
extension skd_attention_gradient: AttentionGradient {}

/// Heads of packed rows `[row, head, feature]`, keys before the queries included.
struct AttentionCase: Sendable {
  var queries: Int
  var keys: Int
  var heads = 2
  var group = 1
  var width = 5
  var valueWidth = 4
  var causal = true
  var window = 0
  var softcap = 0.0

  var shared: Int { heads / group }
  /// Elements of query, key, value and of what is mixed.
  var sizes: [Int] {
    [queries * heads * width, keys * shared * width, keys * shared * valueWidth, queries * heads * valueWidth]
  }

  /// Query, key and value, and the gradient of what is mixed.
  func numbers() -> [Numbers] {
    var numbers = TestNumbers(UInt64(queries * 1000 + keys))
    return sizes.map { Numbers($0, &numbers, times: 2) }
  }

  func mixed<H: AttentionHead>(_ inputs: [[H.Number]], _ attend: (UnsafePointer<H>, Int64) -> Void) -> [H.Number] {
    var mixed = [H.Number](repeating: .nan, count: sizes[3])
    mixed.withUnsafeMutableBufferPointer { out in
      withBases(inputs[...]) { bases in
        let list = (0..<heads).map { index -> H in
          var head: H = self.head(index, bases)
          head.mixed = out.baseAddress! + index * valueWidth
          return head
        }
        attend(list, Int64(heads))
      }
    }
    return mixed
  }

  /// The gradients of query, key and value, one after the other; those not wanted stay zero.
  func gradients<G: AttentionGradient>(
    _ inputs: [[G.Head.Number]], wanted: [Bool] = [true, true, true],
    _ differentiate: (UnsafePointer<G>, Int64, Int64) -> Void
  ) -> [G.Head.Number] {
    var gradients = [G.Head.Number](repeating: 0, count: sizes[0] + sizes[1] + sizes[2])
    gradients.withUnsafeMutableBufferPointer { out in
      withBases(inputs[...]) { bases in
        let dquery = out.baseAddress!
        let dkey = dquery + sizes[0]
        let dvalue = dkey + sizes[1]
        let list = (0..<heads).map { index -> G in
          var one = G()
          one.forward = head(index, bases)
          one.dmixed = bases[3] + index * valueWidth
          one.dquery = wanted[0] ? dquery + index * width : nil
          one.dkey = wanted[1] ? dkey + index / group * width : nil
          one.dvalue = wanted[2] ? dvalue + index / group * valueWidth : nil
          (one.dmixed_stride, one.dquery_stride) = (Int64(heads * valueWidth), Int64(heads * width))
          (one.dkey_stride, one.dvalue_stride) = (Int64(shared * width), Int64(shared * valueWidth))
          return one
        }
        differentiate(list, Int64(heads), Int64(group))
      }
    }
    return gradients
  }

  private func head<H: AttentionHead>(_ index: Int, _ bases: [UnsafePointer<H.Number>]) -> H {
    var head = H()
    head.query = bases[0] + index * width
    head.key = bases[1] + index / group * width
    head.value = bases[2] + index / group * valueWidth
    (head.query_stride, head.key_stride) = (Int64(heads * width), Int64(shared * width))
    (head.value_stride, head.mixed_stride) = (Int64(shared * valueWidth), Int64(heads * valueWidth))
    (head.queries, head.keys) = (Int64(queries), Int64(keys))
    (head.key_width, head.value_width) = (Int64(width), Int64(valueWidth))
    (head.first_position, head.window) = (Int64(keys - queries), Int64(window))
    (head.scale, head.causal, head.softcap) = (0.5, causal, H.Number(softcap))
    return head
  }

  private func withBases<T>(
    _ arrays: ArraySlice<[T]>, _ found: [UnsafePointer<T>] = [], _ body: ([UnsafePointer<T>]) -> Void
  ) {
    guard let first = arrays.first else { return body(found) }
    first.withUnsafeBufferPointer { withBases(arrays.dropFirst(), found + [$0.baseAddress!], body) }
  }

  static let all: [AttentionCase] = [
    AttentionCase(queries: 1, keys: 1),
    AttentionCase(queries: 7, keys: 7),
    AttentionCase(queries: 3, keys: 9, causal: false),
    AttentionCase(queries: 61, keys: 70, heads: 4, group: 2, width: 24, valueWidth: 17),
    AttentionCase(queries: 130, keys: 330, heads: 6, group: 3, width: 16, valueWidth: 40),
    AttentionCase(queries: 130, keys: 131, heads: 2, width: 33, valueWidth: 8, window: 20),
    AttentionCase(queries: 61, keys: 70, heads: 4, group: 2, width: 24, valueWidth: 17, softcap: 3),
    AttentionCase(queries: 65, keys: 131, heads: 2, width: 10, valueWidth: 8, window: 7, softcap: 1.5),
    AttentionCase(queries: 3, keys: 9, causal: false, softcap: 2),
  ]

  static var twins: [Twin] {
    all.flatMap { c -> [Twin] in
      let inputs = c.numbers()
      return [
        Twin("attention \(c)", floor: 1) {
          c.mixed(inputs.map(\.f)) { (heads: UnsafePointer<sk_attention_head>, n) in sk_attention(heads, n) }
        } _: {
          c.mixed(inputs.map(\.d)) { (heads: UnsafePointer<skd_attention_head>, n) in skd_attention(heads, n) }
        },
        // A gradient is a sum over queries or keys of terms of order 1.
        Twin("attention backward \(c)", floor: 10) {
          c.gradients(inputs.map(\.f)) { (heads: UnsafePointer<sk_attention_gradient>, n, group) in
            sk_attention_backward(heads, n, group)
          }
        } _: {
          c.gradients(inputs.map(\.d)) { (heads: UnsafePointer<skd_attention_gradient>, n, group) in
            skd_attention_backward(heads, n, group)
          }
        },
      ]
    }
  }
}
