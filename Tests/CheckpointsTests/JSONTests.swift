import Testing

@testable import Checkpoints

@Suite struct JSONTests {
  private func parse(_ text: String) throws -> JSON { try JSON.parse(text, file: "f.json") }

  @Test func readsEveryKindOfValue() throws {
    let value = try parse(
      #" {"n":null,"t":true,"f":false,"i":-12,"d":1.5e3,"s":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00","a":[1,[ ],{ }]} "#)
    #expect(
      value
        == .object([
          "n": .null, "t": .bool(true), "f": .bool(false), "i": .integer(-12), "d": .number(1500),
          "s": .string("a\"\\/\u{8}\u{C}\n\r\t\u{E9}\u{1F600}"),
          "a": .array([.integer(1), .array([]), .object([:])]),
        ]))
  }

  @Test func integersAreExact() throws {
    #expect(try parse("9223372036854775807") == .integer(.max))
    #expect(try parse("-9223372036854775808") == .integer(.min))
    #expect(try parse("9223372036854775808") == .number(9_223_372_036_854_775_808))
    #expect(try parse("1000000000000000019884624838656") == .number(1e30))
    #expect(try Field(parse("-0"), file: "").number().sign == .minus)
    #expect(try parse("0.1") == .number(0.1))
    #expect(try parse("5e-324") == .number(.leastNonzeroMagnitude))
  }

  @Test func keepsOrderAndTellsKeysApartByBytes() throws {
    let text = "{\"é\":1,\"e\u{301}\":2,\"b\":3,\"a\":4}"
    let object = try Field(parse(text), file: "f.json").object()
    #expect(object.count == 4)
    #expect(object["\u{E9}"] == .integer(1))
    #expect(object["e\u{301}"] == .integer(2))
    #expect(try JSON.object(object).text() == text)
  }

  @Test func largeObjectsFindEveryKey() throws {
    let keys = (0..<300).map { "key\($0)" }
    let text = "{" + keys.map { "\"\($0)\":\"\($0)\"" }.joined(separator: ",") + "}"
    let object = try Field(parse(text), file: "f.json").object()
    for key in keys { #expect(object[key] == .string(key)) }
    #expect(object["key300"] == nil)
    #expect(message { _ = try parse(text.dropLast() + ",\"key7\":1}") }?.contains("appears twice") == true)
  }

  @Test(arguments: [
    ("", "f.json:1:1: expected a value, found the end of the file"),
    ("{\n  \"a\": 1,\n}", "f.json:3:1: expected a key in double quotes, found \"}\""),
    ("[1, 2", "f.json:1:6: expected \",\" or \"]\", found the end of the file"),
    ("[1,]", "f.json:1:4: expected a value, found \"]\""),
    ("{\"a\" 1}", "f.json:1:6: expected \":\" after the key \"a\", found \"1\""),
    ("{\"a\":1 \"b\"", "f.json:1:8: expected \",\" or \"}\", found \"\"\""),
    ("[\"ä\", é]", "f.json:1:7: expected a value, found \"é\""),
    ("nul", "f.json:1:1: expected a value, found \"n\""),
    ("NaN", "f.json:1:1: expected a value, found \"N\""),
    ("1 2", "f.json:1:3: expected the end of the file, found \"2\""),
    ("01", "f.json:1:2: expected the end of the file, found \"1\""),
    ("-", "f.json:1:2: expected a digit, found the end of the file"),
    ("1.", "f.json:1:3: expected a digit, found the end of the file"),
    ("1e+", "f.json:1:4: expected a digit, found the end of the file"),
    ("[1e999]", "f.json:1:2: the number 1e999 does not fit a 64-bit float"),
    ("\"abc", "f.json:1:5: expected the closing quote of a string, found the end of the file"),
    ("\"a\nb\"", "f.json:1:3: a string holds the control character 10; write it as an escape"),
    ("\"\\n\u{1}\"", "f.json:1:4: a string holds the control character 1; write it as an escape"),
    ("\"\\q\"", "f.json:1:2: \\q is not an escape that JSON knows"),
    ("\"\\u12g4\"", "f.json:1:6: expected four hexadecimal digits, found \"g\""),
    ("\"\\ud800\"", "f.json:1:2: \\ud800 is half of a surrogate pair; the other half is not there"),
    ("\"\\ud800\\u0041\"", "f.json:1:2: \\ud800 is half of a surrogate pair; the other half is not there"),
    ("\"\\udc00\"", "f.json:1:2: \\udc00 is half of a surrogate pair; the other half is not there"),
    ("{\"a\":1,\n \"a\":2}", "f.json:2:2: the key \"a\" appears twice in one object"),
    ("\u{FEFF}{}", "f.json:1:1: expected a value, found \"\u{FEFF}\""),
    ("{\"a\":\u{0}}", "f.json:1:6: expected a value, found byte 0"),
  ])
  func badTextNamesThePlace(_ text: String, _ expected: String) {
    #expect(message { _ = try parse(text) } == expected)
  }

  @Test func refusesBrokenUTF8DepthAndLength() throws {
    let broken = FileBytes([0x22, 0x61, 0xFF, 0x22], name: "f.json")
    #expect(message { _ = try JSON.parse(broken) } == "f.json:1:1: this string is not valid UTF-8")
    let overlong = FileBytes([0x22, 0xC0, 0xAF, 0x22], name: "f.json")
    #expect(message { _ = try JSON.parse(overlong) } == "f.json:1:1: this string is not valid UTF-8")
    let deep = String(repeating: "[", count: 100_000)
    #expect(message { _ = try parse(deep) } == "f.json:1:129: nested deeper than 128 levels")
    let atLimit = String(repeating: "[", count: 127) + "1" + String(repeating: "]", count: 127)
    #expect(throws: Never.self) { try parse(atLimit) }
    let long = FileBytes("[1,2,3]", name: "f.json")
    #expect(
      message { _ = try JSON.parse(long, limits: JSON.Limits(byteCount: 6)) }
        == "f.json:1:1: longer than the 6 bytes that are read as JSON")
  }

  @Test func writesWhatItReads() throws {
    let value: JSON = .object([
      "a": .array([.integer(1), .number(0.1), .number(1e-5), .number(-0.0), .bool(true), .null]), "e": .array([]),
      "o": .object([:]), "s": .string("\u{1}\"\\\né\u{1F600}"),
    ])
    let compact = try value.text()
    #expect(compact == #"{"a":[1,0.1,1e-05,-0.0,true,null],"e":[],"o":{},"s":"\u0001\"\\\né😀"}"#)
    let pretty = try value.text(pretty: true)
    #expect(
      pretty == """
        {
          "a": [
            1,
            0.1,
            1e-05,
            -0.0,
            true,
            null
          ],
          "e": [],
          "o": {},
          "s": "\\u0001\\"\\\\\\né😀"
        }
        """)
    #expect(try parse(compact) == value)
    #expect(try parse(pretty) == value)
  }

  @Test func refusesToWriteWhatJSONCannotHold() {
    let value: JSON = .object(["loss": .array([.integer(1), .number(.nan)])])
    #expect(message { _ = try value.text(file: "out.json") } == "out.json: loss.1 is nan, which JSON cannot hold")
  }

  @Test func fieldsReadValues() throws {
    let root = try Field(
      FileBytes(
        #"{"i":3,"d":0.5,"s":"x","b":true,"null":null,"a":[1,2],"t":["p","q"],"o":{"k":{"z":1}}}"#, name: "c.json"))
    #expect(try root["i"].integer(in: 1...) == 3)
    #expect(try root["i"].number() == 3)
    #expect(try root["d"].number() == 0.5)
    #expect(try root["s"].string() == "x")
    #expect(try root["b"].bool())
    #expect(try root["null"].integer(or: 7) == 7)
    #expect(try root["missing"]["deeper"].string(or: "y") == "y")
    #expect(try root["a"].integers() == [1, 2])
    #expect(try root["a"].numbers(count: 2) == [1, 2])
    #expect(try root["t"].strings() == ["p", "q"])
    #expect(try root["t"][1].string() == "q")
    #expect(try root["o"]["k"].object().keys == ["z"])
    #expect(!root["null"].exists && !root["missing"].exists && root["i"].exists)
  }

  @Test func fieldErrorsNameFileAndPath() throws {
    let root = try Field(
      FileBytes(
        #"{"text_config":{"hidden_size":"x","layers":[{"n":0}],"big":1.5,"size":[1,"2"]},"n":null}"#,
        name: "config.json")
    )
    let text = root["text_config"]
    let cases: [(String, () throws -> Void)] = [
      (
        "config.json: text_config.hidden_size must be a positive integer, found \"x\"",
        { _ = try text["hidden_size"].integer(in: 1...) }
      ),
      (
        "config.json: text_config.heads is missing; it must be a positive integer",
        { _ = try text["heads"].integer(in: 1...) }
      ),
      (
        "config.json: text_config.layers[0].n must be an integer from 1 to 8, found 0",
        { _ = try text["layers"][0]["n"].integer(in: 1...8) }
      ),
      (
        "config.json: text_config.layers[2] is missing; it must be an object",
        { _ = try text["layers"][2].object() }
      ),
      ("config.json: text_config.big must be an integer, found 1.5", { _ = try text["big"].integer() }),
      (
        "config.json: text_config.big must be an object, found 1.5",
        { _ = try text["big"]["deep"]["er"].string(or: "") }
      ),
      ("config.json: text_config.size[1] must be a number, found \"2\"", { _ = try text["size"].numbers() }),
      (
        "config.json: text_config.size must be an array of 3 numbers, found an array of 2",
        { _ = try text["size"].numbers(count: 3) }
      ),
      ("config.json: n must be a string, found null", { _ = try root["n"].string() }),
      (
        "config.json: the file's value must be an array, found an object with text_config, n",
        { _ = try root.array() }
      ),
      (
        "config.json: text_config.hidden_size must be true or false, found \"x\"",
        { _ = try text["hidden_size"].bool(or: false) }
      ),
    ]
    for (expected, body) in cases { #expect(message(body) == expected) }
  }
}
