import Glibc

// Sums of a row in double precision. Eight lanes, lane i taking the elements i, i + 8, …; then the lanes in order.

@specialized(where Element == Float)
@specialized(where Element == Double)
func total<Element: Real>(_ row: UnsafeBufferPointer<Element>) -> Double { lanes(row) { $0 } }

func average<Element: Real>(_ row: UnsafeBufferPointer<Element>) -> Double { total(row) / Double(row.count) }

@specialized(where Element == Float)
@specialized(where Element == Double)
func totalOfSquares<Element: Real>(_ row: UnsafeBufferPointer<Element>, around center: Double) -> Double {
  lanes(row) { x in
    let distance = x - center
    return distance * distance
  }
}

/// √Σx².
func euclideanNorm<Element: Real>(_ row: UnsafeBufferPointer<Element>) -> Double {
  totalOfSquares(row, around: 0).squareRoot()
}

@specialized(where Element == Float)
@specialized(where Element == Double)
func dotProduct<Element: Real>(_ a: UnsafeBufferPointer<Element>, _ b: UnsafeBufferPointer<Element>) -> Double {
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

@specialized(where Element == Float)
@specialized(where Element == Double)
func productOfAll<Element: Real>(_ row: UnsafeBufferPointer<Element>) -> Double {
  row.reduce(1.0) { $0 * Double($1) }
}

/// The variance with `correction` taken from the count.
func spread<Element: Real>(_ row: UnsafeBufferPointer<Element>, _ correction: Int) -> Double {
  totalOfSquares(row, around: average(row)) / Double(row.count - correction)
}

@specialized(where Element == Float)
@specialized(where Element == Double)
func middle<Element: Real>(_ row: UnsafeBufferPointer<Element>) -> Double {
  if let nan = row.first(where: \.isNaN) { return Double(nan) }
  let sorted = row.sorted()
  let half = sorted.count / 2
  return sorted.count % 2 == 1 ? Double(sorted[half]) : (Double(sorted[half - 1]) + Double(sorted[half])) / 2
}

@specialized(where Element == Float)
@specialized(where Element == Double)
func countOfNonFinite<Element: Real>(_ row: UnsafeBufferPointer<Element>) -> Double {
  Double(row.reduce(0) { $0 + ($1.isFinite ? 0 : 1) })
}

@specialized(where Element == Float)
@specialized(where Element == Double)
func logTotalOfExponentials<Element: Real>(_ row: UnsafeBufferPointer<Element>) -> Double {
  var top = -Element.infinity
  for value in row where value > top || value.isNaN { top = value }
  if top.isNaN || top.isInfinite { return Double(top) }
  return Double(top) + Glibc.log(lanes(row) { Glibc.exp($0 - Double(top)) })
}

@inline(__always)
private func lanes<Element: Real>(_ row: UnsafeBufferPointer<Element>, _ term: (Double) -> Double) -> Double {
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
