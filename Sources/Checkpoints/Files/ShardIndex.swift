/// Which files of a model folder hold which of its tensors, as the `weight_map` of an index says.
struct ShardIndex {
  /// The files' names, sorted.
  let shards: [String]
  private let name: String
  private let path: String
  private let source: FileSource
  /// Tensors and their files, in the order of the index.
  private let entries: [(tensor: String, shard: String)]

  init(_ source: FileSource, name: String) throws {
    self.source = source
    self.name = name
    path = source.path(of: name)
    let map = try Field(source.bytes(of: name))["weight_map"]
    entries = try map.object().keys.map { (tensor: $0, shard: try map[$0].string()) }
    shards = Set(entries.map { UTF8Key($0.shard) }).map(\.text).sorted()
  }

  func bytes(of shard: String) throws -> FileBytes {
    try source.bytes(of: shard, expected: "a part of the model's weights, listed in \(name)")
  }

  /// Checks that each tensor is in the file that the index names, and in no other.
  ///
  /// - Parameter names: the tensors of each of `shards`.
  func check(_ names: [[String]]) throws {
    var found: [UTF8Key: Int] = [:]
    for (shard, tensors) in names.enumerated() {
      for tensor in tensors {
        guard let other = found.updateValue(shard, forKey: UTF8Key(tensor)) else { continue }
        throw CheckpointError(path, .file(.inTwoShards(tensor: tensor, shards: [shards[other], shards[shard]])))
      }
    }
    for (tensor, shard) in entries {
      guard let place = found[UTF8Key(tensor)], shards[place].hasSameBytes(as: shard) else {
        throw CheckpointError(path, .file(.shardLacks(tensor: tensor, shard: shard)))
      }
    }
  }
}
