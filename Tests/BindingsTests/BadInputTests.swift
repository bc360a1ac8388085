import Bindings
import Foundation
import Interpreter
import Testing
import TestSupport

extension SteeringScripts {
  /// What a user can get wrong: each gives one error that names the thing and the way out, and writes nothing.
  @Suite struct BadInputTests {
    /// The message of running `text`, in an empty folder in which nothing may appear.
    private func failure(_ text: String, files: [String: Data] = [:]) throws -> String {
      try inTemporaryFolder {
        for (name, data) in files {
          let folder = (name as NSString).deletingLastPathComponent
          if !folder.isEmpty {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
          }
          try data.write(to: URL(fileURLWithPath: name))
        }
        let before = try FileManager.default.subpathsOfDirectory(atPath: ".").sorted()
        let message = try ScriptRun().failure(of: text)
        #expect(try FileManager.default.subpathsOfDirectory(atPath: ".").sorted() == before)
        return message
      }
    }

    @Test func aMissingFile() throws {
      #expect(try failure("image(\"cat.png\")").contains("cat.png: there is no such file"))
      #expect(try failure("open(\"v.npy\")").contains("v.npy: there is no such file"))
    }

    @Test func aFolderThatIsNotAModel() throws {
      let message = try failure("load(\"notes\")", files: ["notes/read.me": Data("hello".utf8)])
      #expect(message.contains("config.json"))
      #expect(try failure("load(\"nowhere\")").contains("nowhere"))
    }

    @Test func aTruncatedSafetensorsFile() throws {
      let message = try failure(
        "open(\"a.safetensors\")", files: ["a.safetensors": Data([200, 0, 0, 0, 0, 0, 0, 0, 123])])
      #expect(message.contains("a.safetensors") && message.contains("header"))
    }

    @Test func anUnreadableType() throws {
      let header = Data(#"{"x":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}"#.utf8)
      var file = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
      file.append(header)
      file.append(contentsOf: [0, 0])
      let message = try failure("open(\"a.safetensors\")", files: ["a.safetensors": file])
      #expect(message.contains("`x`") || message.contains("x"))
      #expect(message.contains("F8_E4M3"))
    }

    @Test func anUnknownWord() throws {
      let message = try failure("load(\"minivlm\").ask(prompt(\"what is a zebra ?\"))")
      #expect(message.contains("\"zebra\""))
    }

    @Test func aHugeOrEmptyImage() throws {
      func png(_ width: UInt32, _ height: UInt32) -> Data {
        var data = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52])
        for value in [width, height] { data.append(withUnsafeBytes(of: value.bigEndian) { Data($0) }) }
        data.append(contentsOf: [8, 2, 0, 0, 0, 0, 0, 0, 0])
        return data
      }
      #expect(try failure("image(\"big.png\")", files: ["big.png": png(100_000, 100_000)]).contains("big.png"))
      #expect(try failure("image(\"none.png\")", files: ["none.png": png(0, 0)]).contains("none.png"))
    }

    @Test func aPathThatMatchesNothing() throws {
      let model = "let m = load(\"minivlm\")\n"
      let deep = try failure(model + "m with .layers[9].output on .last => zero()")
      #expect(deep.contains("layers[9]") && deep.contains("0 to 5"))
      let odd = try failure(model + "trace(m, prompt(\"what is two plus two ?\"), at: .layers[0].ouput)")
      #expect(odd.contains("ouput") && odd.contains("output"))
      #expect(try failure(model + "m.layers[9].output").contains("layers 0 to 5"))
      #expect(try failure(model + "m.layers[2].ouput").contains("mlp, output"))
      #expect(try failure(model + "m with .layers[0].output on .imgae => zero()").contains("image"))
    }

    @Test func aShapeThatDoesNotFit() throws {
      let message = try failure("load(\"minivlm\") with .layers[0].output on .last => add(zeros(model: 5))")
      #expect(message.contains("5") && message.contains("96"))
      #expect(try failure("ones(a: 2) + ones(a: 3)").contains("a"))
      #expect(try failure("ones(a: 2) @ ones(b: 2)").contains("share"))
    }

    @Test func aResultThatIsNotFinite() throws {
      let message = try failure(
        """
        let m = load("minivlm")
        m with .layers[1].output on .last => (fn h -> h / 0.0) |> ask(prompt("what is two plus two ?"))
        """)
      #expect(message.contains("layers[1].output"))
      #expect(message.contains("inf") || message.contains("nan"))
    }

    @Test func anInterventionForAnotherModel() throws {
      let message = try inTemporaryFolder {
        let run = try ScriptRun()
        try run.run(
          """
          let m = load("minivlm")
          save(m with .layers[0].output on .last => scale(0.5), "i.safetensors")
          """)
        var file = try Data(contentsOf: URL(fileURLWithPath: "i.safetensors"))
        // One digit of the fingerprint differs; the length stays.
        let fingerprint = try #require(try run.run("m.fingerprint").stringValue)
        let range = try #require(file.range(of: Data(fingerprint.utf8)))
        file[range.upperBound - 1] =
          file[range.upperBound - 1] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
        try file.write(to: URL(fileURLWithPath: "i.safetensors"))
        return run.failure(of: "open(\"i.safetensors\", model: m)")
      }
      #expect(message.contains("another model"))
    }

    @Test func savingWhatCannotBeSaved() throws {
      #expect(try failure("save(3, \"a.xyz\")").contains(".npy"))
      #expect(try failure("save(ones(a: 2), \"a.png\")").contains(".npy, .safetensors or .pt"))
      #expect(try failure("save(.layers[0].output on .last => zero(), \"i.safetensors\")").contains("model"))
      let equation = ".layers[0].output on .last => fn h -> h + 1"
      #expect(
        try failure("save(\(equation), \"i.safetensors\", model: load(\"minivlm\"))").contains(
          "declare it as an `operator`"))
      #expect(try failure("save(ones(a: 2), \"no/such/folder.npy\")").contains("no/such"))
    }

    @Test func wrongArguments() throws {
      #expect(try failure("load(3)").contains("`path` of `load` must be a string"))
      #expect(try failure("let m = load(\"minivlm\")\nm with 3").contains("`with` needs an intervention"))
      #expect(try failure(".layers[0].output on .last => 3").contains("`=>` needs an operator"))
      #expect(try failure("evaluate(load(\"minivlm\"), on: [])").contains("is empty"))
      #expect(try failure("prompt(\"a\", template: \"x\") |> str").contains("known are"))
    }

    /// Mistakes are found before the long run.
    @Test func checkFindsPathsWithoutRunning() throws {
      let laboratory = try ScriptRun().laboratory
      func problems(_ text: String) -> [String] { laboratory.check(.init(name: "x.steer", text)).map(\.message) }
      #expect(problems("let m = load(\"minivlm\")\ntrace(m, prompt(\"a\"), at: .layers[0..5].output)") == [])
      #expect(problems("let m = load(\"minivlm\")\ntrace(m, prompt(\"a\"), at: .layers[7].output)").count == 1)
      #expect(problems("let i = .layers[0].output on .imgae => zero()").first?.contains("imgae") == true)
      #expect(problems("let i = .layers[0].output on .word(\"a\") + .image.first(2) => zero()") == [])
      #expect(problems("let m = load(\"nowhere\")").first?.contains("nowhere") == true)
      #expect(problems("lod(\"minivlm\")").first?.contains("lod") == true)
    }
  }
}
