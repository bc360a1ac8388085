/// What the operating system or the shape of a folder stands in the way of.
public enum FileProblem: Equatable, Sendable {
  /// No such file. `present` are the files that are in its folder.
  case missingFile(expected: String, present: [String])
  case missingFolder(expected: String)
  case notFolder(expected: String)
  case notRegular(expected: String)
  case unreadable(reason: String)
  /// A name that would leave the folder it belongs to.
  case outside(name: String)
  /// Writing failed; nothing was left behind and what stood there before is untouched.
  case unwritable(reason: String)
  /// Appending failed; what was appended before is still there.
  case cannotGrow(reason: String)
  /// Another process writes it.
  case inUse
  /// An index of weights in several files says what is not so.
  case shardLacks(tensor: String, shard: String)
  case inTwoShards(tensor: String, shards: [String])
}

extension FileProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missingFile(let expected, let present):
      "there is no such file; expected \(expected)"
        + (present.isEmpty ? "" : " (the folder holds \(listing(present)))")
    case .missingFolder(let expected): "there is no such folder; expected \(expected)"
    case .notFolder(let expected): "this is a file; expected \(expected)"
    case .notRegular(let expected): "this is not a regular file; expected \(expected)"
    case .unreadable(let reason): "cannot be read: \(reason)"
    case .outside(let name): "refers to \"\(name)\", which lies outside the folder"
    case .unwritable(let reason): "cannot be written: \(reason); nothing was saved"
    case .cannotGrow(let reason): "cannot be written: \(reason); what it held before is still there"
    case .inUse: "another run of steersh writes this file; wait for it, or choose another file"
    case .shardLacks(let tensor, let shard): "says that \(shard) holds the tensor \(tensor), but it does not"
    case .inTwoShards(let tensor, let shards): "the tensor \(tensor) is in \(shards[0]) and in \(shards[1]), too"
    }
  }
}
