/// How the numbers of one column are written: with decimals that are equal, so that the points stand in line.
struct NumeralColumn {
  private enum Style { case fixed(decimals: Int), general }
  private let style: Style
  private let digits: Int

  /// Chooses as many decimals as the value that needs most, for `digits` significant digits of each. Where that would
  /// take more than six decimals or ten digits before the point, every number stands for itself, as in `1.2e-9`.
  init(_ values: some Sequence<Double>, digits: Int) {
    self.digits = digits
    var decimals = 1
    var largest = 0
    for value in values where value.isFinite {
      decimals = max(decimals, Numerals.decimals(of: value, digits: digits))
      largest = max(largest, Numerals.exponent(of: value, digits: digits))
    }
    style = decimals > 6 || largest > 9 ? .general : .fixed(decimals: decimals)
  }

  func text(_ value: Double) -> String {
    switch style {
    case .fixed(let decimals): Numerals.fixed(value, decimals: decimals)
    case .general: Numerals.general(value, digits: digits)
    }
  }
}
