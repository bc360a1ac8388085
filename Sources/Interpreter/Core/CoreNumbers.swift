import Glibc

extension NativeTable {
  /// Numbers: `abs` to `float`.
  mutating func addCoreNumbers() {
    self["abs"] = { call in
      guard case .int(let value) = call[0] else { return .float(abs(try call.number("x"))) }
      guard value != Int.min else { throw call.wrongValue("x", "has no absolute value that fits into 64 bits") }
      return .int(abs(value))
    }
    addFunction("sqrt") { sqrt($0) }
    addFunction("exp") { exp($0) }
    addFunction("log") { log($0) }
    addFunction("sin") { sin($0) }
    addFunction("cos") { cos($0) }
    addRounding("floor", .down)
    addRounding("ceil", .up)
    self["round"] = { call in
      if call.value("digits").isNull { return try Self.rounded(call, .toNearestOrEven) }
      let digits = try call.int("digits")
      guard (-300...300).contains(digits) else { throw call.wrongValue("digits", "must lie between -300 and 300") }
      // Through text, whose rounding is exact: multiplying by a power of ten is not.
      let value = try call.number("x")
      if digits >= 0 { return .float(Double(Decimals.fixed(value, digits)) ?? value) }
      let unit = pow(10, Double(-digits))
      return .float((value / unit).rounded(.toNearestOrEven) * unit)
    }
    self["int"] = { call in
      switch call[0] {
      case .int: return call[0]
      case .bool(let value): return .int(value ? 1 : 0)
      case .object(let object as StringObject):
        guard let value = Int(object.text) else {
          throw call.wrongValue("x", "does not spell an int: \(call[0].rendered(.short))")
        }
        return .int(value)
      default: return try Self.rounded(call, .towardZero)
      }
    }
    self["float"] = { call in
      guard let text = call[0].stringValue else { return .float(try call.number("x")) }
      guard let value = Double(text) else {
        throw call.wrongValue("x", "does not spell a number: \(call[0].rendered(.short))")
      }
      return .float(value)
    }
    self["linspace"] = { call in
      let lower = try call.number("lower")
      let upper = try call.number("upper")
      let count = try call.int("count", atLeast: 2)
      guard count <= Session.longestList else { throw call.wrongValue("count", "is too large") }
      return .list(
        (0..<count).map { position in
          position == count - 1 ? .float(upper) : .float(lower + (upper - lower) * Double(position) / Double(count - 1))
        })
    }
  }

  private mutating func addFunction(_ name: String, _ function: @escaping (Double) -> Double) {
    self[name] = { call in .float(function(try call.number("x"))) }
  }

  private mutating func addRounding(_ name: String, _ rule: FloatingPointRoundingRule) {
    self[name] = { call in try Self.rounded(call, rule) }
  }

  private static func rounded(_ call: NativeCall, _ rule: FloatingPointRoundingRule) throws -> Value {
    if case .int = call[0] { return call[0] }
    let value = try call.number("x").rounded(rule)
    guard let result = Int(exactly: value) else {
      throw call.wrongValue("x", "does not fit into a 64-bit int: \(value)")
    }
    return .int(result)
  }
}

/// Numbers with a fixed number of decimals.
enum Decimals {
  static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return value.description }
    var buffer = [CChar](repeating: 0, count: 400 + digits)
    let length = withVaList([Int32(digits), value]) { vsnprintf(&buffer, buffer.count, "%.*f", $0) }
    return String(decoding: buffer.prefix(Int(max(length, 0))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
