/// The little of Python's literal syntax that headers are written in.
struct PythonLiteral {
  private let bytes: [UInt8]
  private var next = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func dictionary() throws -> (descriptor: String?, isFortran: Bool?, shape: [Int]?) {
    var (descriptor, isFortran, shape): (String?, Bool?, [Int]?) = (nil, nil, nil)
    try expect("{")
    while !take("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where descriptor == nil:
        // A list describes records; it is shown, not read.
        if peek == UInt8(ascii: "[") { throw ArrayProblem.unreadableDType("record") }
        descriptor = try string()
      case "fortran_order" where isFortran == nil: isFortran = try bool()
      case "shape" where shape == nil: shape = try tuple()
      default: throw ArrayProblem.badHeader("the key '\(key)' does not belong there")
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    guard peek == nil else { throw ArrayProblem.badHeader("something follows the dictionary") }
    return (descriptor, isFortran, shape)
  }

  private mutating func tuple() throws -> [Int] {
    var sizes: [Int] = []
    try expect("(")
    while !take(")") {
      sizes.append(try integer())
      if !take(",") {
        try expect(")")
        break
      }
    }
    return sizes
  }

  private mutating func integer() throws -> Int {
    var digits = ""
    while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), digits.count < 20 {
      digits.unicodeScalars.append(Unicode.Scalar(byte))
      next += 1
    }
    guard let value = Int(digits) else { throw ArrayProblem.badHeader("a size in its shape is not a whole number") }
    // Python 2 marked long integers.
    _ = take("L")
    return value
  }

  private mutating func bool() throws -> Bool {
    guard peek != nil else { throw ArrayProblem.badHeader("fortran_order is neither True nor False") }
    for (word, value) in [("True", true), ("False", false)] where bytes[next...].starts(with: word.utf8) {
      next += word.utf8.count
      return value
    }
    throw ArrayProblem.badHeader("fortran_order is neither True nor False")
  }

  private mutating func string() throws -> String {
    guard let quote = peek, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
      let end = bytes[(next + 1)...].firstIndex(of: quote)
    else { throw ArrayProblem.badHeader("a string was expected") }
    defer { next = end + 1 }
    return String(decoding: bytes[next + 1..<end], as: UTF8.self)
  }

  private var peek: UInt8? {
    mutating get {
      while next < bytes.count, bytes[next] == 0x20 || bytes[next] == 0x0A { next += 1 }
      return next < bytes.count ? bytes[next] : nil
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    next += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    guard take(character) else { throw ArrayProblem.badHeader("\"\(character)\" was expected") }
  }
}
