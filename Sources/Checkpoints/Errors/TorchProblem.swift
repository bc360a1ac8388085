/// What is wrong with a file that `torch.save` should have written, or with what is asked of it. Bytes are counted from
/// the start of the pickle, which in a zip archive is its member `data.pkl`.
public indirect enum TorchProblem: Error, Equatable, Sendable {
  case notTorch
  /// Layouts of other programs, and of torch before 0.1.10.
  case otherLayout(String)
  case noPickle(members: [String])
  case truncated(what: String, byte: Int, needed: Int, present: Int)
  /// A name that the pickle wants to import.
  case code(global: String, byte: Int)
  case opcode(UInt8, byte: Int)
  case malformed(String, byte: Int)
  case tooMany(what: String, limit: Int, byte: Int)
  case nested(limit: Int)
  case circular
  case protocolVersion(Int, byte: Int)
  case byteOrder(String)
  case missingStorage(key: String)
  case storageSize(key: String, declared: Int, present: Int)
  /// What keeps one tensor of a dictionary from being read.
  case tensor(String, TorchProblem)
  case shape(sizes: [Int], strides: [Int], offset: Int, storage: Int)
  case wrongRank(shape: [Int], axes: [String])
  /// A place in the value, what should be there, what is.
  case field(path: String, expected: String, found: String)
  case cannotWrite(String)
}

extension TorchProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notTorch:
      "this is not a file that torch.save writes: it is neither a zip archive nor a pickle that starts with torch's "
        + "magic number"
    case .otherLayout(let which): which
    case .noPickle(let members):
      "this zip archive has no data.pkl, which torch.save writes first"
        + (members.isEmpty ? "" : " (it holds \(listing(members)))")
    case .truncated(let what, let byte, let needed, let present):
      "truncated: \(what) at byte \(byte) takes \(needed) bytes and \(present) are there; fetch the file again"
    case .code(let global, let byte):
      "it refers to \(global) at byte \(byte) of its pickle, which is code; steersh reads tensors, numbers, text and plain "
        + "containers and runs nothing. Save the tensors alone: torch.save(module.state_dict(), path), or safetensors"
    case .opcode(let code, let byte):
      "its pickle has the operation 0x\(String(code, radix: 16)) at byte \(byte), which torch.save does not write"
    case .malformed(let what, let byte): "its pickle is damaged at byte \(byte): \(what)"
    case .tooMany(let what, let limit, let byte): "its pickle makes more than \(limit) \(what) by byte \(byte)"
    case .nested(let limit): "its value is nested more than \(limit) deep"
    case .circular: "its value contains itself, which no file of tensors does"
    case .protocolVersion(let version, let byte):
      "its pickle has protocol \(version) at byte \(byte); read are 0 to 5"
    case .byteOrder(let order): "its byteorder is \"\(order)\"; it must be little or big"
    case .missingStorage(let key): "the numbers of storage \(key) are not in the file; fetch it again"
    case .storageSize(let key, let declared, let present):
      "the storage \(key) takes \(declared) bytes and the file has \(present) for it; fetch the file again"
    case .tensor(let name, let problem): "the tensor \(name): \(problem)"
    case .shape(let sizes, let strides, let offset, let storage):
      "a tensor of shape \(sizes) with strides \(strides) from \(offset) does not fit its storage of \(storage) numbers"
    case .wrongRank(let shape, let axes):
      "a tensor has the shape \(shape), expected the \(axes.count) axes [\(axes.joined(separator: ", "))]"
    case .field(let path, let expected, let found):
      "\(path.isEmpty ? "the file's value" : path) must be \(expected), found \(found)"
    case .cannotWrite(let reason): "cannot be written as a torch file: \(reason)"
    }
  }
}
