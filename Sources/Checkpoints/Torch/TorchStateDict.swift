import Tensors

/// A module's tensors by name, as `torch.save(module.state_dict(), path)` writes them, in one file or in several.
public struct TorchStateDict: Sendable {
  /// The file or folder that holds it, for errors.
  public let file: String
  /// In the order of the file.
  public let names: [String]
  private let tensors: [UTF8Key: (tensor: TorchTensor, file: String)]

  /// - Throws: `CheckpointError` where there is anything but tensors by name.
  public init(_ field: TorchField) throws { try self.init(field.file, [field]) }

  private init(_ name: String, _ fields: [TorchField]) throws {
    file = name
    var names: [String] = []
    var tensors: [UTF8Key: (tensor: TorchTensor, file: String)] = [:]
    for field in fields {
      guard field.isStateDict, case .dictionary(let entries) = field.value else {
        throw field.mustBe("a dictionary from names to tensors, as a state dict is")
      }
      names += field.keys
      for case (.string(let name), .tensor(let tensor)) in entries { tensors[UTF8Key(name)] = (tensor, field.file) }
    }
    (self.names, self.tensors) = (names, tensors)
  }

  private static let single = "pytorch_model.bin"
  private static let index = single + ".index.json"

  /// Whether a folder has weights in this form.
  public static func isIn(_ source: FileSource) -> Bool { source.contains(single) || source.contains(index) }

  /// Opens the weights of a model folder: `pytorch_model.bin`, or the files that `pytorch_model.bin.index.json` lists. Numbers are
  /// read where and when they are used; their checksums are not compared.
  public init(_ source: FileSource) throws {
    func field(_ file: FileBytes) throws -> TorchField { try TorchFile(file, testsNumbers: false).field }
    guard !source.contains(Self.single), source.contains(Self.index) else {
      let expected = "the model's weights (or \(Self.index), for weights in several files)"
      try self.init(field(source.bytes(of: Self.single, expected: expected)))
      return
    }
    let map = try ShardIndex(source, name: Self.index)
    let fields = try map.shards.map { try field(map.bytes(of: $0)) }
    try self.init(source.name, fields)
    try map.check(fields.map(\.keys))
  }

  public func contains(_ name: String) -> Bool { tensors[UTF8Key(name)] != nil }

  /// The tensor of this name, as it lies in the file; nil where there is none.
  public func entry(named name: String) -> TorchTensor? { tensors[UTF8Key(name)]?.tensor }

  /// The file that holds the tensor of this name.
  public func file(of name: String) -> String { tensors[UTF8Key(name)]?.file ?? file }
}
