import Glibc

/// Numbers as text.
enum Numerals {
  /// `value` with so many decimals: `fixed(0.5, decimals: 2)` is `0.50`.
  static func fixed(_ value: Double, decimals: Int) -> String { nonFinite(value) ?? printed("%.*f", decimals, value) }

  /// `value` with so many significant digits, whichever of plain and scientific notation is shorter: `0.25`, `2e-9`.
  static func general(_ value: Double, digits: Int) -> String {
    nonFinite(value) ?? trimmedExponent(printed("%.*g", digits, value))
  }

  /// How many decimals show `value` to so many significant digits, trailing zeros dropped.
  static func decimals(of value: Double, digits: Int) -> Int {
    guard value.isFinite, value != 0 else { return 0 }
    let (mantissa, exponent) = scientific(value, digits: digits)
    let zeros = mantissa.reversed().prefix { $0 == "0" }.count
    return max(0, digits - 1 - zeros - exponent)
  }

  /// The decimal exponent of `value` after rounding to so many significant digits.
  static func exponent(of value: Double, digits: Int) -> Int {
    value.isFinite && value != 0 ? scientific(value, digits: digits).exponent : 0
  }

  private static func nonFinite(_ value: Double) -> String? {
    if value.isNaN { return "nan" }
    return value.isInfinite ? (value < 0 ? "-inf" : "inf") : nil
  }

  private static func scientific(_ value: Double, digits: Int) -> (mantissa: Substring, exponent: Int) {
    let text = printed("%.*e", digits - 1, value)
    let parts = text.split(separator: "e")
    return (parts.first ?? "", parts.count == 2 ? Int(parts[1]) ?? 0 : 0)
  }

  /// `2e-09` as `2e-9`, `1e+06` as `1e6`.
  private static func trimmedExponent(_ text: String) -> String {
    let parts = text.split(separator: "e")
    guard parts.count == 2, let exponent = Int(parts[1]) else { return text }
    return "\(parts[0])e\(exponent)"
  }

  private static func printed(_ format: String, _ precision: Int, _ value: Double) -> String {
    // The longest text is "%.*f" of the largest double: 309 digits, a sign, a point and the decimals.
    let precision = Int32(clamping: min(max(precision, 0), 60))
    let bytes = [UInt8](unsafeUninitializedCapacity: 400) { buffer, count in
      let written = withVaList([precision, value]) { arguments in
        buffer.withMemoryRebound(to: CChar.self) { vsnprintf($0.baseAddress, $0.count, format, arguments) }
      }
      count = max(0, min(Int(written), buffer.count - 1))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
