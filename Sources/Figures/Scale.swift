import Glibc

/// The range of values along an axis and the round numbers marked on it.
struct Scale: Equatable {
  let low: Double
  let high: Double
  let ticks: [Double]
  let labels: [String]

  /// - Parameters:
  ///   - values: the data; what is not finite is passed over.
  ///   - count: about how many ticks are wanted.
  ///   - rounded: whether the range grows to the next tick at both ends.
  ///   - including: a value that must lie within the range, such as the foot of a bar.
  init(_ values: some Sequence<Double>, count: Int, rounded: Bool, including anchor: Double? = nil) {
    var low = anchor ?? .infinity
    var high = anchor ?? -.infinity
    for value in values where value.isFinite {
      low = min(low, value)
      high = max(high, value)
    }
    if low > high { (low, high) = (0, 1) }
    if low == high {
      // One value only: it stands in the middle of a range of its own size.
      let margin = low == 0 ? 1 : max(abs(low) / 2, .leastNormalMagnitude)
      (low, high) = (max(low - margin, -.greatestFiniteMagnitude), min(high + margin, .greatestFiniteMagnitude))
    }
    let step = Scale.step(low: low, high: high, count: max(count, 2))
    var ticks: [Double] = []
    if step > 0, step.isFinite {
      var first = (low / step).rounded(.up)
      var last = (high / step).rounded(.down)
      if rounded {
        if first * step > low { first -= 1 }
        if last * step < high { last += 1 }
      }
      let steps = last - first
      if steps >= 0, steps < 1000 {
        // + 0 turns a negative zero into a plain one.
        ticks = (0...Int(steps)).map { (first + Double($0)) * step + 0 }.filter(\.isFinite)
      }
    }
    if ticks.count < 2 || Set(ticks).count < ticks.count { ticks = [low, high] }
    self.low = rounded ? min(low, ticks.first ?? low) : low
    self.high = rounded ? max(high, ticks.last ?? high) : high
    self.ticks = ticks
    labels = Scale.labels(ticks)
  }

  /// Where a finite value lies, 0 at the low end and 1 at the high end.
  func fraction(_ value: Double) -> Double {
    // Halves, so that a range wider than the largest double stays finite.
    let span = high / 2 - low / 2
    return span > 0 ? min(max((value / 2 - low / 2) / span, 0), 1) : 0.5
  }

  /// 1, 2 or 5 times a power of ten, such that about `count` steps cover the range.
  private static func step(low: Double, high: Double, count: Int) -> Double {
    let rough = (high / Double(count)) - (low / Double(count))
    let power = pow(10, floor(log10(rough)))
    let lead = rough / power
    return (lead <= 1.0001 ? 1 : lead <= 2.0001 ? 2 : lead <= 5.0001 ? 5 : 10) * power
  }

  /// The ticks with just enough digits to tell them apart, all with the same number of decimals.
  private static func labels(_ ticks: [Double]) -> [String] {
    let largest = ticks.reduce(0) { max($0, abs($1)) }
    let spacing = zip(ticks, ticks.dropFirst()).map { $1 - $0 }.min() ?? largest
    guard largest > 0, spacing > 0, spacing.isFinite else { return ticks.map { Numerals.general($0, digits: 3) } }
    let digits = min(max(Int(ceil(log10(largest / spacing) + 0.7)), 1), 17)
    let decimals = ticks.map { Numerals.decimals(of: $0, digits: max(digits, 3)) }.max() ?? 0
    if largest >= 1e6 || largest < 1e-4 || decimals > 8 {
      return ticks.map { Numerals.general($0, digits: max(digits, 3)) }
    }
    return ticks.map { Numerals.fixed($0, decimals: decimals) }
  }
}
