/// What is wrong with a NumPy file, or with what is asked of it.
public enum ArrayProblem: Error, Equatable, Sendable {
  case notNumPy
  case version(major: Int, minor: Int)
  /// The header is not the Python dictionary it should be.
  case badHeader(String)
  case unreadableDType(String)
  case truncated(declared: Int, present: Int)
  case trailingBytes(count: Int)
  /// Too many elements to count.
  case tooLarge(shape: [Int])
  case wrongRank(shape: [Int], axes: [String])
  case unknownArray(String, close: [String], present: [String])
  case duplicateName(String)
}

extension ArrayProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notNumPy: "this is not a NumPy file: it does not start with \\x93NUMPY"
    case .version(let major, let minor): "its format version is \(major).\(minor); read are 1.0, 2.0 and 3.0"
    case .badHeader(let detail): "its header is not one that NumPy writes: \(detail)"
    case .unreadableDType(let dtype):
      "its elements are of type \(dtype), which is not read; read are f2, f4, f8, i1, i2, i4, i8, u1, u2, u4 and b1 "
        + "(convert it with astype)"
    case .truncated(let declared, let present):
      "truncated: its elements take \(declared) bytes and \(present) are there"
    case .trailingBytes(let count): "\(count) bytes follow the elements; a file holds one array"
    case .tooLarge(let shape): "the shape \(shape) has more elements than can be counted"
    case .wrongRank(let shape, let axes):
      "its shape is \(shape), expected the \(axes.count) axes [\(axes.joined(separator: ", "))]"
    case .unknownArray(let name, let close, let present):
      "there is no array \(name)"
        + (close.isEmpty ? "; there are \(listing(present))" : "; close to it: \(listing(close))")
    case .duplicateName(let name): "the name \(name) was given to two arrays"
    }
  }
}
