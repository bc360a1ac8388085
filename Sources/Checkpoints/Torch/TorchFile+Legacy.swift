/// The layout before torch 1.6, which `_use_new_zipfile_serialization=False` still writes: five pickles one after the other (a
/// magic number, a version, facts about the machine, the value, the storages' keys), then for each key how many numbers its
/// storage has, and the numbers.
extension TorchFile {
  /// 0x1950a86a20f9469cfc6c as binary protocols write it, lowest byte first, and as the text protocols do.
  private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
  private static let magicText = Array("119547037146038801333356".utf8)
  private static let version = 1001

  static func isLegacy(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var unpickler = unpickler(bytes, at: 0)
    guard bytes.count > 10, case .large(let number)? = try? unpickler.run() else { return false }
    return number == magic || number == magicText
  }

  private static func unpickler(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Unpickler {
    Unpickler(PickleCursor(bytes, at: position)) { throw TorchProblem.missingStorage(key: $0.key) }
  }

  static func readLegacy(_ file: FileBytes, _ bytes: UnsafeRawBufferPointer) throws -> TorchValue {
    guard isLegacy(bytes) else {
      throw bytes.count > 262 && bytes[257..<262].elementsEqual("ustar".utf8)
        ? TorchProblem.otherLayout(
          "this is a tar archive, as torch before 0.1.10 writes it; load and save it with torch")
        : TorchProblem.notTorch
    }
    var header = unpickler(bytes, at: 0)
    _ = try header.run()
    guard case .integer(version) = try header.run() else {
      throw TorchProblem.otherLayout(
        "its legacy layout is of another version than \(version); save it again with torch")
    }
    let system = try header.run()
    var isBigEndian = false
    if case .node(let place) = system {
      let items = header.nodes[place].items
      for index in stride(from: 0, to: items.count - 1, by: 2) {
        if case (.string("little_endian"), .bool(false)) = (items[index], items[index + 1]) { isBigEndian = true }
      }
    }
    let start = header.cursor.position
    // The storages come behind the value, so it is read twice: to find them, and with them.
    let nothing = FileBytes([UInt8](), name: file.name)
    var first = Unpickler(PickleCursor(bytes, at: start)) {
      TorchStorage(
        key: $0.key, type: $0.type, count: $0.count, location: $0.location, bytes: nothing, isBigEndian: isBigEndian)
    }
    _ = try first.run()
    let storages = try storages(file, bytes, after: first, isBigEndian)
    var second = Unpickler(PickleCursor(bytes, at: start)) {
      guard let storage = storages[UTF8Key($0.key)] else { throw TorchProblem.missingStorage(key: $0.key) }
      return storage
    }
    let top = try second.run()
    var tree = PickleTree(second.nodes)
    return try tree.value(top)
  }

  private static func storages(
    _ file: FileBytes, _ bytes: UnsafeRawBufferPointer, after value: Unpickler, _ isBigEndian: Bool
  ) throws -> [UTF8Key: TorchStorage] {
    var list = unpickler(bytes, at: value.cursor.position)
    guard case .node(let place) = try list.run(), list.nodes[place].kind == .list else {
      throw TorchProblem.malformed("the list of storages is missing", byte: value.cursor.position)
    }
    var cursor = list.cursor
    var storages: [UTF8Key: TorchStorage] = [:]
    for item in list.nodes[place].items {
      guard case .string(let key) = item, let known = value.storageKeys[UTF8Key(key)] else {
        throw TorchProblem.malformed("the list of storages names \(item.summary)", byte: cursor.position)
      }
      let reference = value.storages[known]
      let byte = cursor.position
      let count = try cursor.number(Int64.self, "the size of storage \(key)")
      guard count == reference.count, let size = product([reference.count, reference.type.size]) else {
        throw TorchProblem.malformed("storage \(key) has \(count) numbers, not \(reference.count)", byte: byte)
      }
      let range = try cursor.skip(size, "storage \(key)")
      storages[UTF8Key(key)] = TorchStorage(
        key: key, type: reference.type, count: reference.count, location: reference.location,
        bytes: FileBytes(part: range, of: file, name: file.name), isBigEndian: isBigEndian)
    }
    return storages
  }
}
