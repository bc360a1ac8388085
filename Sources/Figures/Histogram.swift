import Glibc

/// Counts of values in ranges of equal width; each range holds its lower end, the last one both.
struct Histogram: Sendable, Equatable {
  let low: Double
  let high: Double
  let counts: [Int]
  /// Values that are not finite and so in no range.
  let leftOut: Int

  init(_ values: [Double], bins: Int?) {
    let finite = values.filter(\.isFinite)
    leftOut = values.count - finite.count
    guard let least = finite.min(), let most = finite.max() else {
      (low, high, counts) = (0, 1, [])
      return
    }
    let margin = least == most ? (least == 0 ? 0.5 : abs(least) / 20) : 0
    (low, high) = (least - margin, most + margin)
    let bins = min(max(bins ?? Histogram.bins(for: finite.sorted()), 1), 1000)
    var counts = Array(repeating: 0, count: bins)
    for value in finite {
      let part = (value / 2 - low / 2) / (high / 2 - low / 2)
      counts[part.isFinite ? min(max(Int(part * Double(bins)), 0), bins - 1) : 0] += 1
    }
    self.counts = counts
  }

  /// The lower end of a range; that of `counts.count` is the upper end of the last.
  func edge(_ index: Int) -> Double {
    let part = counts.isEmpty ? 0 : Double(index) / Double(counts.count)
    return low * (1 - part) + high * part
  }

  /// Freedman and Diaconis' rule, a width of 2 · IQR / n^⅓, kept between Sturges' number and 60.
  private static func bins(for sorted: [Double]) -> Int {
    let count = Double(sorted.count)
    let sturges = Int(ceil(log2(count))) + 1
    let spread = sorted[sorted.count * 3 / 4] - sorted[sorted.count / 4]
    guard spread > 0, spread.isFinite, let least = sorted.first, let most = sorted.last else { return sturges }
    let wanted = (most - least) / (2 * spread / cbrt(count))
    return wanted.isFinite ? min(max(Int(min(ceil(wanted), 1e6)), sturges), 60) : sturges
  }
}
