extension Unpickler {
  /// Carries out one operation.
  mutating func step(_ code: UInt8, at byte: Int) throws {
    switch code {
    case 0x80:
      let version = Int(try cursor.byte("the protocol"))
      guard version <= 5 else { throw TorchProblem.protocolVersion(version, byte: byte) }
    case 0x95: _ = try cursor.number(UInt64.self, "the length of a frame")
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"):
      if marks.last == stack.count { marks.removeLast() } else { _ = try pop(byte) }
    case UInt8(ascii: "1"): _ = try popMark(byte)
    case UInt8(ascii: "2"):
      let top = try pop(byte)
      stack += [top, top]
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "I"), UInt8(ascii: "J"), UInt8(ascii: "K"), UInt8(ascii: "M"), UInt8(ascii: "L"), 0x8A, 0x8B,
      UInt8(ascii: "F"), UInt8(ascii: "G"):
      stack.append(try number(code, at: byte))
    case UInt8(ascii: "S"), UInt8(ascii: "T"), UInt8(ascii: "U"), UInt8(ascii: "V"), UInt8(ascii: "X"), 0x8C, 0x8D:
      stack.append(.string(try text(code, at: byte)))
    case UInt8(ascii: "B"), UInt8(ascii: "C"), 0x8E, 0x96: stack.append(.bytes(try bytes(code)))
    case UInt8(ascii: "]"), 0x8F: try push(.list, [], at: byte)
    case UInt8(ascii: "}"): try push(.dictionary, [], at: byte)
    case UInt8(ascii: ")"): try push(.tuple, [], at: byte)
    case UInt8(ascii: "l"), 0x91: try push(.list, try popMark(byte), at: byte)
    case UInt8(ascii: "t"): try push(.tuple, try popMark(byte), at: byte)
    case UInt8(ascii: "d"):
      let items = try popMark(byte)
      guard items.count.isMultiple(of: 2) else { throw damaged("a key has no value", byte) }
      try push(.dictionary, items, at: byte)
    case 0x85, 0x86, 0x87:
      var items: [PickleItem] = []
      for _ in 0..<Int(code - 0x84) { items.append(try pop(byte)) }
      try push(.tuple, items.reversed(), at: byte)
    case UInt8(ascii: "a"):
      let item = try pop(byte)
      try extend(.list, with: [item], at: byte)
    case UInt8(ascii: "e"), 0x90: try extend(.list, with: try popMark(byte), at: byte)
    case UInt8(ascii: "s"):
      let value = try pop(byte)
      let key = try pop(byte)
      try extend(.dictionary, with: [key, value], at: byte)
    case UInt8(ascii: "u"): try extend(.dictionary, with: try popMark(byte), at: byte)
    case UInt8(ascii: "p"), UInt8(ascii: "q"), UInt8(ascii: "r"), 0x94: try remember(try place(code, at: byte), byte)
    case UInt8(ascii: "g"), UInt8(ascii: "h"), UInt8(ascii: "j"): try recall(try place(code, at: byte), byte)
    case UInt8(ascii: "c"), UInt8(ascii: "i"):
      let module = try cursor.line("the name of a module")
      let name = try cursor.line("a name in a module")
      try refer(to: module, name, at: byte)
      // An instance in the text protocol is made of what lies above the mark; no data is.
      if code == UInt8(ascii: "i") { throw TorchProblem.code(global: "\(module).\(name)", byte: byte) }
    case 0x93:
      guard case .string(let name) = try pop(byte), case .string(let module) = try pop(byte) else {
        throw damaged("a name is not text", byte)
      }
      try refer(to: module, name, at: byte)
    case UInt8(ascii: "R"), 0x81:
      let arguments = try pop(byte)
      let callee = try pop(byte)
      stack.append(try made(of: callee, arguments, at: byte))
    case 0x92:
      guard case .node(let place) = try pop(byte), nodes[place].items.isEmpty else {
        throw damaged("something is made with named arguments", byte)
      }
      let arguments = try pop(byte)
      let callee = try pop(byte)
      stack.append(try made(of: callee, arguments, at: byte))
    case UInt8(ascii: "b"):
      // Attributes of a dictionary, such as a state dict's `_metadata`: versions of modules, which nothing here needs.
      _ = try pop(byte)
      guard case .node(let place)? = stack.last, nodes[place].kind == .dictionary else {
        throw damaged("attributes are given to what is no dictionary", byte)
      }
    case UInt8(ascii: "Q"): try referToStorage(try pop(byte), at: byte)
    case UInt8(ascii: "P"): throw damaged("a storage is referred to as a line of text", byte)
    default: throw TorchProblem.opcode(code, byte: byte)
    }
  }

  private mutating func number(_ code: UInt8, at byte: Int) throws -> PickleItem {
    switch code {
    case UInt8(ascii: "J"): return .integer(Int(try cursor.number(Int32.self, "an integer")))
    case UInt8(ascii: "K"): return .integer(Int(try cursor.byte("an integer")))
    case UInt8(ascii: "M"): return .integer(Int(try cursor.number(UInt16.self, "an integer")))
    case UInt8(ascii: "G"): return .number(try cursor.bigEndianDouble("a number"))
    case 0x8A: return integer(try cursor.take(try cursor.byte("the length of an integer"), "an integer"))
    case 0x8B: return integer(try cursor.take(try cursor.number(Int32.self, "the length of an integer"), "an integer"))
    default: break
    }
    var line = try cursor.line("a number")
    if code == UInt8(ascii: "F") {
      guard let number = Double(line) else { throw damaged("\"\(line.prefix(40))\" is not a number", byte) }
      return .number(number)
    }
    if code == UInt8(ascii: "I"), line == "00" || line == "01" { return .bool(line == "01") }
    if line.hasSuffix("L") { line.removeLast() }
    if let number = Int(line) { return .integer(number) }
    guard !line.isEmpty, line.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == 0x2D })
    else { throw damaged("\"\(line.prefix(40))\" is not an integer", byte) }
    return .large(Array(line.utf8))
  }

  /// Two's complement, the lowest byte first.
  private func integer(_ bytes: [UInt8]) -> PickleItem {
    guard bytes.count <= 8 else { return .large(bytes) }
    var pattern: UInt64 = bytes.last.map { $0 >= 0x80 ? .max : 0 } ?? 0
    for byte in bytes.reversed() { pattern = pattern << 8 | UInt64(byte) }
    return .integer(Int(Int64(bitPattern: pattern)))
  }

  private mutating func text(_ code: UInt8, at byte: Int) throws -> String {
    switch code {
    case UInt8(ascii: "S"), UInt8(ascii: "V"):
      var line = try cursor.line("a text")
      if code == UInt8(ascii: "S") {
        guard line.count >= 2, let quote = line.first, quote == "'" || quote == "\"", line.last == quote else {
          throw damaged("a text has no quotes", byte)
        }
        line = String(line.dropFirst().dropLast())
      }
      guard !line.contains("\\") else { throw damaged("a text has an escape, which no name of a tensor has", byte) }
      return line
    case UInt8(ascii: "T"): return try cursor.text(try cursor.number(Int32.self, "the length of a text"), "a text")
    case UInt8(ascii: "X"): return try cursor.text(try cursor.number(UInt32.self, "the length of a text"), "a text")
    case 0x8D: return try cursor.text(try cursor.number(UInt64.self, "the length of a text"), "a text")
    default: return try cursor.text(try cursor.byte("the length of a text"), "a text")
    }
  }

  private mutating func bytes(_ code: UInt8) throws -> [UInt8] {
    switch code {
    case UInt8(ascii: "B"): try cursor.take(try cursor.number(UInt32.self, "the length of bytes"), "bytes")
    case UInt8(ascii: "C"): try cursor.take(try cursor.byte("the length of bytes"), "bytes")
    default: try cursor.take(try cursor.number(UInt64.self, "the length of bytes"), "bytes")
    }
  }

  /// Under which number something is remembered.
  private mutating func place(_ code: UInt8, at byte: Int) throws -> Int {
    switch code {
    case 0x94: return memo.count
    case UInt8(ascii: "q"), UInt8(ascii: "h"): return Int(try cursor.byte("a place to remember"))
    case UInt8(ascii: "r"), UInt8(ascii: "j"): return Int(try cursor.number(UInt32.self, "a place to remember"))
    default:
      guard let place = Int(try cursor.line("a place to remember")), place >= 0 else {
        throw damaged("a place to remember is no number", byte)
      }
      return place
    }
  }
}
