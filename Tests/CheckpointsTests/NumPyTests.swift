import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct NumPyTests {
  private let folder = fixture("files").path

  private func read(_ name: String, axes: [String]? = nil) throws -> Tensor {
    try NumPyArray.read(FileBytes(path: "\(folder)/\(name)"), axes: axes)
  }

  private func numbers(_ tensor: Tensor) -> [Double] {
    tensor.withUnsafeBytes { bytes in
      switch tensor.dtype {
      case .f32: bytes.bindMemory(to: Float.self).map(Double.init)
      case .f64: Array(bytes.bindMemory(to: Double.self))
      case .f16: bytes.bindMemory(to: Float16.self).map(Double.init)
      case .i64: bytes.bindMemory(to: Int64.self).map(Double.init)
      case .bool: bytes.map(Double.init)
      case .bf16: bytes.bindMemory(to: UInt16.self).map { Double(Float(bitPattern: UInt32($0) << 16)) }
      case .blocks: []
      }
    }
  }

  @Test(arguments: ["every.npz", "every-deflated.npz"])
  func everyTypeAndOrder(_ name: String) throws {
    let archive = try NumPyArchive(FileBytes(path: "\(folder)/\(name)"))
    #expect(archive.names.count == 38)
    for name in archive.names {
      let tensor = try archive.tensor(named: name, axes: ["row", "column"])
      let expected: [Double] =
        name.hasPrefix("u") ? [0, 1, 2, 3, 4, 5] : name.hasPrefix("b") ? [0, 1, 0, 1, 0, 1] : [-2, -1, 0, 1, 2, 3]
      #expect(numbers(tensor) == expected, "\(name)")
      #expect(tensor.shape.description == "[row: 2, column: 3]")
      let dtypes: [(prefix: String, dtype: DType)] = [("b", .bool), ("f2", .f16), ("f4", .f32), ("f8", .f64)]
      let dtype = dtypes.first { name.hasPrefix($0.prefix) }?.dtype ?? .i64
      #expect(tensor.dtype == dtype, "\(name)")
    }
  }

  @Test func versionsShapesAndOrders() throws {
    let counted = (0..<24).map(Double.init)
    #expect(numbers(try read("cube-fortran-v2.npy")) == counted)
    #expect(numbers(try read("cube-v3.npy")) == counted)
    #expect(try read("cube-v3.npy").shape.description == "[axis0: 2, axis1: 3, axis2: 4]")
    #expect(try read("scalar.npy").shape.rank == 0 && numbers(read("scalar.npy")) == [2.5])
    #expect(try read("empty.npy").shape.sizes == [0, 4])
    #expect(numbers(try read("python2.npy")) == numbers(try read("grid.npy")))
    #expect(numbers(try read("doubles.npy")) == [0.1, -1e300])
    #expect(numbers(try read("line.npy")) == (0..<300).map { $0 % 2 == 0 ? 1 : 0 })
  }

  @Test func elementsInOrderAreNotCopied() throws {
    let file = try FileBytes(path: "\(folder)/grid.npy")
    let tensor = try NumPyArray.read(file)
    let start = try #require(file.withBytes { $0.baseAddress })
    #expect(UnsafeRawPointer(tensor.storage.pointer) == start + 128)
  }

  /// The same array saved here and by NumPy is the same file.
  @Test(arguments: ["grid.npy", "scalar.npy", "empty.npy", "line.npy", "doubles.npy"])
  func writesNumPysBytes(_ name: String) throws {
    let temporary = try TemporaryFolder()
    try NumPyArray.write(read(name), to: temporary.path(name))
    #expect(try FileBytes(path: temporary.path(name)).content == FileBytes(path: "\(folder)/\(name)").content)
    #expect(temporary.names == [name])
  }

  private func samples() throws -> [(name: String, tensor: Tensor)] {
    let file = try Safetensors(FileBytes(path: "\(folder)/all.safetensors"))
    let names = ["weights", "half", "brain", "ids", "mask", "scalar", "empty"]
    return try names.map { ($0, try file.tensor(named: $0)) } + [("Grüße", try file.tensor(named: "weights"))]
  }

  /// `scripts/fixtures/files.py` lets NumPy read the file that this is compared with.
  @Test func writesTheArchiveThatNumPyRead() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path("steersh.npz")
    try NumPyArchive.write(samples(), to: path)
    #expect(try FileBytes(path: path).content == FileBytes(path: "\(folder)/steersh.npz").content)
    let archive = try NumPyArchive(FileBytes(path: path))
    #expect(archive.names == (try samples()).map(\.name))
    for (name, tensor) in try samples() {
      #expect(numbers(try archive.tensor(named: name)) == numbers(tensor), "\(name)")
    }
  }

  // MARK: Bad files

  private func npy(_ header: String, data: Int = 0, version: UInt8 = 1) -> FileBytes {
    let count = header.utf8.count
    let length: [UInt8] = [UInt8(count & 255), UInt8(count >> 8)] + (version == 1 ? [] : [0, 0])
    return FileBytes(
      [0x93] + Array("NUMPY".utf8) + [version, 0] + length + Array(header.utf8) + Array(repeating: 0, count: data),
      name: "a.npy")
  }

  @Test(arguments: [
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 4,
      "truncated: its elements take 8 bytes and 4 are there"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 9,
      "1 bytes follow the elements; a file holds one array"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", 0,
      "the shape [4611686018427387904, 4] has more elements than can be counted"
    ),
    (
      "{'descr': '<f4', 'fortran_order': True, 'shape': (4611686018427387904, 4, 0), }", 0,
      "the shape [4611686018427387904, 4, 0] has more elements than can be counted"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False}", 0,
      "its header is not one that NumPy writes: it lacks one of descr, fortran_order and shape"
    ),
    ("{'descr': '<f4', 'x': 1}", 0, "its header is not one that NumPy writes: the key 'x' does not belong there"),
    (
      "{'descr': '<f4', 'descr': '<f8'}", 0,
      "its header is not one that NumPy writes: the key 'descr' does not belong there"
    ),
    ("{'shape': (-1,)}", 0, "its header is not one that NumPy writes: a size in its shape is not a whole number"),
    (
      "{'shape': (99999999999999999999,)}", 0,
      "its header is not one that NumPy writes: a size in its shape is not a whole number"
    ),
    ("{'fortran_order': Maybe}", 0, "its header is not one that NumPy writes: fortran_order is neither True nor False"),
    ("{'fortran_order': True} 1", 0, "its header is not one that NumPy writes: something follows the dictionary"),
    ("{'descr", 0, "its header is not one that NumPy writes: a string was expected"),
    ("[]", 0, "its header is not one that NumPy writes: \"{\" was expected"),
  ])
  func badHeadersAreNamed(_ header: String, _ data: Int, _ expected: String) {
    #expect(message { _ = try NumPyArray.read(npy(header, data: data)) } == "a.npy: " + expected)
  }

  @Test func whatIsNotReadIsNamed() throws {
    let read = "read are f2, f4, f8, i1, i2, i4, i8, u1, u2, u4 and b1 (convert it with astype)"
    for (name, dtype) in [("complex.npy", "<c8"), ("objects.npy", "|O"), ("record.npy", "record")] {
      #expect(
        message { _ = try self.read(name) }
          == "\(folder)/\(name): its elements are of type \(dtype), which is not read; \(read)")
    }
    #expect(
      message { _ = try self.read("grid.npy", axes: ["model"]) }
        == "\(folder)/grid.npy: its shape is [2, 3], expected the 1 axes [model]")
    #expect(
      message { _ = try NumPyArray.read(FileBytes("PK", name: "a.npy")) }
        == "a.npy: this is not a NumPy file: it does not start with \\x93NUMPY")
    #expect(
      message { _ = try NumPyArray.read(npy("{}", version: 4)) }
        == "a.npy: its format version is 4.0; read are 1.0, 2.0 and 3.0")
  }

  @Test func badArchivesAreNamed() throws {
    let whole = try FileBytes(path: "\(folder)/every-deflated.npz").content
    func open(_ bytes: [UInt8]) -> String? {
      message {
        let archive = try NumPyArchive(FileBytes(bytes, name: "a.npz"))
        for name in archive.names { _ = try archive.tensor(named: name) }
      }
    }
    func at(_ signature: [UInt8]) throws -> Int {
      try #require(whole.indices.first { whole[$0...].starts(with: signature) })
    }
    let (local, entry, end) = (try at([0x50, 0x4B, 3, 4]), try at([0x50, 0x4B, 1, 2]), try at([0x50, 0x4B, 5, 6]))
    func changed(_ offset: Int, _ bytes: [UInt8]) -> [UInt8] {
      var copy = whole
      copy.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      return copy
    }
    #expect(open(whole) == nil)
    let refetch = "fetch the file again"
    #expect(open([]) == "a.npz: this is not a zip archive, or its end is missing; \(refetch)")
    #expect(open(whole.dropLast()) == "a.npz: this is not a zip archive, or its end is missing; \(refetch)")
    #expect(
      open(changed(end + 16, [0xFF, 0xFF, 0xFF, 0xFF])) == "a.npz: its table of contents is damaged; \(refetch)")
    #expect(
      open(changed(end + 4, [1])) == "a.npz: this is one part of an archive in several files; join them first")
    #expect(open(changed(end + 10, [39])) == "a.npz: its table of contents is damaged; \(refetch)")
    #expect(open(changed(entry, [0])) == "a.npz: its table of contents is damaged; \(refetch)")
    #expect(open(changed(entry + 8, [1])) == "a.npz/f2Clittle.npy: it is encrypted; save it without a password")
    #expect(
      open(changed(entry + 10, [14]))
        == "a.npz/f2Clittle.npy: it is compressed with method 14; read are 0 (stored) and 8 (deflate)")
    #expect(open(changed(entry + 16, [0, 0])) == "a.npz/f2Clittle.npy: its checksum is wrong; \(refetch)")
    #expect(
      open(changed(entry + 20, [0xFF, 0xFF, 0xFF, 0]))
        == "a.npz/f2Clittle.npy: it reaches beyond the archive's end; \(refetch)")
    for count in [139, 141, 0x7FFF_FFFF] {
      let bytes = withUnsafeBytes(of: UInt32(count).littleEndian) { Array($0) }
      #expect(
        open(changed(entry + 24, bytes))
          == "a.npz/f2Clittle.npy: it does not unpack to the \(count) bytes that the archive promises")
    }
    #expect(open(changed(local, [0]))?.hasPrefix("a.npz/f2Clittle.npy: its table of contents is damaged") == true)
    let other = try #require(whole.indices.last { whole[$0...].starts(with: "f2Flittle.npy".utf8) })
    #expect(
      open(changed(other, Array("f2Clittle".utf8))) == "a.npz: the archive holds two members called f2Clittle.npy")
  }

  @Test func wrongNamesAreAnswered() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path("t.npz")
    let tensor = Tensor([Axis("a", 1)], [1])
    try NumPyArchive.write([("weights", tensor), ("bias", tensor)], to: path)
    let archive = try NumPyArchive(FileBytes(path: path))
    #expect(
      message { _ = try archive.tensor(named: "weight") } == "\(path): there is no array weight; close to it: weights")
    #expect(
      message { _ = try archive.tensor(named: "zzzzzz") }
        == "\(path): there is no array zzzzzz; there are weights, bias")
    #expect(
      message { try NumPyArchive.write([("a", tensor), ("a", tensor)], to: temporary.path("u.npz")) }
        == "\(temporary.path)/u.npz: the name a was given to two arrays")
    #expect(temporary.names == ["t.npz"])
  }
}
