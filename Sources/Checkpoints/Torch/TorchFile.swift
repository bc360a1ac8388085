/// A file that `torch.save` wrote: `.pt`, `.pth`, `.bin`.
///
/// Reading one runs no code from it. Its pickle may refer to tensors, storages and plain containers; every other name is refused.
/// Read are the zip archive of torch 1.6 and later and the layout before it, pickle protocols 0 to 5, tensors saved from any
/// device. Nothing but the pickle is copied: tensors read the mapped file where they can.
public struct TorchFile: Sendable {
  public let name: String
  /// What was saved.
  public let root: TorchValue

  /// The top of the value, for reading with errors that name the file.
  public var field: TorchField { TorchField(root, file: name) }

  private static let pickleLimit = 1 << 28

  /// - Parameter testsNumbers: whether the checksums of the numbers are compared too, for which all of them are read. Without
  ///   it they are read where and when they are used, as those of a safetensors file are: for weights of gigabytes, and for
  ///   files that hold an optimiser's state beside them.
  /// - Throws: `CheckpointError` with a `TorchProblem` or a `ZipProblem`.
  public init(_ file: FileBytes, testsNumbers: Bool = true) throws {
    name = file.name
    do {
      root = try file.withBytes { bytes in
        if bytes.starts(with: [0x50, 0x4B]) { return try Self.readZip(file, testsNumbers) }
        return try Self.readLegacy(file, bytes)
      }
    } catch let problem as TorchProblem { throw CheckpointError(file.name, .torch(problem)) }
  }

  /// Whether a file may be one, told by its first bytes.
  public static func mayBe(_ file: FileBytes) -> Bool {
    file.withBytes { bytes in
      bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || isLegacy(bytes)
    }
  }

  private static func readZip(_ file: FileBytes, _ testsNumbers: Bool) throws -> TorchValue {
    let archive = try ZipArchive(file)
    guard let pickle = archive.members.first(where: { $0.name.hasSuffix("/data.pkl") || $0.name == "data.pkl" }) else {
      throw TorchProblem.noPickle(members: archive.members.map(\.name))
    }
    let root = pickle.name.dropLast("data.pkl".count)
    if archive.members.contains(where: { $0.name == root + "constants.pkl" || $0.name.hasPrefix(root + "code/") }) {
      throw TorchProblem.otherLayout(
        "this is a TorchScript program, which is code; save its tensors: torch.save(module.state_dict(), path)")
    }
    guard pickle.count <= pickleLimit else {
      throw TorchProblem.otherLayout("its pickle takes \(pickle.count) bytes; those of files of tensors are small")
    }
    var members: [UTF8Key: ZipArchive.Member] = [:]
    for member in archive.members { members[UTF8Key(member.name)] = member }
    var isBigEndian = false
    if let member = members[UTF8Key(root + "byteorder")] {
      let order = try archive.bytes(of: member).withBytes { String(decoding: $0.prefix(20), as: UTF8.self) }
      guard order == "little" || order == "big" else { throw TorchProblem.byteOrder(order) }
      isBigEndian = order == "big"
    }
    let opened = OpenedMembers(areTested: testsNumbers)
    return try archive.bytes(of: pickle).withBytes { bytes in
      var unpickler = Unpickler(PickleCursor(bytes)) { storage in
        guard let member = members[UTF8Key(root + "data/" + storage.key)] else {
          throw TorchProblem.missingStorage(key: storage.key)
        }
        let content = try opened.bytes(of: member, in: archive)
        guard let needed = product([storage.count, storage.type.size]), needed <= content.count else {
          throw TorchProblem.storageSize(
            key: storage.key, declared: product([storage.count, storage.type.size]) ?? .max, present: content.count)
        }
        return TorchStorage(
          key: storage.key, type: storage.type, count: storage.count, location: storage.location, bytes: content,
          isBigEndian: isBigEndian)
      }
      let top = try unpickler.run()
      var tree = PickleTree(unpickler.nodes)
      return try tree.value(top)
    }
  }

  /// Members that were asked for, each with its checksum tested at most once.
  private final class OpenedMembers {
    private let areTested: Bool
    private var members: [Int: FileBytes] = [:]

    init(areTested: Bool) { self.areTested = areTested }

    func bytes(of member: ZipArchive.Member, in archive: ZipArchive) throws -> FileBytes {
      if let known = members[member.headerOffset] { return known }
      let bytes = try archive.bytes(of: member, isTested: areTested)
      members[member.headerOffset] = bytes
      return bytes
    }
  }
}
