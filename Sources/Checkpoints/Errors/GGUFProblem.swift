/// What is wrong with a GGUF file, or with what is asked of it. Bytes are counted from the start of the file.
public enum GGUFProblem: Equatable, Sendable {
  case notGGUF(byteCount: Int)
  case bigEndian
  case version(UInt32)
  /// `what` at `byte` takes more bytes than the file still holds.
  case truncated(what: String, byte: Int, needed: Int, present: Int)
  case tooMany(what: String, byte: Int, declared: UInt64, present: Int)
  case notUTF8(what: String, byte: Int)
  case valueType(key: String, type: UInt32, byte: Int)
  case integerTooLarge(key: String, byte: Int)
  case nested(key: String, byte: Int)
  case duplicateKey(String, byte: Int)
  case duplicateTensor(String, byte: Int)
  case rank(tensor: String, rank: UInt32, byte: Int)
  case tooLarge(tensor: String, byte: Int)
  case unknownType(tensor: String, code: UInt32, byte: Int)
  case unreadableType(tensor: String, type: String, read: [String])
  /// Rows that are not whole blocks.
  case partialBlock(tensor: String, type: String, row: Int, block: Int)
  case alignment(Int)
  case misaligned(tensor: String, offset: UInt64, alignment: Int)
  case outside(tensor: String, from: Int, count: Int, present: Int)
  case overlap(first: String, second: String, byte: Int)
  case missingKey(String)
  case wrongValue(key: String, expected: String, found: String)
  case unknownTensor(String, close: [String], count: Int)
  case wrongRank(tensor: String, shape: [Int], axes: [String])
  case split(part: Int, count: Int)
  case cannotWrite(name: String, reason: String)
}

extension GGUFProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notGGUF(let byteCount):
      byteCount < 24
        ? "this is not a GGUF file: it holds \(byteCount) bytes, fewer than the 24 that start every such file"
        : "this is not a GGUF file: it does not start with the letters GGUF"
    case .bigEndian:
      "this GGUF file is big-endian; convert it with gguf-py's gguf_convert_endian.py, or fetch the usual file"
    case .version(let version):
      "its GGUF version is \(version); read are 2 and 3"
        + (version == 1 ? " (llama.cpp's own tools convert older files)" : "")
    case .truncated(let what, let byte, let needed, let present):
      "truncated: \(what) at byte \(byte) takes \(needed) bytes and \(present) are there; fetch the file again"
    case .tooMany(let what, let byte, let declared, let present):
      "\(what) at byte \(byte) is \(declared), more than the \(present) bytes that follow can hold; fetch the file again"
    case .notUTF8(let what, let byte): "\(what) at byte \(byte) is not UTF-8"
    case .valueType(let key, let type, let byte):
      "the value of \(key) is of type \(type) at byte \(byte); there are the types 0 to 12"
    case .integerTooLarge(let key, let byte):
      "the value of \(key) at byte \(byte) is an integer of 64 bits that is too large"
    case .nested(let key, let byte): "the value of \(key) at byte \(byte) is arrays within arrays, too deep to be read"
    case .duplicateKey(let key, let byte): "the key \(key) appears again at byte \(byte)"
    case .duplicateTensor(let name, let byte): "the tensor \(name) appears again at byte \(byte)"
    case .rank(let tensor, let rank, let byte):
      "the tensor \(tensor) has \(rank) axes at byte \(byte); at most 4 are read"
    case .tooLarge(let tensor, let byte): "the tensor \(tensor) has more elements at byte \(byte) than can be counted"
    case .unknownType(let tensor, let code, let byte):
      "the tensor \(tensor) is of type \(code) at byte \(byte), which is not known here"
    case .unreadableType(let tensor, let type, let read):
      "the tensor \(tensor) is stored as \(type), which is not read; read are \(listing(read, limit: 20)). Fetch or make the "
        + "file in one of these, such as Q4_K_M or Q8_0"
    case .partialBlock(let tensor, let type, let row, let block):
      "the tensor \(tensor) is stored as \(type), but its rows of \(row) are not whole blocks of \(block)"
    case .alignment(let alignment): "general.alignment is \(alignment); it must be a power of two from 8 to 65536"
    case .misaligned(let tensor, let offset, let alignment):
      "the tensor \(tensor) starts \(offset) bytes into the data, which is not a multiple of general.alignment, "
        + "\(alignment)"
    case .outside(let tensor, let from, let count, let present):
      "truncated: the tensor \(tensor) takes \(count) bytes from byte \(from) on and the file has \(present); fetch it again"
    case .overlap(let first, let second, let byte): "the tensors \(first) and \(second) share bytes from \(byte) on"
    case .missingKey(let key): "the key \(key) is missing"
    case .wrongValue(let key, let expected, let found): "\(key) must be \(expected), found \(found)"
    case .unknownTensor(let name, let close, let count):
      "there is no tensor \(name) among the \(count) here" + (close.isEmpty ? "" : "; close to it: \(listing(close))")
    case .wrongRank(let tensor, let shape, let axes):
      "the tensor \(tensor) has the shape \(shape), expected the \(axes.count) axes [\(axes.joined(separator: ", "))]"
    case .split(let part, let count):
      "this is part \(part) of a model in \(count) files; join them with llama.cpp's llama-gguf-split --merge"
    case .cannotWrite(let name, let reason): "\(name) cannot be written: \(reason)"
    }
  }
}
