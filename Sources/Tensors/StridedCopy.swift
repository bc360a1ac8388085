/// Copies elements from any strided order into row-major order.
///
/// - Parameters:
///   - sizes: of the result, outermost first.
///   - strides: of the source, in elements, one for each size; 0 repeats.
func stridedCopy(
  to out: UnsafeMutableRawPointer, from source: UnsafeRawPointer, width: Int, sizes: [Int], strides: [Int]
) {
  var (sizes, strides) = collapse(sizes, strides)
  if sizes.contains(0) { return }
  if sizes.isEmpty { (sizes, strides) = ([1], [1]) }
  switch width {
  case 1: copy(out.assumingMemoryBound(to: UInt8.self), source.assumingMemoryBound(to: UInt8.self), sizes, strides)
  case 2: copy(out.assumingMemoryBound(to: UInt16.self), source.assumingMemoryBound(to: UInt16.self), sizes, strides)
  case 4: copy(out.assumingMemoryBound(to: UInt32.self), source.assumingMemoryBound(to: UInt32.self), sizes, strides)
  default: copy(out.assumingMemoryBound(to: UInt64.self), source.assumingMemoryBound(to: UInt64.self), sizes, strides)
  }
}

/// Merges neighbouring dimensions that are walked in one go, and drops those of size 1.
private func collapse(_ sizes: [Int], _ strides: [Int]) -> ([Int], [Int]) {
  var (outSizes, outStrides): ([Int], [Int]) = ([], [])
  for (size, stride) in zip(sizes, strides) where size != 1 {
    if let last = outSizes.indices.last, outStrides[last] == stride * size {
      outSizes[last] *= size
      outStrides[last] = stride
    } else {
      outSizes.append(size)
      outStrides.append(stride)
    }
  }
  return (outSizes, outStrides)
}

private func copy<Element>(
  _ out: UnsafeMutablePointer<Element>, _ source: UnsafePointer<Element>, _ sizes: [Int], _ strides: [Int]
) {
  let last = sizes.count - 1
  let (inner, step) = (sizes[last], strides[last])
  let rows = sizes.dropLast().reduce(1, *)
  inParallel(rows, grain: max(1, 16384 / max(inner, 1))) { range in
    var index = [Int](repeating: 0, count: last)
    var rest = range.lowerBound
    var offset = 0
    for axis in stride(from: last - 1, through: 0, by: -1) {
      index[axis] = rest % sizes[axis]
      rest /= sizes[axis]
      offset += index[axis] * strides[axis]
    }
    for row in range {
      let target = out + row * inner
      if step == 1 {
        target.update(from: source + offset, count: inner)
      } else if step == 0 {
        target.update(repeating: source[offset], count: inner)
      } else {
        for i in 0..<inner { target[i] = source[offset + i * step] }
      }
      var axis = last - 1
      while axis >= 0 {
        index[axis] += 1
        offset += strides[axis]
        if index[axis] < sizes[axis] { break }
        offset -= sizes[axis] * strides[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }
}

extension Tensor {
  /// A row-major copy seen through other axes. `strides` are in elements of this tensor.
  func strided(_ shape: Shape, strides: [Int], offset: Int = 0) -> Tensor {
    let storage = Storage(byteCount: shape.count * dtype.byteCount)
    withUnsafeBytes { bytes in
      if let base = bytes.baseAddress, shape.count > 0 {
        stridedCopy(
          to: storage.pointer, from: base + offset * dtype.byteCount, width: dtype.byteCount, sizes: shape.sizes,
          strides: strides)
      }
    }
    return Tensor(shape: shape, dtype: dtype, storage: storage)
  }

  /// The same bytes under another shape of as many elements.
  func viewed(as shape: Shape) -> Tensor {
    Tensor(shape: shape, dtype: dtype, storage: storage, byteOffset: byteOffset)
  }
}
