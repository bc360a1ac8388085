import Tensors

/// What the first bytes of a `.npy` file say. Format: numpy.lib.format, versions 1.0 to 3.0.
struct NumPyHeader {
  enum Kind: UInt8 {
    case float = 0x66  // f
    case signed = 0x69  // i
    case unsigned = 0x75  // u
    case bool = 0x62  // b
  }

  let kind: Kind
  /// Bytes an element takes.
  let size: Int
  let isBigEndian: Bool
  /// Whether the first axis runs fastest.
  let isFortran: Bool
  let shape: [Int]
  let dataOffset: Int

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  private static let byteLimit = 1 << 20
  /// NumPy's own limit.
  private static let rankLimit = 64

  /// - Throws: `ArrayProblem`.
  init(_ bytes: UnsafeRawBufferPointer) throws {
    guard bytes.starts(with: Self.magic), bytes.count >= 10 else { throw ArrayProblem.notNumPy }
    let archive = LittleEndianBytes(bytes)
    let (major, minor) = (Int(bytes[6]), Int(bytes[7]))
    guard (1...3).contains(major), minor == 0 else { throw ArrayProblem.version(major: major, minor: minor) }
    let start = major == 1 ? 10 : 12
    guard let count = major == 1 ? archive.half(8) : archive.word(8) else { throw ArrayProblem.notNumPy }
    guard count <= Self.byteLimit else { throw ArrayProblem.badHeader("it would take \(count) bytes") }
    guard start + count <= bytes.count else {
      throw ArrayProblem.truncated(declared: count, present: bytes.count - start)
    }
    var literal = PythonLiteral(Array(bytes[start..<start + count]))
    let entries = try literal.dictionary()
    guard let descriptor = entries.descriptor, let isFortran = entries.isFortran, let shape = entries.shape else {
      throw ArrayProblem.badHeader("it lacks one of descr, fortran_order and shape")
    }
    (kind, size, isBigEndian) = try Self.element(descriptor)
    guard shape.count <= Self.rankLimit else { throw ArrayProblem.badHeader("its shape has \(shape.count) axes") }
    self.isFortran = isFortran
    self.shape = shape
    dataOffset = start + count
  }

  /// `<f4`: byte order, kind, bytes.
  private static func element(_ descriptor: String) throws -> (Kind, size: Int, isBigEndian: Bool) {
    var letters = Array(descriptor.utf8)
    var isBigEndian = false
    if let order = letters.first, Array("<>=|".utf8).contains(order) {
      isBigEndian = order == UInt8(ascii: ">")
      letters.removeFirst()
    }
    guard letters.count == 2, let kind = Kind(rawValue: letters[0]), letters[1] >= UInt8(ascii: "1") else {
      throw ArrayProblem.unreadableDType(descriptor)
    }
    let size = Int(letters[1] - UInt8(ascii: "0"))
    let sizes =
      switch kind {
      case .float: [2, 4, 8]
      case .signed: [1, 2, 4, 8]
      case .unsigned: [1, 2, 4]
      case .bool: [1]
      }
    guard sizes.contains(size) else { throw ArrayProblem.unreadableDType(descriptor) }
    return (kind, size, isBigEndian)
  }

  /// The bytes that NumPy itself writes before a C-ordered array of this shape.
  static func bytes(for dtype: DType, shape: [Int]) -> [UInt8] {
    let descriptor =
      switch dtype {
      case .f32, .bf16, .blocks: "<f4"
      case .f64: "<f8"
      case .f16: "<f2"
      case .i64: "<i8"
      case .bool: "|b1"
      }
    let sizes = shape.count == 1 ? "\(shape[0])," : shape.map(String.init).joined(separator: ", ")
    var text = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': (\(sizes)), }"
    // NumPy leaves room for the first axis to grow to 21 digits.
    if let first = shape.first { text += String(repeating: " ", count: max(0, 21 - "\(first)".utf8.count)) }
    let prefix = magic.count + 4
    text += String(repeating: " ", count: 63 - (prefix + text.utf8.count) % 64) + "\n"
    let count = text.utf8.count
    // A shape long enough to need version 2 has more axes than NumPy allows.
    return magic + [1, 0, UInt8(truncatingIfNeeded: count), UInt8(truncatingIfNeeded: count >> 8)] + Array(text.utf8)
  }
}
