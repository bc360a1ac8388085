import Figures
import Testing

@Suite struct TableTests {
  static let results = Table(records: [
    ["method": "none", "layer": 2, "image": 0.295, "collapsed": 0.01, "trained": false],
    ["method": "prompt", "layer": nil, "image": 0.512, "collapsed": 0.019, "trained": false],
    ["method": "L2S", "layer": 12, "image": 0.64499, "collapsed": 0.047, "trained": true, "note": "strength 1"],
  ])

  @Test func columnsFromRecords() throws {
    let table = Self.results
    #expect(table.rowCount == 3)
    #expect(table.columns.map(\.name) == ["method", "layer", "image", "collapsed", "trained", "note"])
    #expect(table.columns.map(\.kind) == [.string, .int, .float, .float, .bool, .string])
    #expect(table["note"]?.cells == [.missing, .missing, "strength 1"])
    #expect(table.row(1)?.prefix(2) == ["prompt", .missing])
    #expect(table.row(3) == nil)
    #expect(table["nothing"] == nil)
  }

  @Test func columnTypes() {
    #expect(Column("a", [1, 2.5, nil]).cells == [.float(1), .float(2.5), .missing])
    #expect(Column("a", [true, 1]).cells == ["true", "1"])
    #expect(Column("a", [nil, nil]).kind == .string)
    #expect(Cell(Float(0.1)) == .float(0.1))
    #expect(Cell(-Float.infinity) == .float(-.infinity))
  }

  @Test func wrongColumns() {
    #expect(throws: FigureError.duplicateColumn("a")) { try Table(columns: [Column("a", [1]), Column("a", [2])]) }
    #expect(throws: FigureError.columnLength(name: "b", found: 2, expected: 1)) {
      try Table(columns: [Column("a", [1]), Column("b", [1, 2])])
    }
  }

  @Test func rendering() throws { try expectGoldens(Self.results, "table") }

  @Test func rowLimit() throws {
    let table = Table(records: (0..<32).map { ["row": Cell.int($0), "square": Cell.int($0 * $0)] })
    try expectGolden(table.rendered(on: Terminal()), "table-rows")
    #expect(table.rendered(on: Terminal(), limits: .init(rows: 31)).hasSuffix("… 1 more row"))
    #expect(!table.rendered(on: Terminal(), limits: .init(rows: 32)).contains("more"))
  }

  @Test func columnsThatDoNotFit() throws {
    let table = Table(
      records: (0..<3).map { row in
        [(key: "layer", value: Cell.int(row))] + (0..<20).map { (key: "head \($0)", value: Cell.float(Double($0) / 7)) }
      })
    try expectGoldens(table, "table-columns")
    try expectGolden(table.rendered(on: Terminal(width: 24)), "table-columns-24")
  }

  @Test func longText() throws {
    let table = Table(records: [
      ["question": "can you tell if the object shown in the image is specifically a star ?", "answer": "yes"],
      ["question": "two\nlines\tand a \u{1B}[31mcolour", "answer": "no"],
    ])
    try expectGoldens(table, "table-text")
    try expectGolden(table.rendered(on: Terminal(width: 24)), "table-text-24")
  }

  @Test func wideCharacters() throws {
    let table = Table(records: [["字": "日本語の文", "n": 1], ["字": "e\u{301}te\u{301}", "n": 22], ["字": "👩‍👩‍👧", "n": 333]])
    try expectGolden(table.rendered(on: Terminal()), "table-wide")
  }

  @Test func numbers() throws {
    let table = try Table(columns: [
      Column("plain", [1234.5, 0.25, -3, 0]), Column("small", [1.5e-9, 2, 3e-7, .float(.nan)]),
      Column("whole", [1, 2.0, 3, 4]), Column("large", [6.02e23, 1, .float(-.infinity), nil]),
      Column("tiny steps", [0.123456789, 0.1, 0.12, 0.1234]),
    ])
    try expectGolden(table.rendered(on: Terminal()), "table-numbers")
  }

  @Test func nothingToShow() throws {
    #expect(Table(records: [[(key: String, value: Cell)]]()).rendered(on: Terminal()) == "0 rows without columns")
    #expect(try Table(columns: [Column("a", [])]).rendered(on: Terminal()) == "a\n─\nno rows")
  }

  static let awkward = Table(records: [
    ["na,me": "a \"b\"", "x": 0.1, "flag": true, "n": 1],
    ["na,me": "line\nbreak", "x": .float(.nan), "flag": nil, "n": -2],
    ["na,me": "", "x": .float(.infinity), "flag": false, "n": nil],
    ["na,me": nil, "x": nil, "flag": false, "n": nil],
    ["na,me": " tab\there|*é\u{1}", "x": 1e-300, "flag": false, "n": .int(.max)],
  ])

  @Test func csv() {
    #expect(
      Self.awkward.csv == """
        "na,me",x,flag,n
        "a ""b""\",0.1,true,1
        "line\nbreak",nan,,-2
        "",inf,false,
        ,,false,
        " tab\there|*é\u{1}",1e-300,false,9223372036854775807

        """)
    // A quote with a combining accent is one character to Swift and still a quote to a reader of CSV.
    #expect(Table(records: [["a": "x\"\u{301}"]]).csv.unicodeScalars.filter { $0 == "\"" }.count == 4)
  }

  @Test func tsv() {
    #expect(
      Self.awkward.tsv == """
        na,me\tx\tflag\tn
        "a ""b""\"\t0.1\ttrue\t1
        "line\nbreak"\tnan\t\t-2
        ""\tinf\tfalse\t
        \t\tfalse\t
        " tab\there|*é\u{1}"\t1e-300\tfalse\t9223372036854775807

        """)
  }

  @Test func json() {
    #expect(
      Self.awkward.json == #"""
        [
          {"na,me": "a \"b\"", "x": 0.1, "flag": true, "n": 1},
          {"na,me": "line\nbreak", "x": "NaN", "flag": null, "n": -2},
          {"na,me": "", "x": "Infinity", "flag": false, "n": null},
          {"na,me": null, "x": null, "flag": false, "n": null},
          {"na,me": " tab\there|*é\u0001", "x": 1e-300, "flag": false, "n": 9223372036854775807}
        ]

        """#)
    #expect(Table(records: [[(key: String, value: Cell)]]()).json == "[]\n")
  }

  @Test func markdown() {
    #expect(
      Table(records: [["a|b": "x_*y", "n": 1.5], ["a|b": "two\nlines", "n": nil]]).markdown() == #"""
        | a\|b | n |
        | --- | ---: |
        | x\_\*y | 1.5 |
        | two<br>lines |  |

        """#)
  }
}
