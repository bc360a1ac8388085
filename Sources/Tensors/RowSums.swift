import Glibc

// Sums of a row in double precision. Eight lanes, lane i taking the elements i, i + 8, …; then the lanes in order.

func total(_ row: UnsafeBufferPointer<Float>) -> Double { lanes(row) { $0 } }

func totalOfSquares(_ row: UnsafeBufferPointer<Float>, around center: Double) -> Double {
  lanes(row) { x in
    let distance = x - center
    return distance * distance
  }
}

func dotProduct(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Double {
  var sums = SIMD8<Double>()
  var i = 0
  while i + 8 <= a.count {
    for lane in 0..<8 { sums[lane] += Double(a[i + lane]) * Double(b[i + lane]) }
    i += 8
  }
  while i < a.count {
    sums[i % 8] += Double(a[i]) * Double(b[i])
    i += 1
  }
  return sums.sum()
}

/// The variance with `correction` taken from the count.
func spread(_ row: UnsafeBufferPointer<Float>, _ correction: Int) -> Double {
  let mean = total(row) / Double(row.count)
  return totalOfSquares(row, around: mean) / Double(row.count - correction)
}

func logTotalOfExponentials(_ row: UnsafeBufferPointer<Float>) -> Double {
  var top = -Float.infinity
  for value in row where value > top || value.isNaN { top = value }
  if top.isNaN || top.isInfinite { return Double(top) }
  return Double(top) + Glibc.log(lanes(row) { Glibc.exp($0 - Double(top)) })
}

@inline(__always)
private func lanes(_ row: UnsafeBufferPointer<Float>, _ term: (Double) -> Double) -> Double {
  var sums = SIMD8<Double>()
  var i = 0
  while i + 8 <= row.count {
    for lane in 0..<8 { sums[lane] += term(Double(row[i + lane])) }
    i += 8
  }
  while i < row.count {
    sums[i % 8] += term(Double(row[i]))
    i += 1
  }
  return sums.sum()
}
