import Foundation
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct FileTests {
  @Test func foldersGiveTheirFilesWithoutSubfolders() throws {
    let folder = try TemporaryFolder()
    try folder.add("config.json", "{}")
    try folder.add("b.txt", "text")
    try FileManager.default.createDirectory(atPath: folder.path("sub"), withIntermediateDirectories: true)
    try folder.add("sub/c.txt", "below")
    let source = try FileSource(folder: folder.path)
    #expect(source.files == ["b.txt", "config.json"])
    #expect(source.contains("b.txt") && source.contains("sub/c.txt") && !source.contains("c.txt"))
    #expect(try source.bytes(of: "b.txt").content == Array("text".utf8))
    #expect(try source.bytes(of: "sub/c.txt").content == Array("below".utf8))
    #expect(try source.bytes(of: "b.txt").name == folder.path("b.txt"))
    #expect(!source.isEmbedded)
  }

  @Test func embeddedFilesReadAlike() throws {
    let text: StaticString = "hello"
    let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    let source = FileSource(name: "tiny", embedded: ["a.txt": bytes])
    #expect(source.isEmbedded && source.files == ["a.txt"] && source.contains("a.txt"))
    #expect(try source.bytes(of: "a.txt").content == Array("hello".utf8))
    #expect(
      message { _ = try source.bytes(of: "config.json", expected: "the model's configuration") }
        == "tiny/config.json: there is no such file; expected the model's configuration (the folder holds a.txt)")
  }

  @Test func foldersInsideFolders() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.path("sub"), withIntermediateDirectories: true)
    try folder.add("sub/c.txt", "below")
    let source = try FileSource(folder: folder.path)
    let held = FileSource(name: "held", files: ["sub/c.txt": FileBytes(Array("below".utf8), name: "c")])
    for outer in [source, held] {
      #expect(try outer.folder("sub").bytes(of: "c.txt").content == Array("below".utf8))
      #expect(
        message { _ = try outer.folder("none", expected: "a model") }
          == "\(outer.name)/none: there is no such folder; expected a model")
      #expect(
        message { _ = try outer.folder("sub/../..") }
          == "\(outer.name): refers to \"sub/../..\", which lies outside the folder")
    }
    #expect(message { _ = try source.folder("sub/c.txt") } != nil)
  }

  @Test func emptyFilesHaveNoBytes() throws {
    let folder = try TemporaryFolder()
    let path = try folder.add("empty", "")
    #expect(try FileBytes(path: path).content.isEmpty)
  }

  @Test func mappedBytesOutliveTheirName() throws {
    let folder = try TemporaryFolder()
    let file = try FileBytes(path: folder.add("a", "kept"))
    try FileManager.default.removeItem(atPath: folder.path("a"))
    file.prefetch()
    #expect(file.content == Array("kept".utf8))
  }

  @Test func whatIsMissingIsNamed() throws {
    let folder = try TemporaryFolder()
    try folder.add("weights.bin", "x")
    try FileManager.default.createDirectory(atPath: folder.path("sub"), withIntermediateDirectories: true)
    let source = try FileSource(folder: folder.path)
    let at = folder.path
    #expect(
      message { _ = try FileSource(folder: at + "/none") }
        == "\(at)/none: there is no such folder; expected a folder with a model's files")
    #expect(
      message { _ = try FileSource(folder: at + "/weights.bin") }
        == "\(at)/weights.bin: this is a file; expected a folder with a model's files")
    #expect(
      message { _ = try source.bytes(of: "config.json", expected: "the model's configuration") }
        == "\(at)/config.json: there is no such file; expected the model's configuration (the folder holds weights.bin)"
    )
    #expect(
      message { _ = try FileBytes(path: at + "/cat.png", expected: "an image") }
        == "\(at)/cat.png: there is no such file; expected an image")
    #expect(
      message { _ = try source.bytes(of: "sub") }
        == "\(at)/sub: this is not a regular file; expected one of the model's files")
    #expect(
      message { _ = try source.bytes(of: "../secret") }
        == "\(at): refers to \"../secret\", which lies outside the folder")
    #expect(message { _ = try source.bytes(of: "/etc/passwd") } != nil)
    #expect(!source.contains("../\(URL(fileURLWithPath: at).lastPathComponent)/weights.bin"))
  }

  @Test func pipesAreRefusedRatherThanWaitedFor() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
    #expect(
      message { _ = try FileBytes(path: folder.path("pipe")) }
        == "\(folder.path)/pipe: this is not a regular file; expected a file")
  }

  @Test func writingReplacesAndLeavesNothingElse() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("out.txt")
    try AtomicFile.write("first", to: path)
    try AtomicFile.write("second", to: path)
    #expect(try FileBytes(path: path).content == Array("second".utf8))
    #expect(folder.names == ["out.txt"])
    let large = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try AtomicFile.write(to: path) { file in
      try file.write(large[..<5])
      try file.write(large[5..<200_000])
      try file.write(large[200_000...])
    }
    #expect(try FileBytes(path: path).content == large)
  }

  @Test func writingKeepsModesAndLinks() throws {
    let folder = try TemporaryFolder()
    try folder.add("real", "old")
    #expect(chmod(folder.path("real"), 0o640) == 0)
    #expect(symlink("real", folder.path("link")) == 0)
    try AtomicFile.write("new", to: folder.path("link"))
    #expect(try FileBytes(path: folder.path("real")).content == Array("new".utf8))
    var status = stat()
    #expect(lstat(folder.path("link"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    #expect(stat(folder.path("real"), &status) == 0 && status.st_mode & 0o777 == 0o640)
  }

  @Test func aFailureLeavesWhatWasThere() throws {
    struct Stop: Error {}
    let folder = try TemporaryFolder()
    let path = try folder.add("kept.txt", "kept")
    #expect(throws: Stop.self) {
      try AtomicFile.write(to: path) { file in
        try file.write(Array(repeating: UInt8(1), count: 200_000))
        throw Stop()
      }
    }
    #expect(folder.names == ["kept.txt"])
    #expect(try FileBytes(path: path).content == Array("kept".utf8))
  }

  @Test func unwritablePlacesAreNamed() throws {
    let folder = try TemporaryFolder()
    try folder.add("file", "x")
    let at = folder.path
    #expect(
      message { try AtomicFile.write("x", to: at + "/none/out.npy") }
        == "\(at)/none/out.npy: cannot be written: No such file or directory; nothing was saved")
    #expect(
      message { try AtomicFile.write("x", to: at + "/file/out.npy") }
        == "\(at)/file/out.npy: cannot be written: Not a directory; nothing was saved")
    #expect(
      message { try AtomicFile.write("x", to: at) } == "\(at): cannot be written: Is a directory; nothing was saved")
    #expect(folder.names == ["file"])
  }

  @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
  func readOnlyPlacesAreRespected() throws {
    let folder = try TemporaryFolder()
    let path = try folder.add("kept", "kept")
    #expect(chmod(path, 0o444) == 0)
    let denied = "cannot be written: Permission denied; nothing was saved"
    #expect(message { try AtomicFile.write("new", to: path) } == "\(path): \(denied)")
    #expect(chmod(folder.path, 0o555) == 0)
    #expect(message { try AtomicFile.write("x", to: folder.path("new")) } == "\(folder.path)/new: \(denied)")
    #expect(chmod(folder.path, 0o755) == 0)
    #expect(folder.names == ["kept"])
  }

  @Test func longNamesAreWritten() throws {
    let folder = try TemporaryFolder()
    let name = String(repeating: "ü", count: 120)
    try AtomicFile.write("x", to: folder.path(name))
    #expect(folder.names == [name])
  }

  /// A limit on file sizes stands in for a full disk: in both cases a write comes back short and then fails.
  @Test func aFullDiskLeavesNothing() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let path = try folder.add("out.bin", "kept")
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let text = message { try AtomicFile.write(Array(repeating: UInt8(7), count: 300_000), to: path) }
      let expected = "\(path): cannot be written: File too large; nothing was saved"
      let isKept = try FileBytes(path: path).content == Array("kept".utf8)
      let names = folder.names
      exit(text == expected && names == ["out.bin"] && isKept ? EXIT_SUCCESS : EXIT_FAILURE)
    }
  }
}
