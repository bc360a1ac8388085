import Tensors

/// A site's activation where the forward pass keeps it, valid while a listener looks at it.
final class LiveActivation: SiteActivation {
  /// What lies at the site, packed sample after sample.
  enum Content {
    /// `[token, width]`
    case rows(UnsafeMutablePointer<Float>, width: Int)
    /// `[token, head, feature]`
    case heads(UnsafeMutablePointer<Float>, count: Int, size: Int)
    case matrices(AttentionMatrices)
    /// `[token, output]` of a linear map, and what it read, `[token, input]`.
    case map(UnsafeMutablePointer<Float>, width: Int, from: UnsafePointer<Float>, inputWidth: Int)
  }

  let site: Site
  private(set) var wasReplaced = false
  private let content: Content
  private let samples: [Span]
  private let contexts: RunContexts
  private let rowAxis: String

  init(site: Site, content: Content, samples: [Span], contexts: RunContexts, rowAxis: String) {
    self.site = site
    self.content = content
    self.samples = samples
    self.contexts = contexts
    self.rowAxis = rowAxis
  }

  var sampleCount: Int { samples.count }
  func context(_ sample: Int) -> TokenContext { contexts[sample] }
  func positions(_ sample: Int) -> Range<Int> { samples[sample].positions }

  func rows(_ sample: Int) -> (base: UnsafeMutablePointer<Float>, count: Int, width: Int)? {
    let rows = samples[sample].rows
    switch content {
    case .rows(let base, let width), .map(let base, let width, _, _):
      return (base + rows.lowerBound * width, rows.count, width)
    case .heads, .matrices: return nil
    }
  }

  func input(_ sample: Int) -> Tensor? {
    guard case .map(_, _, let base, let width) = content else { return nil }
    let rows = samples[sample].rows
    return Tensor(Shape([Axis("token", rows.count), Axis("input", width)])) { out in
      _ = out.update(fromContentsOf: UnsafeBufferPointer(start: base + rows.lowerBound * width, count: out.count))
    }
  }

  func virtualRows(_ sample: Int) -> Tensor? { site.stack == .decoder ? contexts.virtualRows[sample] : nil }

  func tensor(_ sample: Int) -> Tensor {
    let rows = samples[sample].rows
    let shape = shape(sample)
    let storage = Storage(byteCount: shape.count * MemoryLayout<Float>.stride)
    let out = storage.pointer.bindMemory(to: Float.self, capacity: max(shape.count, 1))
    switch content {
    case .rows(let base, let width), .map(let base, let width, _, _):
      out.update(from: base + rows.lowerBound * width, count: rows.count * width)
    case .heads(let base, let count, let size):
      transpose(rows, count, size) { packed, headed in (out + headed).update(from: base + packed, count: size) }
    case .matrices(let matrices): out.update(from: matrices.matrix(sample), count: shape.count)
    }
    return Tensor(shape: shape, dtype: .f32, storage: storage)
  }

  func replace(_ sample: Int, with tensor: Tensor) throws {
    let shape = shape(sample)
    guard tensor.shape == shape, tensor.dtype == .f32 else {
      throw ModelError.activationShape(
        site, expected: "f32 \(shape)", found: "\(tensor.dtype.rawValue) \(tensor.shape)")
    }
    wasReplaced = true
    let rows = samples[sample].rows
    tensor.withFloats { values in
      guard let values = values.baseAddress else { return }
      switch content {
      case .rows(let base, let width), .map(let base, let width, _, _):
        (base + rows.lowerBound * width).update(from: values, count: rows.count * width)
      case .heads(let base, let count, let size):
        transpose(rows, count, size) { packed, headed in (base + packed).update(from: values + headed, count: size) }
      case .matrices(let matrices): matrices.matrix(sample).update(from: values, count: shape.count)
      }
    }
  }

  private func shape(_ sample: Int) -> Shape {
    let rows = samples[sample].rows.count
    return switch content {
    case .rows(_, let width), .map(_, let width, _, _): Shape([Axis("token", rows), Axis(rowAxis, width)])
    case .heads(_, let count, let size): Shape([Axis("head", count), Axis("token", rows), Axis("feature", size)])
    case .matrices(let matrices):
      Shape([Axis("head", matrices.heads), Axis("query", rows), Axis("key", samples[sample].keys)])
    }
  }

  /// Calls `copy` with where each head of each row lies in the pass and in `[head, token, feature]`.
  private func transpose(_ rows: Range<Int>, _ heads: Int, _ size: Int, _ copy: (Int, Int) -> Void) {
    for row in rows {
      for head in 0..<heads {
        copy((row * heads + head) * size, (head * rows.count + row - rows.lowerBound) * size)
      }
    }
  }
}
