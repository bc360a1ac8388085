import Kernels

/// One layer's attention over the sequences of a pass.
///
/// Without listeners to `scores` or `weights` it runs as one kernel; with them as the same three steps that the
/// kernel is made of, so that looking changes no bit.
struct Attention {
  let configuration: BlockConfiguration
  let mask: Mask
  /// `[row, head, feature]`, packed as in the pass.
  let query: UnsafePointer<Float>
  /// `[row, head, feature]`; a span's rows begin at `firstKey`.
  let key: UnsafePointer<Float>
  let value: UnsafePointer<Float>
  let mixed: UnsafeMutablePointer<Float>

  func forward(_ pass: Pass) throws {
    let heads = pass.workspace.heads
    guard pass.wants(.scores) || pass.wants(.weights) else {
      list(pass, matrices: nil)
      return sk_attention(heads.base, Int64(heads.count))
    }
    let matrices = AttentionMatrices(pass, heads: configuration.heads, mask)
    list(pass, matrices: matrices)
    sk_attention_scores(heads.base, Int64(heads.count))
    matrices.setMasked(pass, to: -.infinity)
    if try pass.visit(.scores, matrices), matrices.reachesMasked(pass, masked: -.infinity) {
      listUnmasked(pass, matrices)
      sk_attention_weights(heads.base, Int64(heads.count))
    } else {
      sk_attention_weights(heads.base, Int64(heads.count))
      matrices.setMasked(pass, to: 0)
    }
    if try pass.visit(.weights, matrices), matrices.reachesMasked(pass, masked: 0) { listUnmasked(pass, matrices) }
    sk_attention_mixed(heads.base, Int64(heads.count))
  }

  /// Every head of every sequence, seeing what the mask lets it see.
  private func list(_ pass: Pass, matrices: AttentionMatrices?) {
    let heads = pass.workspace.heads
    heads.removeAll()
    for span in pass.sequences(mask) {
      if matrices == nil, span.rows.count == 1, mask.visible(from: span.position, keys: span.keys).lowerBound == 0 {
        listGroups(span, heads)
        continue
      }
      for index in 0..<configuration.heads {
        var head = self.head(index, span)
        head.causal = mask.causal
        head.window = Int64(mask.window ?? 0)
        if let matrices { matrices.lay(&head, index, span, in: pass.samples[span.sample]) }
        heads.append(head)
      }
    }
  }

  /// The heads of a sequence of one row, all that share keys as one head with as many queries: their keys and values are read
  /// once. It sees the first key, so that sums are cut where those of the whole prompt are.
  private func listGroups(_ span: Span, _ heads: HeadList) {
    let group = configuration.heads / configuration.keyValueHeads
    for index in stride(from: 0, to: configuration.heads, by: group) {
      var head = self.head(index, span)
      head.queries = Int64(group)
      head.query_stride = Int64(configuration.headSize)
      head.mixed_stride = Int64(configuration.headSize)
      head.keys = Int64(mask.visible(from: span.position, keys: span.keys).upperBound)
      head.causal = false
      heads.append(head)
    }
  }

  /// Every head of every sample without a mask: for an edit that let a query see what was hidden from it.
  private func listUnmasked(_ pass: Pass, _ matrices: AttentionMatrices) {
    let heads = pass.workspace.heads
    heads.removeAll()
    for sample in pass.samples where !sample.rows.isEmpty {
      for index in 0..<configuration.heads {
        var head = self.head(index, sample)
        head.causal = false
        matrices.lay(&head, index, sample, in: sample)
        heads.append(head)
      }
    }
  }

  private func head(_ index: Int, _ span: Span) -> sk_attention_head {
    let size = configuration.headSize
    let shared = index / (configuration.heads / configuration.keyValueHeads)
    var head = sk_attention_head()
    head.query = query + span.rows.lowerBound * configuration.queryWidth + index * size
    head.key = key + span.firstKey * configuration.keyValueWidth + shared * size
    head.value = value + span.firstKey * configuration.keyValueWidth + shared * size
    head.mixed = mixed + span.rows.lowerBound * configuration.queryWidth + index * size
    head.query_stride = Int64(configuration.queryWidth)
    head.key_stride = Int64(configuration.keyValueWidth)
    head.value_stride = Int64(configuration.keyValueWidth)
    head.mixed_stride = Int64(configuration.queryWidth)
    head.queries = Int64(span.rows.count)
    head.keys = Int64(span.keys)
    head.key_width = Int64(size)
    head.value_width = Int64(size)
    head.first_position = Int64(span.position)
    head.scale = configuration.attentionScale
    head.softcap = configuration.attentionSoftcap ?? 0
    return head
  }
}
