import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct SafetensorsTests {
  private let folder = fixture("files").path

  private func open(_ name: String) throws -> Safetensors { try Safetensors(FileBytes(path: "\(folder)/\(name)")) }

  private func halves(_ tensor: Tensor) -> [UInt16] { tensor.withUnsafeBytes { Array($0.bindMemory(to: UInt16.self)) } }

  /// k/4 − ½ for k in 0..<6, which every float type holds exactly.
  private let grid: [Float] = [-0.5, -0.25, 0, 0.25, 0.5, 0.75]

  @Test func readsWhatTheReferenceWrote() throws {
    let file = try open("all.safetensors")
    #expect(file.metadata == ["format": "pt"])
    #expect(file.entries.map(\.name).sorted() == ["brain", "empty", "half", "ids", "mask", "scalar", "weights"])
    let weights = try file.tensor(named: "weights", axes: ["row", "column"])
    #expect(weights.shape.description == "[row: 2, column: 3]")
    #expect(weights.withFloats { Array($0) } == grid)
    #expect(try halves(file.tensor(named: "half")) == grid.map { Float16($0).bitPattern })
    #expect(try halves(file.tensor(named: "brain")) == grid.map { UInt16($0.bitPattern >> 16) })
    let ids = try file.tensor(named: "ids").withUnsafeBytes { Array($0.bindMemory(to: Int64.self)) }
    #expect(ids == [0, -1, 1 << 40, 7])
    #expect(try file.tensor(named: "mask").withUnsafeBytes { Array($0) } == [1, 0, 0, 1])
    #expect(try file.tensor(named: "scalar").withFloats { Array($0) } == [2.5])
    #expect(try file.tensor(named: "empty").shape.description == "[axis0: 0, axis1: 4]")
    #expect(file.contains("half") && !file.contains("Half"))
  }

  @Test func doublesStayDoubles() throws {
    let tensor = try open("doubles.safetensors").tensor(named: "doubles")
    #expect(tensor.dtype == .f64 && tensor.withDoubles { Array($0) } == [0.1, -1e300])
  }

  @Test func alignedTensorsAreNotCopied() throws {
    let file = try open("all.safetensors")
    let tensor = try file.tensor(named: "ids")
    let start = try #require(file.files[0].withBytes { $0.baseAddress })
    #expect(UnsafeRawPointer(tensor.storage.pointer) == start + (try file.entry(named: "ids").range.lowerBound))
  }

  @Test func tensorsKeepTheirFileMapped() throws {
    let tensor = try { try open("all.safetensors").tensor(named: "weights") }()
    #expect(tensor.withFloats { Array($0) } == grid)
  }

  @Test func misalignedTensorsAreCopied() throws {
    let header = #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} "#
    for padding in 0..<4 {
      let file = bytes(header: header + String(repeating: " ", count: padding), data: [0, 0, 0x80, 0x3F])
      let tensor = try Safetensors(file).tensor(named: "a")
      #expect(Int(bitPattern: tensor.storage.pointer) % 4 == 0)
      #expect(tensor.withFloats { Array($0) } == [1])
    }
  }

  @Test func readsShards() throws {
    let file = try Safetensors(FileSource(folder: folder + "/sharded"))
    #expect(file.entries.map(\.name) == ["a.weight", "b.weight", "c.weight"])
    #expect(try file.tensor(named: "b.weight").withFloats { Array($0) } == grid.map { $0 + 1 })
    #expect(try file.tensor(named: "c.weight").withFloats { Array($0) } == grid.map { $0 + 2 })
  }

  @Test func readsTheMiniatureModel() throws {
    let model = try FileSource(folder: repositoryRoot.appendingPathComponent("Sources/CEmbedded/minivlm").path)
    let file = try Safetensors(model)
    let embeddings = try file.tensor(named: "language_model.model.embed_tokens.weight", axes: ["vocab", "model"])
    #expect(embeddings.shape.description == "[vocab: 162, model: 96]")
    #expect(embeddings.dtype == .f16)
  }

  @Test func whatIsAskedWronglyIsNamed() throws {
    let file = try open("all.safetensors")
    let other = try open("other.safetensors")
    let shards = try Safetensors(FileSource(folder: folder + "/sharded"))
    #expect(
      message { _ = try file.tensor(named: "weight") }
        == "\(folder)/all.safetensors: there is no tensor weight among the 7 here; close to it: weights")
    #expect(
      message { _ = try shards.tensor(named: "model.c.weight") }
        == "\(folder)/sharded: there is no tensor model.c.weight among the 3 here; close to it: c.weight")
    #expect(
      message { _ = try shards.tensor(named: "zzzzzzzzzzzz") }
        == "\(folder)/sharded: there is no tensor zzzzzzzzzzzz among the 3 here")
    #expect(
      message { _ = try other.tensor(named: "ints") }
        == "\(folder)/other.safetensors: the tensor ints is stored as I32, which is not read; read are F32, F16, BF16, F64, I64, BOOL"
    )
    #expect(other.entries.map(\.dtype) == ["F64", "I32"])
    #expect(
      message { _ = try file.tensor(named: "weights", axes: ["model"]) }
        == "\(folder)/all.safetensors: the tensor weights has the shape [2, 3], expected the 1 axes [model]")
  }

  private func bytes(header: String, data: [UInt8], declared: UInt64? = nil) -> FileBytes {
    let length = withUnsafeBytes(of: (declared ?? UInt64(header.utf8.count)).littleEndian) { Array($0) }
    return FileBytes(length + Array(header.utf8) + data, name: "m.safetensors")
  }

  @Test(arguments: [
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4,
      "truncated: the tensors take 8 bytes and 4 are there; fetch the file again"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 9,
      "1 bytes follow the last tensor; the header does not say what they are"
    ),
    (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "the tensor a is F32 [3] but has 8 bytes"),
    (
      #"{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,8]}}"#, 8,
      "the tensor a is F32 [4611686018427387904, 4611686018427387904] but has 8 bytes"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}"#, 8,
      "the tensor a ends at byte 4, before it starts at 8"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
      12, "the tensors a and b share bytes"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
      12, "4 bytes before the tensor b belong to no tensor"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4,
      "a.shape[0] must be an integer that is not negative, found -1"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775808]}}"#, 4,
      "a.data_offsets[1] must be an integer that is not negative, found 9.223372036854776e+18"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4,
      "a.data_offsets must be an array of two integers, start and end, found an array of 1"
    ),
    (#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4, "a.dtype is missing; it must be a string"),
    (#"{"a":7}"#, 0, "a must be an object, found 7"),
    (#"{"__metadata__":{"k":1}}"#, 0, "__metadata__.k must be a string, found 1"),
    (#"[]"#, 0, "the file's value must be an object, found an empty array"),
  ])
  func lyingHeadersAreRefused(_ header: String, _ dataCount: Int, _ expected: String) {
    let file = bytes(header: header, data: Array(repeating: 0, count: dataCount))
    #expect(message { _ = try Safetensors(file) } == "m.safetensors: " + expected)
  }

  @Test func brokenFilesAreRefused() {
    #expect(
      message { _ = try Safetensors(FileBytes([1, 2, 3], name: "m.safetensors")) }
        == "m.safetensors: this is not a safetensors file: it holds 3 bytes, fewer than the 8 that start every such file"
    )
    #expect(
      message { _ = try Safetensors(bytes(header: "{}", data: [], declared: 1000)) }
        == "m.safetensors: truncated: the header takes 1000 bytes and 2 are there; fetch the file again")
    #expect(
      message { _ = try Safetensors(bytes(header: "{}", data: [], declared: .max)) }
        == "m.safetensors: this is not a safetensors file: its header would take 18446744073709551615 bytes, and at most "
        + "100000000 are read")
    #expect(
      message { _ = try Safetensors(bytes(header: "{\"a\" 1}", data: [])) }
        == "m.safetensors:1:6: expected \":\" after the key \"a\", found \"1\"")
    #expect(
      message {
        _ = try Safetensors(
          bytes(header: #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":1}"#, data: []))
      } == "m.safetensors:1:54: the key \"a\" appears twice in one object")
  }

  /// Whatever a good file is cut down to is refused, never read beyond.
  @Test func everyTruncationIsRefused() throws {
    let whole = try FileBytes(path: "\(folder)/all.safetensors").content
    for count in 0..<whole.count {
      #expect(message { _ = try Safetensors(FileBytes(whole[..<count], name: "m")) } != nil, "cut to \(count) bytes")
    }
  }

  @Test func badShardsAreNamed() throws {
    let whole = try FileBytes(path: folder + "/sharded/model-00002-of-00002.safetensors")
    let temporary = try TemporaryFolder()
    let index = temporary.path("model.safetensors.index.json")
    func open(_ map: String) -> String? {
      message {
        try temporary.add("model.safetensors.index.json", "{\"weight_map\":\(map)}")
        _ = try Safetensors(FileSource(folder: temporary.path))
      }
    }
    try temporary.add("two.safetensors", whole.content)
    try temporary.add("copy.safetensors", whole.content)
    #expect(open(#"{"c.weight":"two.safetensors"}"#) == nil)
    #expect(
      open(#"{"c.weight":"one.safetensors"}"#)
        == "\(temporary.path)/one.safetensors: there is no such file; expected a part of the model's weights, listed in "
        + "model.safetensors.index.json (the folder holds copy.safetensors, model.safetensors.index.json, two.safetensors)"
    )
    #expect(
      open(#"{"c.weight":"two.safetensors","d":"two.safetensors"}"#)
        == "\(index): says that two.safetensors holds the tensor d, but it does not")
    #expect(
      open(#"{"c.weight":"copy.safetensors","d":"two.safetensors"}"#)
        == "\(index): the tensor c.weight is in copy.safetensors and in two.safetensors, too")
    #expect(
      open(#"{"c.weight":"../two.safetensors"}"#)
        == "\(temporary.path): refers to \"../two.safetensors\", which lies outside the folder")
    #expect(open(#"{"c.weight":3}"#) == "\(index): weight_map.c.weight must be a string, found 3")
    #expect(open("7") == "\(index): weight_map must be an object, found 7")
  }

  @Test func aFolderWithoutWeightsIsNamed() throws {
    let temporary = try TemporaryFolder()
    try temporary.add("notes.txt", "")
    #expect(
      message { _ = try Safetensors(FileSource(folder: temporary.path)) }
        == "\(temporary.path)/model.safetensors: there is no such file; expected the model's weights (or "
        + "model.safetensors.index.json, for weights in several files; pytorch_model.bin is read too) (the folder holds notes.txt)"
    )
  }

  /// The same tensors, written here and by the reference, are the same file.
  @Test(arguments: ["all.safetensors", "doubles.safetensors"])
  func writesTheReferencesBytes(_ name: String) throws {
    let temporary = try TemporaryFolder()
    let file = try open(name)
    let tensors = try file.entries.reversed().map { (name: $0.name, tensor: try file.tensor(named: $0.name)) }
    try Safetensors.write(tensors, metadata: file.metadata, to: temporary.path("out.safetensors"))
    let written = try FileBytes(path: temporary.path("out.safetensors"))
    #expect(written.content == file.files[0].content)
    #expect(temporary.names == ["out.safetensors"])
  }

  @Test func axisNamesAreKept() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path("t.safetensors")
    let named = Tensor([Axis("layer", 1), Axis("model", 2)], [1, 2])
    let counted = Tensor([Axis("axis0", 2)], [1, 2])
    try Safetensors.write([("named", named), ("counted", counted)], metadata: ["k": "v"], to: path)
    let file = try Safetensors(FileBytes(path: path))
    #expect(file.metadata == ["k": "v"])
    #expect(try file.tensor(named: "named").shape == named.shape)
    #expect(try file.tensor(named: "counted").shape == counted.shape)
    #expect(try file.tensor(named: "named", axes: ["a", "b"]).shape.names == ["a", "b"])
  }

  @Test(arguments: [
    (#"{\"a\":[\"x\",\"x\"]}"#, "__metadata__.steersh.axes.a must be an array of different names, found an array of 2"),
    (#"{\"a\":3}"#, "__metadata__.steersh.axes.a must be an array of strings, found 3"),
    (#"[]"#, "__metadata__.steersh.axes must be an object, found an empty array"),
    (#"{\"a\":[\"x\"]}"#, "the tensor a has the shape [1, 1], expected the 1 axes [x]"),
  ])
  func wrongAxisNamesAreNamed(_ names: String, _ expected: String) {
    let header =
      "{\"__metadata__\":{\"steersh.axes\":\"\(names)\"},"
      + #""a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}"#
    let file = bytes(header: header, data: [0, 0, 0, 0])
    #expect(message { _ = try Safetensors(file).tensor(named: "a") } == "m.safetensors: \(expected)")
  }

  @Test func refusesToWriteOneNameTwice() throws {
    let temporary = try TemporaryFolder()
    let one = Tensor([Axis("a", 1)], [1])
    #expect(
      message { try Safetensors.write([("x", one), ("x", one)], to: temporary.path("t.safetensors")) }
        == "\(temporary.path)/t.safetensors: the name x was given to two tensors")
    #expect(temporary.names.isEmpty)
  }
}
