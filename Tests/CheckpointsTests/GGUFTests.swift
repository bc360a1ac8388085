import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct GGUFTests {
  private let folder = fixture("gguf").path

  private func open(_ name: String) throws -> GGUF { try GGUF(FileBytes(path: "\(folder)/\(name)")) }

  /// `gguf.quants.dequantize`, bit for bit.
  @Test func blocksAreTheNumbersThatTheReferenceSays() throws {
    let (file, plain) = (try open("blocks.gguf"), try Safetensors(FileBytes(path: "\(folder)/blocks.safetensors")))
    #expect(file.entries.count == plain.entries.count && file.entries.count == 14)
    for entry in plain.entries {
      let (found, expected) = (try file.tensor(named: entry.name), try plain.tensor(named: entry.name))
      #expect(found.shape.sizes == expected.shape.sizes, "\(entry.name)")
      #expect(found.unpacked.floats().map(\.bitPattern) == expected.floats().map(\.bitPattern), "\(entry.name)")
    }
    #expect(try file.tensor(named: "q4_k").dtype == .blocks(.q4K))
    #expect(try file.entry(named: "q6_k").type == "q6_K")
  }

  @Test func valuesOfEveryType() throws {
    let file = try open("blocks.gguf")
    #expect(file.value("of.u8") == .integer(200) && file.value("of.i8") == .integer(-100))
    #expect(file.value("of.u16") == .integer(60000) && file.value("of.i16") == .integer(-30000))
    #expect(file.value("of.u32") == .integer(4_000_000_000) && file.value("of.i32") == .integer(-2_000_000_000))
    #expect(file.value("of.u64") == .integer(1 << 60) && file.value("of.i64") == .integer(-(1 << 60)))
    #expect(file.value("of.f32") == .number(0.5) && file.value("of.f64") == .number(-1e300))
    #expect(file.value("of.bool") == .bool(true) && file.value("of.string") == .string("Straße"))
    #expect(try file.strings("of.strings") == ["a", "", "日本"])
    #expect(try file.integers("of.integers") == [1, -2, 3])
    #expect(try file.numbers("of.numbers") == [0.5, -0.25])
    guard case .array(let arrays) = file.value("of.arrays") else { throw CheckpointError("", .gguf(.bigEndian)) }
    #expect(arrays.count == 2 && arrays.strings() == nil && arrays.integers() == nil)
    #expect(file.keys.first == "general.architecture" && file.value("of.none") == nil)
  }

  @Test func askingForTheWrongThing() throws {
    let file = try open("blocks.gguf")
    let name = folder + "/blocks.gguf"
    #expect(message { _ = try file.string("of.none") } == "\(name): the key of.none is missing")
    #expect(message { _ = try file.string("of.u8") } == "\(name): of.u8 must be a string, found 200")
    #expect(
      message { _ = try file.integer("of.u8", in: 1...100) }
        == "\(name): of.u8 must be an integer from 1 to 100, found 200")
    #expect(
      message { _ = try file.strings("of.integers") }
        == "\(name): of.integers must be an array of strings, found an array of 3 elements")
    #expect(
      message { _ = try file.tensor(named: "q4_9") }?.hasPrefix("\(name): there is no tensor q4_9 among the 14 here")
        == true)
    #expect(try file.integer("of.none", in: 1...9, or: 4) == 4)
  }

  @Test func tensorsLieWhereTheFileHasThem() throws {
    let file = try open("blocks.gguf")
    let start = try #require(file.file.withBytes { $0.baseAddress })
    for entry in file.entries where !entry.range.isEmpty {
      let tensor = try file.tensor(named: entry.name)
      #expect(UnsafeRawPointer(tensor.storage.pointer) == start + entry.range.lowerBound)
    }
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path("a.gguf")
    let source = try open("blocks.gguf")
    let tensors = try source.entries.map { (name: $0.name, tensor: try source.tensor(named: $0.name)) }
    let metadata: [(key: String, value: GGUF.Writable)] = [
      ("general.architecture", .string("controlvector")), ("a.word", .word(7)), ("a.number", .number(0.25)),
      ("a.flag", .bool(false)), ("a.long", .integer(-1 << 40)), ("a.texts", .strings(["x", "é"])),
      ("a.integers", .integers([-1, 5])), ("a.numbers", .numbers([1.5])),
    ]
    try GGUF.write(tensors, metadata: metadata, to: path)
    let file = try GGUF(FileBytes(path: path))
    #expect(file.keys == metadata.map(\.key))
    #expect(try file.integer("a.long", in: Int.min...Int.max) == -1 << 40 && file.bool("a.flag") == false)
    #expect(try file.strings("a.texts") == ["x", "é"] && file.integers("a.integers") == [-1, 5])
    #expect(try file.numbers("a.numbers") == [1.5] && file.number("a.number") == 0.25)
    for (name, tensor) in tensors {
      let again = try file.tensor(named: name)
      #expect(again.dtype == tensor.dtype && again.shape == tensor.shape)
      #expect(again.withUnsafeBytes { Array($0) } == tensor.withUnsafeBytes { Array($0) })
    }
    #expect(temporary.names == ["a.gguf"])
    #expect(
      message { try GGUF.write(tensors + [tensors[0]], metadata: [], to: path) }
        == "\(path): tensor q4_0 cannot be written: the name is given twice")
  }

  /// Ids by `sentencepiece` and by `tokenizers`, of the models that the files' vocabularies were taken from.
  @Test(arguments: ["llama", "qwen2"]) func tokenizers(_ name: String) throws {
    let tokenizer = try Tokenizer(open("\(name).gguf"))
    let cases = try Field(FileBytes(path: "\(folder)/\(name).json"))
    for entry in try cases.array() {
      let (text, ids) = (try entry["text"].string(), try entry["ids"].integers())
      #expect(try tokenizer.encode(text).map(\.id) == ids, "\(text)")
      #expect(tokenizer.decode(ids) == text, "\(text)")
    }
    #expect(tokenizer.special.end != nil && (tokenizer.special.beginning != nil) == (name == "llama"))
    #expect((tokenizer.special.chatTemplate != nil) == (name == "llama"))
  }

  // MARK: - Damage

  /// A small file of two tensors, `a` and `b`, f32 of 8 each, and where its parts begin.
  private struct Small {
    var bytes: [UInt8] = Array("GGUF".utf8)
    init(version: UInt32 = 3, tensors: Int = 2, _ edit: (inout Small) -> Void = { _ in }) {
      append(version)
      append(UInt64(tensors))
      append(UInt64(1))
      text("k")
      append(UInt32(4))
      append(UInt32(9))
      edit(&self)
    }

    mutating func append(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
    mutating func text(_ text: String) {
      append(UInt64(text.utf8.count))
      bytes += Array(text.utf8)
    }
    mutating func tensor(_ name: String, sizes: [UInt64] = [8], type: UInt32 = 0, offset: UInt64) {
      text(name)
      append(UInt32(sizes.count))
      for size in sizes { append(size) }
      append(type)
      append(offset)
    }
    mutating func data(_ count: Int = 64) {
      bytes += [UInt8](repeating: 0, count: (bytes.count + 31) / 32 * 32 - bytes.count + count)
    }
    var problem: String? { message { _ = try GGUF(FileBytes(bytes, name: "a.gguf")) } }
  }

  @Test func twoTensors() {
    let small = Small {
      $0.tensor("a", offset: 0)
      $0.tensor("b", offset: 32)
      $0.data()
    }
    #expect(small.problem == nil)
    // Every shorter file is truncated, and says so.
    for count in 0..<small.bytes.count {
      var short = small
      short.bytes.removeLast(small.bytes.count - count)
      #expect(short.problem?.contains(count < 24 ? "not a GGUF file" : "truncated") ?? false || count >= 24, "\(count)")
      #expect(short.problem != nil, "\(count)")
    }
  }

  @Test func damageIsNamed() {
    func expect(_ words: String, _ small: Small, line: Int = #line) {
      #expect(small.problem?.contains(words) == true, "line \(line): \(small.problem ?? "nothing")")
    }
    expect("a.gguf: its GGUF version is 1; read are 2 and 3", Small(version: 1))
    expect("this GGUF file is big-endian", Small(version: UInt32(3).byteSwapped))
    expect("the number of tensors at byte 8 is 281474976710656", Small(tensors: 1 << 48))
    expect("the tensor a appears again at byte", Small { for _ in 0..<2 { $0.tensor("a", offset: 0) } })
    let type = Small {
      $0.tensor("a", type: 99, offset: 0)
      $0.tensor("b", offset: 32)
      $0.data()
    }
    expect("the tensor a is of type 99 at byte 62, which is not known here", type)
    expect(
      "the tensors a and b share bytes from 160 on",
      Small {
        $0.tensor("a", sizes: [16], offset: 0)
        $0.tensor("b", offset: 32)
        $0.data()
      })
    expect(
      "the tensor b starts 33 bytes into the data, which is not a multiple of general.alignment, 32",
      Small {
        $0.tensor("a", offset: 0)
        $0.tensor("b", offset: 33)
        $0.data()
      })
    expect(
      "truncated: the tensor b takes 32 bytes from byte 160 on and the file has 160",
      Small {
        $0.tensor("a", offset: 0)
        $0.tensor("b", offset: 32)
        $0.data(32)
      })
    expect(
      "truncated: the tensor b takes 32 bytes",
      Small {
        $0.tensor("a", offset: 0)
        $0.tensor("b", offset: UInt64.max / 32 * 32)
        $0.data()
      })
    expect(
      "the tensor a has more elements at byte",
      Small {
        $0.tensor("a", sizes: [1 << 40, 1 << 40], offset: 0)
        $0.tensor("b", offset: 32)
        $0.data()
      })
    expect(
      "the tensor a is stored as q4_0, but its rows of 8 are not whole blocks of 32",
      Small {
        $0.tensor("a", type: 2, offset: 0)
        $0.tensor("b", offset: 32)
        $0.data()
      })
    expect("the tensor a has 7 axes", Small { $0.tensor("a", sizes: [1, 1, 1, 1, 1, 1, 1], offset: 0) })
  }

  @Test func typesThatAreNotReadAreNamed() throws {
    let small = Small(tensors: 1) {
      $0.tensor("a", sizes: [256], type: 23, offset: 0)
      $0.data(136)
    }
    let file = try GGUF(FileBytes(small.bytes, name: "a.gguf"))
    #expect(
      message { _ = try file.tensor(named: "a") }?.hasPrefix(
        "a.gguf: the tensor a is stored as iq4_xs, which is not read; read are f32, f16, bf16") == true)
  }
}
