import Tensors

/// A module's tensors by name, as `torch.save(module.state_dict(), path)` writes them.
public struct TorchStateDict: Sendable {
  /// The file that holds it, for errors.
  public let file: String
  /// In the order of the file.
  public let names: [String]
  private let tensors: [UTF8Key: TorchTensor]

  /// - Throws: `CheckpointError` where there is anything but tensors by name.
  public init(_ field: TorchField) throws {
    guard field.isStateDict else { throw field.mustBe("a dictionary from names to tensors, as a state dict is") }
    file = field.file
    names = field.keys
    guard case .dictionary(let entries) = field.value else { throw field.mustBe("a dictionary") }
    tensors = entries.reduce(into: [:]) { tensors, entry in
      if case (.string(let name), .tensor(let tensor)) = (entry.key, entry.value) { tensors[UTF8Key(name)] = tensor }
    }
  }

  public func contains(_ name: String) -> Bool { tensors[UTF8Key(name)] != nil }

  /// The tensor of this name, as it lies in the file; nil where there is none.
  public func entry(named name: String) -> TorchTensor? { tensors[UTF8Key(name)] }
}
