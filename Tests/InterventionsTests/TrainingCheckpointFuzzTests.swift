import Foundation
import Models
import TestSupport
import Testing

@testable import Interventions

/// Training from damaged checkpoints: it may go on or refuse, but it may not crash, and what it refuses names the file.
@Suite struct TrainingCheckpointFuzzTests {
  private static let environment = ProcessInfo.processInfo.environment

  @Test func aDamagedCheckpointIsAnErrorOrATraining() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("run.safetensors").path
    let miniature = try Miniature()
    let data = TrainingData([
      try miniature.model.blueprint.trainingItem(miniature.prompt("which shape is it ?", image: 1), answer: "star")
    ])
    let edit = Intervention(
      try SitePattern("layers[4].output"), on: .last, try LowRankEdit(.mores, rank: 2))
    var options = TrainingOptions()
    options.length = .steps(2)
    options.batch = 1
    options.key = testKey
    options.checkpoint = path
    _ = try miniature.steered().train(edit, on: data, options: options)
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    options.checkpoint = nil
    options.resume = path
    let header = 8 + whole.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }

    var state = Self.environment["STEERSH_FUZZ_SEED"].flatMap(UInt64.init) ?? 1
    func roll(_ sides: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(sides))
    }
    let seconds = Self.environment["STEERSH_FUZZ_SECONDS"].flatMap(Double.init) ?? 2
    let end = ContinuousClock.now + .seconds(min(seconds, 10))
    var (resumed, refused) = (0, 0)
    while resumed + refused < 40 || ContinuousClock.now < end {
      var bytes = whole
      switch roll(4) {
      case 0: bytes = Array(bytes.prefix(roll(bytes.count)))
      // Anywhere, and in the header, where one digit changes a size, a setting or a name.
      case 1: bytes[roll(bytes.count)] ^= UInt8(1 << roll(8))
      default: for _ in 0...roll(3) { bytes[8 + roll(header - 8)] = UInt8(48 + roll(10)) }
      }
      if let kept = Self.environment["STEERSH_FUZZ_KEEP"] { try Data(bytes).write(to: URL(fileURLWithPath: kept)) }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      do {
        _ = try miniature.steered().train(edit, on: data, options: options)
        resumed += 1
      } catch {
        refused += 1
        #expect("\(error)".contains("run.safetensors") || error is StoppedTraining, "\(error)")
      }
    }
    #expect(resumed > 0 && refused > 0)
  }
}
