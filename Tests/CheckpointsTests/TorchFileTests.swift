import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// Files that torch 2.13 wrote (scripts/fixtures/torch_files.py), and files that it would refuse.
@Suite struct TorchFileTests {
  private let folder = fixture("interop/torch").path

  private func open(_ name: String) throws -> TorchField {
    try TorchFile(FileBytes(path: "\(folder)/\(name)")).field
  }

  private func bytes(_ tensor: Tensor) -> [UInt8] { tensor.withUnsafeBytes { Array($0) } }

  @Test(arguments: [
    "zip.pt", "zip3.pt", "zip4.pt", "zip5.pt", "legacy.pt", "legacy1.pt", "legacy3.pt", "legacy4.pt", "legacy5.pt",
  ])
  func everyLayoutAndProtocol(_ name: String) throws {
    let root = try open(name)
    let expected = try Safetensors(FileBytes(path: "\(folder)/expected.safetensors"))
    let tensors = root["tensors"]
    #expect(tensors.isStateDict && Set(tensors.keys) == Set(expected.entries.map(\.name)))
    for key in tensors.keys {
      let (own, its) = (try tensors[key].tensor().tensor(), try expected.tensor(named: key))
      #expect(own.shape.sizes == its.shape.sizes && own.dtype == its.dtype, "\(key)")
      #expect(bytes(own) == bytes(its), "\(key)")
    }
    #expect(try bytes(root["parameter"].tensor().tensor()) == bytes(expected.tensor(named: "f32")))
    #expect(root["state"].keys == ["weight", "bias"] && root["state"].isStateDict)
    #expect(try root["state"]["weight"].tensor(axes: ["output", "input"]).floats() == [0, 1, 2, 3, 4, 5])
    #expect(root["ordered"].keys == ["b", "a"])
    let plain = root["plain"]
    #expect(!plain["n"].exists && plain["n"].value != nil && !plain["nobody"].exists)
    #expect(try plain["i"].integer() == -7 && plain["large"].integer() == 1 << 40 && plain["s"].string() == "é日")
    guard case .number(0.1)? = plain["x"].value, case .bool(true)? = plain["t"].value,
      case .list(let nested)? = plain["l"].value, case .list(let inner) = nested[1], case .integer(2) = inner[0],
      case .tuple(let four)? = plain["u"].value, four.count == 4,
      case .dictionary(let numbered)? = root["numbered"].value, case .integer(1) = numbered[1].key,
      case .tuple(let size)? = root["size"].value, case .integer(6) = size[1],
      case .constant("torch.float16")? = root["dtype"].value, case .string("cpu")? = root["device"].value,
      case .bytes([0x61, 0x62, 0xFF])? = root["bytes"].value, case .list(let set)? = root["set"].value, set.count == 1
    else {
      Issue.record("\(root.value?.summary ?? "")")
      return
    }
  }

  @Test func textProtocolWithoutTensors() throws {
    let plain = try open("plain0.pt")
    #expect(try plain["i"].integer() == -7 && plain["large"].integer() == 1 << 40)
    guard case .number(0.1)? = plain["x"].value, case .bool(true)? = plain["t"].value,
      case .bool(false)? = plain["f"].value
    else {
      Issue.record("plain values")
      return
    }
  }

  @Test func otherByteOrdersAndDevices() throws {
    for name in ["big.pt", "cuda.pt"] {
      let root = try open(name)
      #expect(try root["a"].tensor().tensor().floats() == [0, 1, 2, 3, 4, 5], "\(name)")
      #expect(try bytes(root["n"].tensor().tensor()).first { $0 != 0 } == 1)
    }
    #expect(try open("cuda.pt")["a"].tensor().location == "cuda:1")
  }

  /// Sizes and places in 64 bits, as torch writes them past 4 GB: in the table's entries, and where the table is.
  @Test func wideArchives() throws {
    let whole = try FileBytes(path: "\(folder)/zip64.pt").content
    func read(_ bytes: [UInt8]) throws -> [Float] {
      let root = try TorchFile(FileBytes(bytes, name: "zip64.pt")).field
      #expect(try self.bytes(root["n"].tensor().tensor()).first { $0 != 0 } == 1)
      return try root["a"].tensor().tensor().floats()
    }
    #expect(try read(whole) == [0, 1, 2, 3, 4, 5])
    for name in ["a", "n"] {
      let archive = try NumPyArchive(FileBytes(path: "\(folder)/deflated-zip64.npz"))
      #expect(try archive.tensor(named: name).count == (name == "a" ? 6 : 3))
    }

    // Every byte of the table and of both ends, in three ways: read or refused, never a trap.
    let table = try #require(whole.indices.first { whole[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    for offset in table..<whole.count {
      for value: UInt8 in [0, 0x7F, 0xFF] {
        var bytes = whole
        bytes[offset] = value
        _ = message { _ = try read(bytes) }
      }
    }
    // Sizes and places at the edges of 64 bits.
    let end = whole.count - 22
    let (record, locator) = (end - 76, end - 20)
    for place in [record + 4, record + 32, record + 40, record + 48, locator + 8, table + 66] {
      for number: UInt64 in [.max, .max / 2, .max / 2 - 30, 1 << 32, UInt64(whole.count)] {
        var bytes = whole
        withUnsafeBytes(of: number.littleEndian) { bytes.replaceSubrange(place..<place + 8, with: $0) }
        #expect(message { _ = try read(bytes) }?.hasPrefix("zip64.pt") == true, "\(place) \(number)")
      }
    }
  }

  @Test func piecesOfDeflatedBytes() throws {
    let archive = try ZipArchive(FileBytes(path: "\(folder)/deflated-zip64.npz"))
    let member = archive.members[0]
    let bytes = archive.file.content
    let start = 30 + member.name.utf8.count + 20
    let packed = Array(bytes[start..<start + member.compressedCount])
    let expected = try archive.bytes(of: member).content
    for piece in 1...40 {
      #expect(try packed.withUnsafeBytes { try inflated($0, count: member.count, piece: piece) } == expected)
      for wrong in [member.count - 1, member.count + 1] {
        #expect(throws: ZipProblem.wrongSize(declared: wrong)) {
          try packed.withUnsafeBytes { try inflated($0, count: wrong, piece: piece) }
        }
      }
    }
  }

  @Test func tensorsInOrderAreNotCopied() throws {
    let file = try FileBytes(path: "\(folder)/zip.pt")
    let tensor = try TorchFile(file).field["tensors"]["f32"].tensor().tensor()
    let start = try #require(file.withBytes { $0.baseAddress })
    let own = tensor.withUnsafeBytes { $0.baseAddress.map { $0 - start } ?? -1 }
    #expect((0..<file.count).contains(own))
  }

  @Test func whatIsWrittenReadsBack() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.pt")
    let wide = Tensor([Axis("row", 2), Axis("column", 3)], [1, 2, 3, 4, 5, 6])
    let content = TorchFile.Content.dictionary([
      ("weight", .tensor(wide)), ("half", .tensor(wide.to(.bf16))), ("count", .integer(1 << 40)),
      ("small", .integer(-3)),
      ("name", .string("é")), ("list", .list([.none, .bool(true), .number(0.5)])), ("pair", .tuple([.bool(false)])),
      ("empty", .tensor(Tensor([Axis("row", 0), Axis("column", 3)], []))), ("scalar", .tensor(Tensor(2))),
    ])
    try TorchFile.write(content, to: path)
    let first = try FileBytes(path: path).content
    try TorchFile.write(content, to: path)
    #expect(try FileBytes(path: path).content == first)
    let root = try TorchFile(FileBytes(path: path)).field
    #expect(root.keys == ["weight", "half", "count", "small", "name", "list", "pair", "empty", "scalar"])
    #expect(try bytes(root["weight"].tensor().tensor()) == bytes(wide))
    #expect(try bytes(root["half"].tensor().tensor()) == bytes(wide.to(.bf16)))
    #expect(try root["half"].tensor().dtype == "bfloat16" && root["empty"].tensor().shape == [0, 3])
    #expect(try root["count"].integer() == 1 << 40 && root["small"].integer() == -3 && root["name"].string() == "é")
    #expect(try root["scalar"].tensor().tensor().item() == 2)
  }

  /// Storages that are missing or too short are told by the tensors that want them.
  @Test func numbersThatAreMissing() throws {
    let temporary = try TemporaryFolder()
    let archive = try ZipArchive(FileBytes(path: "\(folder)/zip64.pt"))
    func written(_ change: (String, [UInt8]) -> [UInt8]?) throws -> String? {
      let path = temporary.path("a.pt")
      try AtomicFile.write(to: path) { file in
        var zip = ZipWriter()
        for member in archive.members {
          guard let bytes = try change(member.name, archive.bytes(of: member).content) else { continue }
          try bytes.withUnsafeBytes { try zip.add(member.name, [$0], to: &file) }
        }
        try zip.finish(&file)
      }
      return message { _ = try TorchFile(FileBytes(path: path)) }?.replacingOccurrences(of: path, with: "FILE")
    }
    #expect(try written { $1 } == nil)
    #expect(
      try written { $0.hasSuffix("data/1") ? nil : $1 }
        == "FILE: the tensor n: the numbers of storage 1 are not in the file; fetch it again")
    #expect(
      try written { $0.hasSuffix("data/0") ? Array($1.dropLast(4)) : $1 }
        == "FILE: the tensor a: the storage 0 takes 24 bytes and the file has 20 for it; fetch the file again")
  }

  @Test func codeIsRefusedByName() {
    #expect(
      message { _ = try open("system.pt") }?.contains("system.pt: it refers to os.system at byte") == true)
    #expect(message { _ = try open("eval.pt") }?.contains("builtins.eval") == true)
    #expect(message { _ = try open("module.pt") }?.contains("torch.nn.modules.linear.Linear") == true)
  }

  /// Pickles by hand, each in the legacy layout: a word on what is wrong with it.
  @Test(arguments: [
    ("cposix\nsystem\n(S'ls'\ntR.", "posix.system"),
    ("(iposix\nsystem\n.", "posix.system"),
    ("\u{1}.", "operation 0x1"),
    ("}.}.", "list of storages"),
    ("]q\u{0}h\u{0}a.].", "contains itself"),
    ("(K\u{1}d.", "a key has no value"),
    ("0.", "empty stack"),
    ("X\u{7F}\u{7F}\u{7F}\u{7F}.", "would take"),
    ("h\u{9}.", "nothing is remembered as 9"),
    ("K\u{1})R.", "1 is called"),
    ("K\u{1}Q.", "no storage of tensors"),
    ("ctorch._utils\n_rebuild_tensor_v2\n)R.", "is given what it does not take"),
    ("K\u{1}K\u{2}b.", "attributes are given to what is no dictionary"),
    ("V\\u0041\n.", "escape"),
    ("Iabc\n.", "not an integer"),
  ])
  func damagedPickles(_ pickle: String, _ word: String) throws {
    var bytes: [UInt8] = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
    bytes += Array("M\u{3}.".utf8.prefix(1)) + [0xE9, 0x03, 0x2E] + Array("}.".utf8) + Array(pickle.utf8)
    let found = message { _ = try TorchFile(FileBytes(bytes, name: "bad.pt")) }
    #expect(found?.hasPrefix("bad.pt: ") == true && found?.contains(word) == true, "\(found ?? "accepted")")
  }

  @Test func otherFilesAreTold() throws {
    for (bytes, word): ([UInt8], String) in [
      ([], "neither a zip archive"), (Array("hello, this is text".utf8), "neither a zip archive"),
      ([0x80, 2, 0x4B, 1, 0x2E], "neither a zip archive"), (Array("PK\u{3}\u{4} cut".utf8), "zip archive"),
    ] {
      let found = message { _ = try TorchFile(FileBytes(bytes, name: "x.pt")) }
      #expect(found?.contains(word) == true, "\(found ?? "accepted")")
    }
    let npz = fixture("files").path + "/every.npz"
    #expect(message { _ = try TorchFile(FileBytes(path: npz)) }?.contains("has no data.pkl") == true)
    let whole = try FileBytes(path: "\(folder)/legacy.pt").content
    for count in [30, 300, whole.count - 1] {
      let cut = FileBytes(whole.prefix(count), name: "cut.pt")
      #expect(message { _ = try TorchFile(cut) }?.hasPrefix("cut.pt: ") == true, "\(count)")
    }
  }

  /// A few bytes that describe a value of 2^64 entries, and one nested a million deep.
  @Test func growthAndDepthAreBounded() throws {
    var bytes: [UInt8] = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
    bytes += [0x4D, 0xE9, 0x03, 0x2E] + Array("}.".utf8)
    let doubled = [UInt8](repeating: 0, count: 64).flatMap { _ in [0x32, 0x86] as [UInt8] }
    let wide = FileBytes(bytes + [0x4E] + doubled + Array(".].".utf8), name: "wide.pt")
    #expect(message { _ = try TorchFile(wide) }?.hasPrefix("wide.pt: its ") == true)
    let deep = [UInt8](repeating: 0x85, count: 900_000)
    let file = FileBytes(bytes + [0x4E] + deep + Array(".].".utf8), name: "deep.pt")
    #expect(message { _ = try TorchFile(file) }?.contains("nested more than 64 deep") == true)
  }
}
