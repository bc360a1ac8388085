import Tensors

extension Variable {
  /// softmax(cap(scale · q·kᵀ))·v for every head of every span, with the bits of a model's attention.
  ///
  /// The derivative computes the weights again; nothing of `[query, key]` is kept. Gradients of keys and values that
  /// several query heads share are summed in the order of the heads.
  ///
  /// - Parameters:
  ///   - query: `[row, head, feature]`, packed sequence after sequence.
  ///   - key: `[keyrow, keyhead, feature]`; each key head serves as many consecutive query heads as there are to one.
  ///   - value: `[keyrow, keyhead, feature]`.
  ///   - spans: every row belongs to one; where keys or values get a gradient, no two share keys.
  ///   - causal: whether a row sees only keys up to its own position.
  ///   - window: how many positions up to its own a row sees, where it is causal; nil for all.
  ///   - scale: of the products; nil for 1/√feature.
  ///   - softcap: c in cap(s) = c · tanh(s / c); nil for cap(s) = s.
  /// - Returns: `[row, head, feature]` with the query's axes, as many features as the values have.
  /// - Throws: `ShapeError` when shapes or spans do not fit.
  public static func attention(
    query: Variable, key: Variable, value: Variable, spans: [AttentionSpan], causal: Bool, window: Int? = nil,
    scale: Float? = nil, softcap: Float? = nil
  ) throws -> Variable {
    let shape = try AttentionShape(
      query: query.shape, key: key.shape, value: value.shape, spans: spans,
      form: AttentionForm(causal: causal, window: window, scale: scale, softcap: softcap),
      exclusive: key.isTracked || value.isTracked)
    let last = query.axes[2]
    let result = Shape(
      query.axes.dropLast() + [last.size == shape.valueFeature ? last : Axis(last.name, shape.valueFeature)])

    func attended<Number: LayerNumber>(_: Number.Type) -> Variable {
      let (q, k, v) = (query.value.to(Number.dtype), key.value.to(Number.dtype), value.value.to(Number.dtype))
      let mixed = Fresh<Number>(result)
      withExtendedLifetime((q, k, v)) {
        let bases = (q.elements(Number.self), k.elements(Number.self), v.elements(Number.self))
        Number.attention(
          shape.forwardHeads(bases) { (head: inout Number.Head, rows, index) in
            head.mixed = mixed.pointer + (rows.lowerBound * shape.heads + index) * shape.valueFeature
            head.mixed_stride = Int64(shape.heads * shape.valueFeature)
          })
      }
      let wanted = [query, key, value].map(\.isTracked)
      return record(.attention, mixed.tensor, from: [query, key, value]) { gradient in
        let g = gradient.to(Number.dtype)
        let (dq, dk, dv) = (
          Fresh<Number>(q.shape, if: wanted[0]), Fresh<Number>(k.shape, if: wanted[1]),
          Fresh<Number>(v.shape, if: wanted[2])
        )
        if !shape.reachesAllKeys {
          dk?.pointer.update(repeating: 0, count: k.count)
          dv?.pointer.update(repeating: 0, count: v.count)
        }
        withExtendedLifetime((q, k, v, g)) {
          let bases = (q.elements(Number.self), k.elements(Number.self), v.elements(Number.self))
          let gradients = AttentionPointers(
            mixed: g.elements(Number.self), query: dq?.pointer, key: dk?.pointer, value: dv?.pointer)
          Number.attentionBackward(shape.backwardHeads(bases, gradients), group: shape.group)
        }
        return [dq?.tensor, dk?.tensor, dv?.tensor]
      }
    }
    return attended(kernels(for: [query, key, value]))
  }
}

private struct AttentionPointers<Number: LayerNumber> {
  let mixed: UnsafePointer<Number>
  let query: UnsafeMutablePointer<Number>?
  let key: UnsafeMutablePointer<Number>?
  let value: UnsafeMutablePointer<Number>?
}

extension AttentionShape {
  typealias Bases<Number> = (query: UnsafePointer<Number>, key: UnsafePointer<Number>, value: UnsafePointer<Number>)

  /// Every head of every span, heads that share keys one after the other.
  fileprivate func forwardHeads<Head: AttentionHead>(
    _ bases: Bases<Head.Number>, _ finish: (inout Head, Range<Int>, Int) -> Void
  ) -> [Head] {
    spans.filter { !$0.rows.isEmpty }.flatMap { span in
      (0..<heads).map { index in
        var head: Head = self.head(index, span, bases)
        finish(&head, span.rows, index)
        return head
      }
    }
  }

  fileprivate func backwardHeads<Number: LayerNumber>(
    _ bases: Bases<Number>, _ gradients: AttentionPointers<Number>
  ) -> [Number.HeadGradient] {
    // Spans without rows are here too: their keys get zeros.
    spans.flatMap { span in
      (0..<heads).map { index in
        var one = Number.HeadGradient()
        one.forward = head(index, span, bases)
        let (own, shared) = (span.rows.lowerBound * heads + index, span.firstKey * sharedHeads + index / group)
        one.dmixed = gradients.mixed + own * valueFeature
        one.dquery = gradients.query.map { $0 + own * feature }
        one.dkey = gradients.key.map { $0 + shared * feature }
        one.dvalue = gradients.value.map { $0 + shared * valueFeature }
        (one.dmixed_stride, one.dquery_stride) = (Int64(heads * valueFeature), Int64(heads * feature))
        (one.dkey_stride, one.dvalue_stride) = (Int64(sharedHeads * feature), Int64(sharedHeads * valueFeature))
        return one
      }
    }
  }

  /// One head of one span, as inference describes it.
  private func head<Head: AttentionHead>(_ index: Int, _ span: AttentionSpan, _ bases: Bases<Head.Number>) -> Head {
    var head = Head()
    let shared = span.firstKey * sharedHeads + index / group
    head.query = bases.query + (span.rows.lowerBound * heads + index) * feature
    head.key = bases.key + shared * feature
    head.value = bases.value + shared * valueFeature
    (head.query_stride, head.key_stride) = (Int64(heads * feature), Int64(sharedHeads * feature))
    head.value_stride = Int64(sharedHeads * valueFeature)
    (head.queries, head.keys) = (Int64(span.rows.count), Int64(span.keys))
    (head.key_width, head.value_width) = (Int64(feature), Int64(valueFeature))
    head.first_position = Int64(span.position)
    head.scale = form.scale.map { Head.Number($0) } ?? 1 / Head.Number(feature).squareRoot()
    head.softcap = form.softcap.map { Head.Number($0) } ?? 0
    head.window = Int64(form.window ?? 0)
    head.causal = form.causal
    return head
  }
}
