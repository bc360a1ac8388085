import Autodiff
import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Interventions

/// What is saved comes back, and what cannot come back says why.
final class InterventionFileTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  fileprivate func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private let v = Tensor([Axis("model", 8)], noise(8, 2))

  fileprivate func bound(_ intervention: Intervention) throws -> Intervention {
    try intervention.bind(sampleCatalog(), fingerprint: testFingerprint, key: testKey)
  }

  fileprivate func everything() throws -> Intervention {
    let layers = try SitePattern("layers[0..1].output")
    let rows = Tensor([Axis("token", 7), Axis("model", 8)], noise(56, 4))
    let stacked = Tensor([Axis("layer", 2, labels: LayerLabels([0, 1])), Axis("model", 8)], noise(16, 5))
    let operators: [any Operator] = [
      Add(v, strength: .number(0.1)), Add(stacked, strength: .layers(Tensor([Axis("layer", 3)], [1, 0.5, 2]))),
      Scale(.number(0.9)), Scale(v), Replace(rows), Replace(0.25), Replace.patch(v), Replace.zero,
      Replace.meanAblate(v), ProjectOut(v), try Clamp(min: -1, max: 1), try Clamp(max: 0.5, direction: v),
      try LowRankEdit(.mores, rank: 1), try LowRankEdit(.loreft, rank: 2, activation: .silu),
      try LowRankEdit(.editor, rank: 2, identity: true), try LowRankEdit(.noreft, rank: 1),
      try LowRankEdit(.direft, rank: 1), try LowRankEdit(.consreft, rank: 1),
    ]
    let edits = operators.map { Intervention(layers, on: .text, $0) }
    let region = try Intervention(
      SitePattern("projector.output + vision.layers[0].output"),
      on: TokenSelector(".image.roi([0, 0, 24, 12], share: 0.5) + .image[-1]"), LowRankEdit(.editor, rank: 2))
    return Intervention(edits) + 0.5 * (region + 0.1 * region)
  }

  @Test func whatIsSavedComesBackBitForBit() throws {
    let saved = try bound(try everything())
    try saved.save(to: path("all.safetensors"))
    let loaded = try Intervention.load(path("all.safetensors"))
    #expect(loaded.description == saved.description)
    #expect(loaded.origin == testFingerprint)
    #expect(loaded.parameterCount == saved.parameterCount)
    for (a, b) in zip(saved.edits, loaded.edits) {
      #expect(try #require(a.binding).map(\.site) == #require(b.binding).map(\.site))
      // Sites that have several parameter sets are compared by what they do.
      for site in try #require(a.binding).map(\.site) where site.stack == .decoder {
        let before = noise(28 * 8, 1)
        let results = try [a, b].map { edit in
          let plan = try SteeringPlan([Intervention(.edit(edit), origin: testFingerprint)], sampleCatalog())
          let activation = FakeActivation(site, [sampleContext()], [0..<28], width: 8, [before])
          try SteeringSession(plan, notices: NoticeBoard()).visit(activation)
          return activation.values()
        }
        #expect(results[0] == results[1], "\(a)")
      }
    }
    // The same value writes the same bytes.
    try loaded.save(to: path("again.safetensors"))
    let bytes = try ["all", "again"].map { try Data(contentsOf: URL(fileURLWithPath: path("\($0).safetensors"))) }
    #expect(bytes[0] == bytes[1])
  }

  @Test func unboundIsNotSaved() throws {
    let edit = Intervention(try SitePattern("layers[0].output"), on: .text, Replace.zero)
    #expect { try edit.save(to: path("no.safetensors")) } throws: { "\($0)".contains("no parameters yet") }
    #expect(!FileManager.default.fileExists(atPath: path("no.safetensors")))
  }

  @Test func aScriptsOperatorIsAskedForByName() throws {
    func nudge(_ arguments: [OperatorArgument]) -> ClosureOperator {
      ClosureOperator(
        name: "nudge", arguments: arguments,
        parameters: { site, _, _ in [NamedTensor("d", Tensor([Axis("model", site.width ?? 0)], noise(8, 9)))] },
        .rows { hidden, parameters in try hidden + #require(parameters["d"]) })
    }
    let arguments = [OperatorArgument("speed", .number(0.5))]
    let edit = Intervention(try SitePattern("layers[1].output"), on: .text, nudge(arguments))
    let file = path("custom.safetensors")
    try bound(edit).save(to: file)
    #expect { _ = try Intervention.load(file) } throws: {
      "\($0)".contains("uses the operator `nudge`, which is not defined here")
    }
    let registry = OperatorRegistry { name, arguments in name == "nudge" ? nudge(arguments) : nil }
    let loaded = try Intervention.load(file, registry: registry)
    #expect(loaded.description == ".layers[1].output on .text => nudge(speed: 0.5)")
    #expect(try apply(loaded).values() == apply(edit).values())
  }

  @Test func functionsAreAskedForByTheirSource() throws {
    let add = Add(source: "fn h -> h", strength: .function(source: "fn p -> 2") { _ in 2 }) { $0 }
    let edit = Intervention(try SitePattern("layers[1].output"), on: .text, add)
    let file = path("function.safetensors")
    try bound(edit).save(to: file)
    #expect { _ = try Intervention.load(file) } throws: { "\($0)".contains("fn p -> 2") }
    let registry = OperatorRegistry(
      function: { $0 == "fn h -> h" ? { $0 } : nil }, strength: { $0 == "fn p -> 2" ? { _ in 2 } : nil })
    #expect(try apply(Intervention.load(file, registry: registry)).values() == apply(edit).values())
  }

  @Test func anotherModelsInterventionSaysWhatDiffers() throws {
    let file = path("other.safetensors")
    try bound(Intervention(try SitePattern("layers[0].output"), on: .text, Replace.zero)).save(to: file)
    let loaded = try Intervention.load(file)
    #expect {
      _ = try loaded.bind(sampleCatalog(), fingerprint: fingerprint("llava 6×96/1/2"), key: testKey)
    } throws: {
      "\($0)".contains("6×96") && "\($0)".contains("3×8")
    }
    #expect(throws: Never.self) {
      try loaded.bind(sampleCatalog(), fingerprint: fingerprint("llava 6×96/1/2"), key: testKey, force: true)
    }
  }

  @Test func aFileThatIsNoInterventionSaysSo() throws {
    #expect { _ = try Intervention.load(path("nowhere.safetensors")) } throws: { "\($0)".contains("nowhere") }
    try Safetensors.write([("w", v)], to: path("plain.safetensors"))
    #expect { _ = try Intervention.load(path("plain.safetensors")) } throws: {
      "\($0)".contains("holds no intervention")
    }
  }

  @Test(arguments: [
    ("{", "steersh"), ("{}", "format"), (#"{"format": 9, "library": "steersh 9"}"#, "written by steersh 9"),
    (#"{"format": 1, "model": "x"}"#, "fingerprint"),
    (#"{"format": 1, "model": "llava 3×8/0/0", "intervention": {"edit": {}}}"#, "operator"),
    (
      #"{"format": 1, "model": "llava 3×8/0/0", "intervention": {"edit": {"operator": {"name": "mores", "arguments": []}, "at": [], "sites": ".norm", "tokens": ".all"}}}"#,
      "`rank` of `mores` must be present"
    ),
    (
      #"{"format": 1, "model": "llava 3×8/0/0", "intervention": {"edit": {"operator": {"name": "zero", "arguments": []}, "at": [{"site": "layers[x]", "parameters": []}], "sites": ".norm", "tokens": ".all"}}}"#,
      "site must be the path of a site"
    ),
    (
      #"{"format": 1, "model": "llava 3×8/0/0", "intervention": {"edit": {"operator": {"name": "zero", "arguments": []}, "at": [{"site": "norm", "parameters": [{"name": "R", "value": {"tensor": "gone", "axes": []}}]}], "sites": ".norm", "tokens": ".all"}}}"#,
      "gone"
    ),
  ])
  func damagedMetadataNamesTheField(_ metadata: String, _ words: String) throws {
    let file = path("damaged.safetensors")
    try Safetensors.write([("w", v)], metadata: ["steersh": metadata], to: file)
    #expect { _ = try Intervention.load(file) } throws: {
      "\($0)".contains(words) && "\($0)".contains("damaged.safetensors")
    }
  }
}

extension InterventionFileTests {
  /// Four hundred files with bytes changed, removed or cut off: each loads or throws, none crashes.
  @Test func damagedFilesThrow() throws {
    let file = path("whole.safetensors")
    try bound(try everything()).save(to: file)
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
    // Most of what can go wrong is in the header.
    let header = whole.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) } + 8
    var state: UInt64 = 11
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % max(bound, 1)
    }
    var (read, refused) = (0, 0)
    let damaged = path("damaged.safetensors")
    for _ in 0..<400 {
      var bytes = whole
      for _ in 0..<1 + random(3) {
        let place = random(header)
        switch random(3) {
        case 0: bytes[place] = UInt8(random(256))
        case 1: bytes[place] = UInt8(ascii: "0") + UInt8(random(10))
        default: bytes.swapAt(place, random(header))
        }
      }
      if random(10) == 0 { bytes.removeLast(random(bytes.count)) }
      try Data(bytes).write(to: URL(fileURLWithPath: damaged))
      do {
        let loaded = try Intervention.load(damaged)
        _ = try? loaded.bind(sampleCatalog(), fingerprint: testFingerprint, key: testKey, force: true)
        read += 1
      } catch { refused += 1 }
    }
    #expect(refused > 100)
    #expect(read + refused == 400)
  }
}
