import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Interop

/// What features of a dictionary come to, against the equations of SAELens's classes in f64.
@Suite struct SAELensDictionaryTests {
  private static let (width, features) = (3, 4)

  private func numbers(_ count: Int, _ seed: Int) -> [Double] {
    (0..<count).map { Double((($0 * 37 + seed * 53) % 41) - 20) / 16 }
  }

  /// A dictionary of small fractions, exact in f32, with all tensors that any architecture has.
  private func dictionary(_ settings: String) throws -> SAELensDictionary {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    func tensor(_ sizes: [Int], _ seed: Int) -> Tensor {
      Tensor(
        sizes.enumerated().map { Axis("axis\($0)", $1) },
        numbers(sizes.reduce(1, *), seed).map(Float.init))
    }
    let (w, f) = (Self.width, Self.features)
    try Safetensors.write(
      [
        ("W_enc", tensor([w, f], 1)), ("W_dec", tensor([f, w], 2)), ("b_enc", tensor([f], 3)),
        ("b_dec", tensor([w], 4)), ("threshold", tensor([f], 10)), ("b_gate", tensor([f], 6)),
        ("b_mag", tensor([f], 7)), ("r_mag", tensor([f], 8)),
      ], to: path)
    let config = "{\"d_in\": \(w), \"d_sae\": \(f), \"hook_name\": \"blocks.0.hook_resid_pre\", \(settings)}"
    return try SAELensDictionary(
      FileSource(
        name: "sae",
        files: [
          SAELensDictionary.configuration: FileBytes(Array(config.utf8), name: "cfg.json"),
          SAELensDictionary.weights: FileBytes(path: path),
        ]))
  }

  /// The activation of a feature as SAELens's `encode` has it.
  private func activation(_ architecture: String, _ isCentred: Bool, _ h: [Double], _ feature: Int) -> Double {
    let (encoder, mean) = (numbers(12, 1), numbers(3, 4))
    func own(_ seed: Int) -> Double { numbers(4, seed)[feature] }
    let x = (0..<3).map { h[$0] - (isCentred ? mean[$0] : 0) }
    let product = (0..<3).reduce(0) { $0 + x[$1] * encoder[$1 * 4 + feature] }
    switch architecture {
    case "gated": return product + own(6) > 0 ? max(0, product * Foundation.exp(own(8)) + own(7)) : 0
    case "jumprelu": return product + own(3) > own(10) ? max(0, product + own(3)) : 0
    default: return max(0, product + own(3))
    }
  }

  @Test(arguments: ["standard", "jumprelu", "gated"], [true, false])
  func featuresAreWhatSAELensEncodes(_ architecture: String, _ isCentred: Bool) throws {
    let own = try dictionary("\"architecture\": \"\(architecture)\", \"apply_b_dec_to_input\": \(isCentred)")
    let chosen = [2, 0, 3]
    let rows = try own.rows(chosen)
    let (encoder, bias, threshold) = (rows.encoder.floats(), rows.bias.floats(), rows.threshold.floats())
    var (on, off, cut) = (0, 0, 0)
    for sample in 0..<200 {
      let h = numbers(3, sample + 9)
      for (place, feature) in chosen.enumerated() {
        let p = (0..<3).reduce(Double(bias[place])) { $0 + h[$1] * Double(encoder[place * 3 + $1]) }
        // Beside the threshold f32 may fall on either side.
        guard abs(p - Double(threshold[place])) > 1e-5 else { continue }
        let found = p > Double(threshold[place]) ? max(0, p) : 0
        let expected = activation(architecture, isCentred, h, feature)
        #expect(abs(found - expected) < 1e-5, "\(architecture) \(feature) at \(h)")
        on += expected > 0 ? 1 : 0
        off += expected > 0 ? 0 : 1
        cut += p > 0 && expected == 0 ? 1 : 0
      }
    }
    // The thresholds are at work.
    #expect(on > 20 && off > 20 && (cut > 5) == (architecture != "standard"))
  }

  @Test func directionsAreTheDecodersRows() throws {
    let rows = numbers(12, 2)
    let plain = try dictionary("\"architecture\": \"topk\", \"k\": 2").directions([3, 1]).floats()
    #expect(plain == (rows[9..<12] + rows[3..<6]).map(Float.init))
    // Counted as if they were normalised.
    let unit = try dictionary("\"architecture\": \"topk\", \"k\": 2, \"rescale_acts_by_decoder_norm\": true")
    let length = rows[9..<12].reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(zip(try unit.directions([3]).floats(), rows[9...]).allSatisfy { abs(Double($0) - $1 / length) < 1e-6 })
    #expect(throws: InteropError.self) { try unit.rows([0]) }
    // Before version 6 topk was an activation.
    #expect(try dictionary("\"activation_fn_str\": \"topk\"").architecture == .topk)
  }

  @Test(arguments: [
    "hook_resid_pre", "hook_resid_mid", "hook_resid_post", "hook_attn_out", "hook_mlp_out", "mlp.hook_post",
  ])
  func hooksAreSites(_ point: String) throws {
    let site = try #require(SAELensHook.site("blocks.1.\(point)"))
    #expect(site.layer == 1 && site.stack == .decoder)
  }

  @Test func whatIsNoHookIsNoSite() {
    for name in ["blocks.1.hook_z", "blocks.x.hook_resid_pre", "hook_embed", "blocks.-1.hook_resid_pre", ""] {
      #expect(SAELensHook.site(name) == nil, "\(name)")
    }
  }

  /// Centring is said unless the configuration says that it was turned off.
  @Test func centringIsSaid() throws {
    func isSaid(_ settings: String) throws -> Bool {
      try dictionary("\"architecture\": \"standard\"\(settings)").notes.contains { $0.contains("centres") }
    }
    #expect(try isSaid(""))
    #expect(try !isSaid(", \"metadata\": {\"model_from_pretrained_kwargs\": {\"center_writing_weights\": false}}"))
    #expect(try isSaid(", \"metadata\": {\"model_from_pretrained_kwargs\": {\"n_devices\": 1}}"))
    #expect(try !isSaid(", \"metadata\": {\"made_by\": \"steersh\"}"))
    #expect(try !isSaid(", \"metadata\": {\"model_class_name\": \"AutoModelForCausalLM\"}"))
  }
}
