import Autodiff
import Models
import Tensors
import Testing

@testable import Interventions

/// Each operator against its formula in f64, on the text tokens (positions 19 to 25) of one site.
struct OperatorTests {
  static let edited = 19..<26

  private func check(
    _ operation: any Operator, tolerance: Double = 1e-6, _ formula: ([Double]) -> [Double]
  ) throws {
    let sites = try SitePattern("layers[1].output")
    let before = noise(28 * 8, 1)
    let after = try apply(Intervention(sites, on: .text, operation)).values()
    for position in 0..<28 {
      let old = Array(before[position * 8..<position * 8 + 8])
      let new = Array(after[position * 8..<position * 8 + 8])
      guard Self.edited.contains(position) else {
        #expect(new == old, "position \(position) was not selected")
        continue
      }
      for (found, expected) in zip(new, formula(old.map(Double.init))) {
        #expect(abs(Double(found) - expected) <= tolerance, "position \(position)")
      }
    }
  }

  private let v = Tensor([Axis("model", 8)], noise(8, 2))
  private var direction: [Double] { v.withFloats { $0.map(Double.init) } }

  private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  @Test func addAddsAScaledDirection() throws {
    try check(Add(v, strength: .number(2.5))) { h in zip(h, direction).map { $0 + 2.5 * $1 } }
  }

  @Test func addPicksTheLayerOfItsStrengthAndOfItsDirection() throws {
    let strength = Tensor([Axis("layer", 3)], [9, 0.5, 9])
    try check(Add(v, strength: .layers(strength))) { h in zip(h, direction).map { $0 + 0.5 * $1 } }
    let perLayer = Tensor([Axis("layer", 3), Axis("model", 8)], noise(24, 3))
    let own = noise(24, 3)[8..<16].map(Double.init)
    try check(Add(perLayer)) { h in zip(h, own).map { $0 + $1 } }
    // Labels say which layers a stacked tensor holds.
    let labelled = Tensor([Axis("layer", 2, labels: LayerLabels([0, 1])), Axis("model", 8)], noise(16, 3))
    try check(Add(labelled)) { h in zip(h, own).map { $0 + $1 } }
  }

  @Test func addAsksAFunctionForItsStrength() throws {
    let strength = Strength.function(source: "fn p -> 3") { Float($0.tokens.promptCount) / 28 * 3 }
    try check(Add(v, strength: strength)) { h in zip(h, direction).map { $0 + 3 * $1 } }
  }

  @Test func addCallsAFunctionOfTheActivation() throws {
    let doubled = Add(source: "g", strength: .number(0.5)) { try $0 + $0 }
    try check(doubled) { h in h.map { $0 * 2 } }
  }

  @Test func scaleMultiplies() throws {
    try check(Scale(.number(-0.5))) { h in h.map { $0 * -0.5 } }
    try check(Scale(.number(0))) { h in h.map { _ in 0 } }
    try check(Scale(v)) { h in zip(h, direction).map(*) }
    try check(Scale(Tensor([Axis("layer", 3)], [9, 3, 9]))) { h in h.map { $0 * 3 } }
  }

  @Test func replacePutsValuesInPlace() throws {
    try check(Replace(v)) { _ in direction }
    try check(Replace.zero) { h in h.map { _ in 0 } }
    try check(Replace.meanAblate(v)) { _ in direction }
    let rows = Tensor([Axis("token", 7), Axis("model", 8)], noise(56, 4))
    let after = try apply(Intervention(SitePattern("layers[1].output"), on: .text, Replace.patch(rows)))
    #expect(Array(after.values()[19 * 8..<26 * 8]) == noise(56, 4))
  }

  @Test func replaceWithTooFewRowsIsAnError() throws {
    let rows = Tensor([Axis("token", 3), Axis("model", 8)], noise(24, 4))
    let sites = try SitePattern("layers[1].output")
    #expect { _ = try apply(Intervention(sites, on: .text, Replace(rows))) } throws: {
      "\($0)".contains("rows for 3 tokens")
    }
  }

  @Test func projectOutRemovesADirection() throws {
    let length = dot(direction, direction)
    try check(ProjectOut(v)) { h in
      let along = dot(h, direction) / length
      return zip(h, direction).map { $0 - along * $1 }
    }
  }

  @Test func projectOutRemovesAPlaneWhateverItsBasis() throws {
    let a = noise(8, 5)
    let b = noise(8, 6)
    let sites = try SitePattern("layers[1].output")
    func run(_ rows: [[Float]]) throws -> [[Float]] {
      let directions = Tensor([Axis("direction", rows.count), Axis("model", 8)], rows.flatMap { $0 })
      return try apply(Intervention(sites, on: .text, ProjectOut(directions))).rowsOf(width: 8)
    }
    let sum = zip(a, b).map { $0 + 3 * $1 }
    // a, b and a + 3b span the same plane; the third row depends on the others and is left out.
    let two = try run([a, b])
    let three = try run([sum, b, a])
    for position in Self.edited {
      for (x, y) in zip(two[position], three[position]) { #expect(abs(x - y) < 2e-6) }
      #expect(abs(dot(two[position].map(Double.init), a.map(Double.init))) < 2e-6)
      #expect(abs(dot(two[position].map(Double.init), b.map(Double.init))) < 2e-6)
    }
  }

  @Test func clampKeepsBounds() throws {
    try check(Clamp(min: -0.2, max: 0.3)) { h in
      h.map { Swift.min(Swift.max($0, Double(Float(-0.2))), Double(Float(0.3))) }
    }
    try check(Clamp(max: 0)) { h in h.map { Swift.min($0, 0) } }
    let length = dot(direction, direction).squareRoot()
    try check(Clamp(min: -0.1, max: 0.1, direction: v)) { h in
      let along = dot(h, direction) / length
      let change = Swift.min(Swift.max(along, Double(Float(-0.1))), Double(Float(0.1))) - along
      return zip(h, direction).map { $0 + change * $1 / length }
    }
  }

  @Test(arguments: LowRankEdit.Form.allCases)
  func lowRankEditsFollowTheirEquations(_ form: LowRankEdit.Form) throws {
    let sites = try SitePattern("layers[1].output")
    let intervention = try Intervention(sites, on: .text, LowRankEdit(form, rank: 3, activation: .tanh))
    let bound = try intervention.bind(sampleCatalog(), fingerprint: testFingerprint, key: testKey)
    let parameters = try #require(bound.edits[0].binding?.first).parameters.byName
    func rows(_ name: String) -> [[Double]] {
      guard let tensor = parameters[name] else { return [] }
      let width: Int = tensor.axes.last?.size ?? 1
      let values: [Double] = tensor.floats().map { Double($0) }
      return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
    }
    let r = rows("R")
    let w = rows("W")
    let b = rows("b")[0]
    #expect(r.count == 3)
    for i in 0..<3 {
      for j in 0..<3 where form != .noreft {
        #expect(abs(dot(r[i], r[j]) - (i == j ? 1 : 0)) < 1e-6, "rows of R are orthonormal")
      }
    }
    let before = noise(28 * 8, 1)
    let session = SteeringSession(try SteeringPlan([bound], sampleCatalog()), notices: NoticeBoard())
    let activation = FakeActivation(
      Site(.decoder, layer: 1, .output), [sampleContext()], [0..<28], width: 8, [before])
    try session.visit(activation)
    let after = activation.rowsOf(width: 8)
    for position in Self.edited {
      let h = before[position * 8..<position * 8 + 8].map(Double.init)
      var expected = h
      for i in 0..<3 {
        let read = form == .consreft ? b[i] : dot(w[i], h) + b[i]
        let stands = dot(r[i], h)
        let step =
          switch form {
          case .mores, .loreft, .noreft, .consreft: tanh(read) - stands
          case .direft: tanh(read)
          case .editor: tanh(read - stands)
          }
        for k in 0..<8 { expected[k] += step * r[i][k] }
      }
      for (found, wanted) in zip(after[position], expected) { #expect(abs(Double(found) - wanted) < 2e-6, "\(form)") }
    }
  }

  @Test(arguments: [LowRankEdit.Form.mores, .loreft, .noreft])
  func anIdentityStartChangesNoBit(_ form: LowRankEdit.Form) throws {
    let sites = try SitePattern("layers[1].output")
    let after = try apply(Intervention(sites, on: .text, LowRankEdit(form, rank: 2, identity: true)))
    #expect(after.values() == noise(28 * 8, 1))
  }

  @Test func anEditorStartsFromTheIdentity() throws {
    // Its R is orthonormalised at every use, so W and R agree only to rounding.
    let sites = try SitePattern("layers[1].output")
    let after = try apply(Intervention(sites, on: .text, LowRankEdit(.editor, rank: 2, identity: true)))
    for (x, y) in zip(after.values(), noise(28 * 8, 1)) { #expect(abs(x - y) < 1e-6) }
  }

  @Test func everyOperatorPrintsAsItsSource() throws {
    #expect(try LowRankEdit(.mores, rank: 1).source == "mores(rank: 1)")
    #expect(try LowRankEdit(.editor, rank: 6, identity: true).source == "editor(rank: 6, identity: true)")
    #expect(Add(v, strength: .number(1.5)).source == "add(‹[model: 8]›, strength: 1.5)")
    #expect(Scale(.number(0.5)).source == "scale(0.5)")
    #expect(Replace.zero.source == "zero()")
    #expect(try Clamp(min: -3, max: 3).source == "clamp(min: -3, max: 3)")
  }

  @Test func badArgumentsTeach() throws {
    let wide = Tensor([Axis("model", 9)], noise(9, 1))
    let sites = try SitePattern("layers[1].output")
    func fails(_ words: String, _ operation: @autoclosure () throws -> any Operator, at pattern: SitePattern? = nil) {
      #expect { _ = try apply(Intervention(pattern ?? sites, on: .text, try operation())) } throws: {
        "\($0)".contains(words)
      }
    }
    fails("`v` is [model: 9], the site is [token, model 8]", Add(wide))
    fails("`directions` is [model: 9]", ProjectOut(wide))
    fails("zero everywhere", ProjectOut(Tensor([Axis("model", 8)], [Float](repeating: 0, count: 8))))
    fails("rank", try LowRankEdit(.mores, rank: 0))
    fails("no start", try LowRankEdit(.direft, rank: 1, identity: true))
    fails("larger than the site's width 8", try LowRankEdit(.noreft, rank: 9))
    fails("larger than the site's width 8", try LowRankEdit(.mores, rank: .max))
    fails("both missing", try Clamp())
    fails("above `max`", try Clamp(min: 2, max: 1))
    fails("has 1 entries, none for layer 1", Add(v, strength: .layers(Tensor([Axis("layer", 1)], [1]))))
    fails("in no layer", Add(v, strength: .layers(Tensor([Axis("layer", 3)], [1, 2, 3]))), at: try SitePattern("norm"))
    fails(
      "`v` is [model: 8], the site is [head 2, query, key]", Add(v), at: try SitePattern("layers[0].attention.weights"))
    fails("no fixed width", ProjectOut(v), at: try SitePattern("layers[0].attention.weights"))
    fails("must be a number or have one axis", Add(v, strength: .layers(v)))
    fails(
      "returned [token: 7]",
      ClosureOperator(
        name: "sum",
        .tensors { h, _, _ in
          Tensor([Axis("token", h.axes[0].size)], [Float](repeating: 0, count: h.axes[0].size))
        }))
  }
}

private func tanh(_ x: Double) -> Double {
  let e = exponential(2 * x)
  return (e - 1) / (e + 1)
}

/// e^x by its series; arguments here are small.
private func exponential(_ x: Double) -> Double {
  var (sum, term) = (1.0, 1.0)
  for n in 1..<60 {
    term *= x / Double(n)
    sum += term
  }
  return sum
}
