import Checkpoints
import Foundation
import Testing

@testable import Datasets

/// Files of records: what they hold, in which order, and what is said of a bad line.
@Suite struct RecordTests {
  private func records(_ reader: any RecordReader) throws -> [String] {
    try (0..<reader.count).map { try JSON.object(reader.record(at: $0) ?? [:]).text() }
  }

  private func reader(_ name: String, _ text: String, at key: String? = nil) throws -> any RecordReader {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // The file stays readable while it is mapped.
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent(name).path
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return try RecordFile.open(path, at: key)
  }

  /// The words of the error, the folder left out.
  private func failure(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return "\(error)".split(separator: "/").last.map(String.init) ?? "" }
  }

  @Test func linesOfJSON() throws {
    let reader = try reader("a.jsonl", "\u{FEFF}{\"n\":1}\n\n  \r\n{\"n\":2}\r\n{\"n\":3}")
    #expect(try records(reader) == [#"{"n":1}"#, #"{"n":2}"#, #"{"n":3}"#])
    #expect(try reader.record(at: 3) == nil)
    // Backwards, far ahead, and again.
    #expect(try reader.record(at: 1)?["n"] == .integer(2) && reader.record(at: 0)?["n"] == .integer(1))
  }

  /// More lines than one mark of the index apart, asked for in any order, with empty lines between.
  @Test func manyLines() throws {
    let count = 1000
    let text = (0..<count).map { "{\"n\":\($0)}" + String(repeating: "\n", count: 1 + $0 % 3) }.joined()
    let sequential = try reader("a.jsonl", text)
    #expect(sequential.count == count)
    let fresh = try reader("a.jsonl", text)
    for step in 0..<count {
      let position = step * 617 % count
      #expect(try fresh.record(at: position)?["n"] == .integer(position))
      #expect(try sequential.record(at: step)?["n"] == .integer(step))
    }
    #expect(try fresh.record(at: count) == nil && fresh.count == count)
  }

  @Test func aBadLineIsNamed() throws {
    let reader = try reader("a.jsonl", "{\"n\":1}\n\n{\"n\":}\n[1]\n{\"n\":4}\n")
    #expect(reader.count == 4)
    #expect(failure { _ = try reader.record(at: 1) } == "a.jsonl:3:6: expected a value, found \"}\"")
    #expect(failure { _ = try reader.record(at: 2) } == "a.jsonl:4: the line must be an object, found an array of 1")
    #expect(try reader.record(at: 3)?["n"] == .integer(4))
  }

  @Test func separatedValues() throws {
    let reader = try reader(
      "a.csv",
      "name,count,share,flag,id,note\r\n\"a, \"\"b\"\"\",3,0.5,true,007,\"two\nlines\"\r\nc,-4,1e-3,false,1.50,\n")
    #expect(
      try records(reader) == [
        #"{"name":"a, \"b\"","count":3,"share":0.5,"flag":true,"id":"007","note":"two\nlines"}"#,
        #"{"name":"c","count":-4,"share":0.001,"flag":false,"id":1.5,"note":null}"#,
      ])
    let tabs = try self.reader("a.tsv", "a\tb\n1,5\t\"x\ty\"\n")
    #expect(try records(tabs) == [#"{"a":"1,5","b":"x\ty"}"#])
  }

  @Test func badRowsAreNamed() throws {
    let short = try reader("a.csv", "a,b\n\"1\n2\",3\n4\n")
    #expect(failure { _ = try short.record(at: 1) } == "a.csv:4: found 1 field, expected 2")
    let open = try reader("a.csv", "a,b\n1,2\n3,\"4\n5,6\n")
    #expect(failure { _ = try open.record(at: 1) }.hasPrefix("a.csv:3: a quoted text does not end"))
    #expect(failure { _ = try reader("a.csv", "a,a\n") } == "a.csv:1: two columns are called \"a\"")
    #expect(failure { _ = try reader("a.csv", "") } == "a.csv: the first line must name the columns")
    #expect(failure { _ = try reader("a.txt", "a") }.hasPrefix("a.txt: this is no file of records"))
  }

  @Test func listsAndObjectsOfJSON() throws {
    #expect(try records(reader("a.json", "[{\"n\":1},{\"n\":2}]")) == [#"{"n":1}"#, #"{"n":2}"#])
    #expect(try records(reader("a.json", "{\"x\":{\"n\":1},\"y\":{\"n\":2}}")).last == #"{"n":2,"key":"y"}"#)
    #expect(try records(reader("a.json", "{\"info\":3,\"data\":[{\"n\":1}]}", at: "data")) == [#"{"n":1}"#])
    // A file of lines that is called .json, as POPE's are.
    #expect(try records(reader("a.json", "{\"n\":1}\n{\"n\":2}\n")).count == 2)
    #expect(
      failure { _ = try reader("a.json", "{\"info\":3,\"data\":[]}") }
        == "a.json: the file holds an object with info, data; say which one holds the records with `at`")
    #expect(
      failure { _ = try reader("a.json", "[]", at: "data") } == "a.json: data is missing; it must be a list of records")
    #expect(
      failure { _ = try reader("a.json", "[1]").record(at: 0) }
        == "a.json: the file's value[0] must be an object, found 1")
  }

  @Test func imagesOfAFolder() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["b/2.png", "b/10.JPG", "a.gif", "note.txt", ".hidden.png"] {
      let file = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: file)
    }
    let reader = try RecordFile.open(folder.path + "/")
    #expect(try (0..<reader.count).map { try reader.record(at: $0)?["file"] } == ["a.gif", "b/10.JPG", "b/2.png"])
    #expect(try reader.record(at: 1)?["label"] == "b" && reader.record(at: 0)?["label"] == .null)
    try FileManager.default.removeItem(at: folder.appendingPathComponent("b"))
    try FileManager.default.removeItem(at: folder.appendingPathComponent("a.gif"))
    #expect(failure { _ = try RecordFile.open(folder.path) }.contains("there are no records"))
  }
}
