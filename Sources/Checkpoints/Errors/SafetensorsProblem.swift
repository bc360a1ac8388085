/// What is wrong with a safetensors file, or with what is asked of it.
public enum SafetensorsProblem: Equatable, Sendable {
  /// Shorter than the eight bytes that hold the header's length.
  case noHeader(byteCount: Int)
  case headerTooLong(declared: UInt64, limit: Int)
  case headerTruncated(declared: Int, present: Int)
  /// The tensors reach beyond the end of the file.
  case dataTruncated(declared: Int, present: Int)
  case trailingBytes(count: Int)
  case offsetsReversed(tensor: String, from: Int, to: Int)
  case overlap(first: String, second: String)
  case hole(before: String, byteCount: Int)
  case wrongSize(tensor: String, dtype: String, shape: [Int], byteCount: Int)
  case unreadableDType(tensor: String, dtype: String)
  case unknownTensor(String, close: [String], count: Int)
  case wrongRank(tensor: String, shape: [Int], axes: [String])
  case duplicateTensor(String)
}

extension SafetensorsProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noHeader(let byteCount):
      "this is not a safetensors file: it holds \(byteCount) bytes, fewer than the 8 that start every such file"
    case .headerTooLong(let declared, let limit):
      "this is not a safetensors file: its header would take \(declared) bytes, and at most \(limit) are read"
    case .headerTruncated(let declared, let present):
      "truncated: the header takes \(declared) bytes and \(present) are there; fetch the file again"
    case .dataTruncated(let declared, let present):
      "truncated: the tensors take \(declared) bytes and \(present) are there; fetch the file again"
    case .trailingBytes(let count): "\(count) bytes follow the last tensor; the header does not say what they are"
    case .offsetsReversed(let tensor, let from, let to):
      "the tensor \(tensor) ends at byte \(to), before it starts at \(from)"
    case .overlap(let first, let second): "the tensors \(first) and \(second) share bytes"
    case .hole(let tensor, let byteCount): "\(byteCount) bytes before the tensor \(tensor) belong to no tensor"
    case .wrongSize(let tensor, let dtype, let shape, let byteCount):
      "the tensor \(tensor) is \(dtype) \(shape) but has \(byteCount) bytes"
    case .unreadableDType(let tensor, let dtype):
      "the tensor \(tensor) is stored as \(dtype), which is not read; read are "
        + listing(Safetensors.dtypes.map(\.name))
    case .unknownTensor(let name, let close, let count):
      "there is no tensor \(name) among the \(count) here"
        + (close.isEmpty ? "" : "; close to it: \(listing(close))")
    case .wrongRank(let tensor, let shape, let axes):
      "the tensor \(tensor) has the shape \(shape), expected the \(axes.count) axes [\(axes.joined(separator: ", "))]"
    case .duplicateTensor(let name): "the name \(name) was given to two tensors"
    }
  }
}
