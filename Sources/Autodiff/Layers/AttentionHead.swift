import Kernels

/// What the kernels' descriptions of an attention head have in common in both precisions.
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

protocol AttentionHeadGradient {
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
extension sk_attention_gradient: AttentionHeadGradient {}
extension skd_attention_gradient: AttentionHeadGradient {}
