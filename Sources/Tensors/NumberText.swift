import Glibc

/// How the numbers of one table are written: all alike, so that they line up.
struct NumberText {
  private enum Form: Equatable {
    case integer, truth, fixed(Int), scientific(Int)
  }
  private let form: Form

  /// The form for these numbers: up to `digits` decimals and no more than they need, or powers of ten where they span more
  /// than a fixed point shows.
  init(for values: [Double], dtype: DType, digits: Int = 4) {
    switch dtype {
    case .i64: form = .integer
    case .bool: form = .truth
    case .f32, .f16, .bf16, .f64, .blocks:
      let sizes = values.lazy.filter { $0.isFinite && $0 != 0 }.map { abs($0) }
      let (least, most) = (Float(sizes.min() ?? 1), Float(sizes.max() ?? 1))
      if most >= 1e8 || (most < 1e-3) || (least < 1e-4 && most / least > 1e5) {
        form = .scientific(digits)
      } else {
        let needed = values.lazy.filter(\.isFinite).map { value in
          let text = fixed(value, digits)
          return digits - text.reversed().prefix { $0 == "0" }.count
        }
        form = .fixed(max(1, min(needed.max() ?? 1, digits)))
      }
    }
  }

  func callAsFunction(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    switch form {
    case .integer: return String(Int(exactly: value) ?? 0)
    case .truth: return value != 0 ? "true" : "false"
    case .fixed(let digits): return fixed(value, digits)
    case .scientific(let digits): return scientific(value, digits)
    }
  }

  /// One number by itself: four significant digits, or all of an integer's.
  static func short(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    return significant(value, 4)
  }
}

private func fixed(_ value: Double, _ digits: Int) -> String { printed("%.*f", value, digits) }
private func scientific(_ value: Double, _ digits: Int) -> String { printed("%.*e", value, digits) }
private func significant(_ value: Double, _ digits: Int) -> String { printed("%.*g", value, digits) }

private func printed(_ format: String, _ value: Double, _ digits: Int) -> String {
  var buffer = [CChar](repeating: 0, count: 400)
  let written = withVaList([Int32(digits), value]) { vsnprintf(&buffer, buffer.count, format, $0) }
  return String(decoding: buffer.prefix(max(0, min(Int(written), buffer.count - 1))).map(UInt8.init), as: UTF8.self)
}
