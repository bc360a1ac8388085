import Glibc

/// `"%s is %d" % values` and `"{} is {}".format(values)`.
extension JinjaRun {
  func percentFormat(_ format: MarkedText, _ value: JinjaValue) throws -> MarkedText {
    var values: ArraySlice<JinjaValue> = if case .tuple(let list) = value { list.elements[...] } else { [value] }
    var result = MarkedText([])
    var place = 0
    try budget.spend(format.count)
    while let percent = format.find("%", from: place) {
      result.append(format[place..<percent])
      var directive = try PercentDirective(format, after: percent)
      place = directive.end
      if directive.conversion == "%" {
        result.append("%")
        continue
      }
      func next() throws -> JinjaValue {
        if let key = directive.key {
          guard case .dictionary(let dictionary) = value, let found = dictionary.value(.text(key.scalars)) else {
            throw TemplateFailure.operation("\"%(\(key.string))\" asks for a dictionary with that key")
          }
          return found
        }
        guard let found = values.popFirst() else {
          throw TemplateFailure.operation("\"%\" has fewer values than places")
        }
        return found
      }
      if directive.takesWidth { directive.width = try next().integer ?? 0 }
      let text = try self.text(next(), directive)
      result.append(try padded(text, directive.width, directive.isLeft ? "ljust" : "rjust"))
    }
    result.append(format[place..<format.count])
    if case .dictionary = value { return result }
    guard values.isEmpty else { throw TemplateFailure.operation("\"%\" has more values than places") }
    return result
  }

  private func text(_ value: JinjaValue, _ directive: PercentDirective) throws -> MarkedText {
    switch directive.conversion {
    case "s", "r":
      let text = directive.conversion == "s" ? try value.printed(budget) : try value.represented(budget)
      return directive.precision.map { text[0..<min($0, text.count)] } ?? text
    case "d", "i", "x", "X", "o":
      guard let number = value.number, number.magnitude < 0x1p63 else { throw misfit(value, directive) }
      let integer = value.integer ?? Int(number)
      let radix = directive.conversion == "o" ? 8 : directive.conversion == "d" || directive.conversion == "i" ? 10 : 16
      let digits = String(integer.magnitude, radix: radix, uppercase: directive.conversion == "X")
      let sign = integer < 0 ? "-" : directive.sign
      let text = MarkedText(sign + digits)
      return directive.isZero && !directive.isLeft ? try padded(text, directive.width, "zfill", "0") : text
    case "f", "F", "e", "g":
      guard let number = value.number else { throw misfit(value, directive) }
      let text = MarkedText(
        (number < 0 ? "" : directive.sign) + number.formatted(directive.conversion, directive.precision ?? 6))
      return directive.isZero && !directive.isLeft ? try padded(text, directive.width, "zfill", "0") : text
    default:
      throw TemplateFailure(
        .unsupported("\"%\(directive.conversion)\"", read: ["%s", "%r", "%d", "%x", "%f", "%e", "%g"]))
    }
  }

  private func misfit(_ value: JinjaValue, _ directive: PercentDirective) -> TemplateFailure {
    .operation("\"%\(directive.conversion)\" takes a number, found \(value.kind)")
  }

  /// Places without a format of their own: `{}`, `{0}`, `{name}`.
  func braceFormat(_ format: MarkedText, _ arguments: inout JinjaArguments) throws -> MarkedText {
    let (positional, named) = (arguments.positional, arguments.named)
    arguments = JinjaArguments()
    var result = MarkedText([])
    var (place, next) = (0, 0)
    while place < format.count {
      let scalar = format.scalars[place]
      let isDoubled = place + 1 < format.count && format.scalars[place + 1] == scalar
      guard scalar == "{" || scalar == "}" else {
        result.append(format[place..<place + 1])
        place += 1
        continue
      }
      if isDoubled {
        result.append(format[place..<place + 1])
        place += 2
        continue
      }
      guard scalar == "{", let end = format.find("}", from: place) else {
        throw TemplateFailure.operation("format: a single \"\(scalar)\"; write it twice to print it")
      }
      let name = format[place + 1..<end].string
      place = end + 1
      var value: JinjaValue?
      if let index = name.isEmpty ? next : Int(name) {
        next += name.isEmpty ? 1 : 0
        value = index >= 0 && index < positional.count ? positional[positional.startIndex + index] : nil
      } else {
        guard name.unicodeScalars.allSatisfy({ $0 == "_" || $0.properties.isXIDContinue }) else {
          throw TemplateFailure(.unsupported("the place \"{\(name)}\"", read: ["{}", "{0}", "{name}"]))
        }
        value = named.first { $0.name == name }?.value
      }
      guard let value else { throw TemplateFailure.operation("format: there is no value for \"{\(name)}\"") }
      let text = try value.printed(budget)
      try budget.spend(text.count)
      result.append(text)
    }
    return result
  }
}

/// `%-8.3f` taken apart.
private struct PercentDirective {
  var key: MarkedText?
  var isLeft = false
  var isZero = false
  var sign = ""
  var takesWidth = false
  var width = 0
  var precision: Int?
  let conversion: Unicode.Scalar
  let end: Int

  init(_ format: MarkedText, after percent: Int) throws {
    var place = percent + 1
    func peek() throws -> Unicode.Scalar {
      guard place < format.count else { throw TemplateFailure.operation("a format ends after \"%\"") }
      return format.scalars[place]
    }
    func number() throws -> Int {
      var value = 0
      while try peek().isDigit {
        value = value * 10 + Int(format.scalars[place].value - 0x30)
        guard value < 1_000_000 else { throw TemplateFailure(.limit("a width beyond a million")) }
        place += 1
      }
      return value
    }
    if try peek() == "(" {
      guard let close = format.find(")", from: place) else { throw TemplateFailure.operation("a format lacks \")\"") }
      key = format[place + 1..<close]
      place = close + 1
    }
    while let flag = Optional(try peek()), "-+ 0#".unicodeScalars.contains(flag) {
      switch flag {
      case "-": isLeft = true
      case "0": isZero = true
      case "+": sign = "+"
      case " ": if sign.isEmpty { sign = " " }
      default: break
      }
      place += 1
    }
    if try peek() == "*" {
      takesWidth = true
      place += 1
    } else {
      width = try number()
    }
    if try peek() == "." {
      place += 1
      precision = try number()
    }
    conversion = try peek()
    end = place + 1
  }
}

extension Double {
  /// As C prints it with `conversion` and `precision`.
  func formatted(_ conversion: Unicode.Scalar, _ precision: Int) -> String {
    // The longest number has 309 digits before the point.
    let places = min(max(precision, 0), 1000)
    var buffer = [CChar](repeating: 0, count: 1400)
    let format = conversion == "e" ? "%.*e" : conversion == "g" ? "%.*g" : "%.*f"
    _ = withVaList([Int32(places), self]) { vsnprintf(&buffer, buffer.count, format, $0) }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
