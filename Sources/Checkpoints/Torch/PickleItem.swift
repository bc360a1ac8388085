/// Something on the stack of a pickle while it is read.
///
/// Containers are numbers of nodes in the reader's list of them, so that a container that a later operation fills is the same
/// wherever it is referred to, one that contains itself leaks nothing, and one of great depth ends as easily as a flat one.
enum PickleItem {
  case none
  case bool(Bool)
  case integer(Int)
  /// An integer of more than 64 bits, as it is written; torch's magic number is one.
  case large([UInt8])
  case number(Double)
  case string(String)
  case bytes([UInt8])
  case node(Int)
  case global(TorchGlobal)
  /// A storage that a tensor will read, by its place in the reader's list.
  case storage(Int)
  case tensor(TorchTensor)

  /// For errors.
  var summary: String {
    switch self {
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .integer(let value): "\(value)"
    case .large: "an integer of more than 64 bits"
    case .number(let value): "\(value)"
    case .string(let text): "\"\(text.prefix(40))\""
    case .bytes(let bytes): "\(bytes.count) bytes"
    case .node: "a container"
    case .global(let global): global.name
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }
}

/// A list, a tuple, or a dictionary as keys and values in turn.
struct PickleNode {
  enum Kind { case list, tuple, dictionary }

  let kind: Kind
  var items: [PickleItem]
}

/// What a pickle may refer to by name. Each stands for something that this reader does itself; nothing is looked up or called.
enum TorchGlobal: Equatable {
  case orderedDictionary, set, list, dictionary, tuple, bytes, encode
  case size, device
  case rebuildTensor, rebuildTensorWithType, rebuildParameter
  case storage(TorchType)
  case dtype(TorchType)

  /// - Returns: nil for everything else, which is code.
  init?(_ module: String, _ name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("builtins", "set"), ("__builtin__", "set"), ("builtins", "frozenset"), ("__builtin__", "frozenset"):
      self = .set
    case ("builtins", "list"), ("__builtin__", "list"): self = .list
    case ("builtins", "dict"), ("__builtin__", "dict"): self = .dictionary
    case ("builtins", "tuple"), ("__builtin__", "tuple"): self = .tuple
    case ("builtins", "bytes"), ("__builtin__", "bytes"), ("builtins", "bytearray"), ("__builtin__", "bytearray"):
      self = .bytes
    case ("_codecs", "encode"): self = .encode
    case ("torch", "Size"): self = .size
    case ("torch", "device"): self = .device
    // The older one lacks the last arguments, which matter to nobody here.
    case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildTensorWithType
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch", "UntypedStorage"), ("torch.storage", "UntypedStorage"): self = .storage(.uint8)
    case ("torch", _), ("torch.cuda", _):
      if let type = TorchType(storage: name) {
        self = .storage(type)
      } else if module == "torch", let type = TorchType(dtype: name) {
        self = .dtype(type)
      } else {
        return nil
      }
    default: return nil
    }
  }

  /// For errors.
  var name: String {
    switch self {
    case .orderedDictionary: "collections.OrderedDict"
    case .set: "set"
    case .list: "list"
    case .dictionary: "dict"
    case .tuple: "tuple"
    case .bytes: "bytes"
    case .encode: "_codecs.encode"
    case .size: "torch.Size"
    case .device: "torch.device"
    case .rebuildTensor: "torch._utils._rebuild_tensor_v2"
    case .rebuildTensorWithType: "torch._utils._rebuild_tensor_v3"
    case .rebuildParameter: "torch._utils._rebuild_parameter"
    case .storage(let type): "torch.\(type.rawValue)Storage"
    case .dtype(let type): "torch.\(type.dtypeName)"
    }
  }
}
