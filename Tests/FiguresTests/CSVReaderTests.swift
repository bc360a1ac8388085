import Testing

@testable import Figures

struct CSVReaderTests {
  @Test func whatIsWrittenIsRead() throws {
    let table = Table(records: [
      [
        "name": "plain", "odd": "a, \"b\"\nc", "number": 1, "share": 0.1, "is": true, "gap": nil, "like a number": "12",
      ],
      [
        "name": "", "odd": " x ", "number": -3, "share": 1e-300, "is": false, "gap": nil, "like a number": "true",
      ],
      [
        "name": "é", "odd": "\r\n", "number": 0, "share": .float(.infinity), "is": nil, "gap": nil,
        "like a number": "nan",
      ],
    ])
    #expect(try Table(csv: Array(table.csv.utf8)) == table)
    #expect(try Table(csv: Array(table.csv.utf8)).csv == table.csv)
    let nan = try Table(csv: Array("a\nnan\n-inf\n2\n".utf8))
    #expect(nan.csv == "a\nnan\n-inf\n2.0\n")
  }

  /// As other programs write it.
  @Test func foreignFiles() throws {
    let table = try Table(csv: Array("a,\"b c\",d\r\n1,\"x\"\"y\",\r\n2,z,3.5".utf8))
    #expect(table.columns.map(\.name) == ["a", "b c", "d"])
    #expect(table.row(0) == [1, "x\"y", nil])
    #expect(table.row(1) == [2, "z", 3.5])
  }

  @Test func damageIsNamed() {
    #expect(throws: FigureError.csv(line: 3, problem: "found 3 fields, expected the header's 2")) {
      try Table(csv: Array("a,b\n1,2\n1,2,3\n".utf8))
    }
    #expect(throws: FigureError.csv(line: 2, problem: "a quoted text does not end")) {
      try Table(csv: Array("a\n\"x\n".utf8))
    }
    #expect(throws: FigureError.duplicateColumn("a")) { try Table(csv: Array("a,a\n".utf8)) }
    #expect(throws: FigureError.self) { try Table(csv: []) }
  }

  @Test func completeRecordsEndWithTheirLine() {
    let text = "a,b\n1,\"x\ny\"\n2,z"
    let reader = CSVReader(Array(text.utf8))
    #expect(reader.records.map(\.cells) == [["a", "b"], [1, "x\ny"]])
    #expect(reader.records.map(\.end) == [4, 12])
    // Cut off anywhere, what is complete is what is complete in the whole.
    for cut in 0..<text.utf8.count {
      let part = CSVReader(Array(text.utf8.prefix(cut)))
      #expect(part.records == reader.records.filter { $0.end <= cut })
    }
  }
}
