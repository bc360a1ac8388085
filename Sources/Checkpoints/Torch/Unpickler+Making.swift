/// What the few names that a pickle may refer to stand for.
extension Unpickler {
  /// What Python would have called `callee` for.
  mutating func made(of callee: PickleItem, _ arguments: PickleItem, at byte: Int) throws -> PickleItem {
    guard case .global(let global) = callee else { throw damaged("\(callee.summary) is called", byte) }
    guard case .node(let place) = arguments, nodes[place].kind == .tuple else {
      throw damaged("\(global.name) is given no arguments", byte)
    }
    let list = nodes[place].items
    let wrong = damaged("\(global.name) is given what it does not take", byte)
    switch global {
    case .orderedDictionary, .dictionary:
      guard let first = list.first else { return try node(.dictionary, [], at: byte) }
      return try node(.dictionary, try pairs(first, wrong), at: byte)
    case .set, .list, .tuple, .size:
      guard list.count <= 1 else { throw wrong }
      guard let first = list.first else { return try node(global == .list ? .list : .tuple, [], at: byte) }
      guard case .node(let place) = first, nodes[place].kind != .dictionary else { throw wrong }
      return try node(global == .tuple || global == .size ? .tuple : .list, nodes[place].items, at: byte)
    case .bytes:
      switch list.first {
      case nil: return .bytes([])
      case .bytes(let bytes)?: return .bytes(bytes)
      case .string(let text)?: return .bytes(try latin(text, wrong))
      default: throw wrong
      }
    case .encode:
      guard case .string(let text)? = list.first else { throw wrong }
      return .bytes(try latin(text, wrong))
    case .device:
      guard case .string(let kind)? = list.first else { throw wrong }
      if list.count > 1, case .integer(let index) = list[1] { return .string("\(kind):\(index)") }
      return .string(kind)
    case .rebuildTensor: return .tensor(try tensor(list, wrong))
    case .rebuildTensorWithType:
      guard list.count >= 7, case .global(.dtype(let type)) = list[6] else { throw wrong }
      return .tensor(try tensor(list, wrong, type: type))
    case .rebuildParameter:
      guard case .tensor? = list.first else { throw wrong }
      return list[0]
    case .storage, .dtype: throw wrong
    }
  }

  /// A tensor, whose problems say what it is called where it is an entry of a dictionary.
  private func tensor(_ list: [PickleItem], _ wrong: TorchProblem, type: TorchType? = nil) throws -> TorchTensor {
    do { return try view(list, wrong, type) } catch let problem as TorchProblem {
      // The key of an entry lies below its value.
      guard problem != wrong, case .string(let name)? = stack.last else { throw problem }
      throw TorchProblem.tensor(String(name.prefix(200)), problem)
    }
  }

  /// `torch._utils._rebuild_tensor_v2(storage, offset, size, stride, …)`
  private func view(_ list: [PickleItem], _ wrong: TorchProblem, _ type: TorchType?) throws -> TorchTensor {
    guard list.count >= 4, case .storage(let place) = list[0], case .integer(let offset) = list[1] else { throw wrong }
    var storage = try numbers(of: place)
    if let type, type != storage.type {
      // An untyped storage counts bytes.
      guard storage.type == .uint8 else { throw wrong }
      storage = TorchStorage(
        key: storage.key, type: type, count: storage.count / type.size, location: storage.location,
        bytes: storage.bytes, isBigEndian: storage.isBigEndian)
    }
    return try TorchTensor(
      shape: try integers(list[2], wrong), strides: try integers(list[3], wrong), offset: offset, storage: storage)
  }

  private func integers(_ item: PickleItem, _ wrong: TorchProblem) throws -> [Int] {
    guard case .node(let place) = item, nodes[place].kind != .dictionary,
      nodes[place].items.count <= TorchTensor.rankLimit
    else { throw wrong }
    return try nodes[place].items.map { item in
      guard case .integer(let number) = item else { throw wrong }
      return number
    }
  }

  /// Keys and values in turn of a list of pairs, or of a dictionary.
  private func pairs(_ item: PickleItem, _ wrong: TorchProblem) throws -> [PickleItem] {
    guard case .node(let place) = item else { throw wrong }
    if nodes[place].kind == .dictionary { return nodes[place].items }
    return try nodes[place].items.flatMap { pair in
      guard case .node(let place) = pair, nodes[place].kind != .dictionary, nodes[place].items.count == 2 else {
        throw wrong
      }
      return nodes[place].items
    }
  }

  /// Bytes that Python 3 writes as text for protocols that have none.
  private mutating func latin(_ text: String, _ wrong: TorchProblem) throws -> [UInt8] {
    // A text that is remembered can be asked for again and again.
    itemCount += text.utf8.count
    guard itemCount <= Self.itemLimit else { throw wrong }
    return try text.unicodeScalars.map { scalar in
      guard let byte = UInt8(exactly: scalar.value) else { throw wrong }
      return byte
    }
  }

  /// `('storage', torch.FloatStorage, '0', 'cpu', 16)`; the legacy layout adds what part of another storage it is.
  mutating func referToStorage(_ item: PickleItem, at byte: Int) throws {
    guard case .node(let place) = item, nodes[place].kind == .tuple, nodes[place].items.count >= 5,
      case .string("storage") = nodes[place].items[0], case .global(.storage(let type)) = nodes[place].items[1],
      case .integer(let count) = nodes[place].items[4], count >= 0
    else { throw damaged("something that is no storage of tensors lies outside the pickle", byte) }
    let items = nodes[place].items
    let key: String
    switch items[2] {
    case .string(let text): key = text
    case .integer(let number): key = "\(number)"
    default: throw damaged("the key of a storage is \(items[2].summary)", byte)
    }
    if items.count > 5 {
      guard case .none = items[5] else {
        throw damaged("the storage \(key) is a part of another one, as torch before 0.4 writes it", byte)
      }
    }
    var location = ""
    if case .string(let text) = items[3] { location = text }
    // One reference for each storage, however many tensors share it.
    if let known = storageKeys[UTF8Key(key)] {
      guard storages[known].type == type, storages[known].count == count else {
        throw damaged("the storage \(key) is described in two ways", byte)
      }
      return stack.append(.storage(known))
    }
    guard storages.count < Self.storageLimit else {
      throw TorchProblem.tooMany(what: "storages", limit: Self.storageLimit, byte: byte)
    }
    storageKeys[UTF8Key(key)] = storages.count
    storages.append(StorageReference(key: key, type: type, count: count, location: location))
    stack.append(.storage(storages.count - 1))
  }
}
