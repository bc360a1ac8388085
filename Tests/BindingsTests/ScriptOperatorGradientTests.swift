import Autodiff
import Interpreter
import Interventions
import Models
import Tensors
import Testing

@testable import Bindings

extension SteeringScripts {
  /// The equations of `stdlib/steering.steer` pass gradients on as the library's operators of the same names do.
  @Suite struct ScriptOperatorGradientTests {
    private let entry = SiteCatalog.Entry(
      Site(.decoder, layer: 0, .output), [SiteCatalog.Dimension("token"), SiteCatalog.Dimension("model", 6)])
    private let context = EditContext(
      site: Site(.decoder, layer: 0, .output),
      sample: SampleContext(index: 0, tokens: TokenContext(tokens: [], promptCount: 3, images: [])),
      positions: [0, 1, 2], ordinals: [0, 1, 2])

    @Test(arguments: [LowRankEdit.Form.mores, .loreft, .noreft, .direft, .consreft])
    func gradientsAreThoseOfTheLibrary(_ form: LowRankEdit.Form) throws {
      let run = try ScriptRun()
      let value = try run.run(".layers[0].output on .text => \(form.rawValue)(rank: 2)")
      let scripted = try #require((value.object as? InterventionObject)?.intervention.edits.first).operation
      let own = try LowRankEdit(form, rank: 2)
      let start = try own.initialise(for: entry, key: RandomKey(seed: 4))
      let hidden = try RandomKey(seed: 5).normal([Axis("token", 3), Axis("model", 6)])
      let seed = try RandomKey(seed: 6).normal(hidden.axes)

      func gradients(_ operation: any Operator) throws -> [[Float]] {
        let h = Variable.leaf(hidden)
        let parameters = start.map { ($0.name, Variable.leaf($0.tensor)) }
        let prepared = try operation.prepare(
          for: entry, parameters: Dictionary(parameters, uniquingKeysWith: { $1 }))
        let edited = try prepared.apply(h, strength: Variable(Tensor(1)), at: context)
        let found = try edited.backward(seed)
        return try ([h] + parameters.map(\.1)).map { try #require(found[$0]).floats() } + [edited.value.floats()]
      }
      // Sums of up to six products in another order.
      for (a, b) in zip(try gradients(scripted), try gradients(own)) {
        #expect(a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 })
      }
    }

    @Test func functionsOfActivationsDifferentiate() throws {
      let value = try ScriptRun().run(".layers[0].output on .text => add(fn h -> tanh(h), strength: 0.5)")
      let operation = try #require((value.object as? InterventionObject)?.intervention.edits.first).operation
      let h = Variable.leaf(try RandomKey(seed: 5).normal([Axis("token", 3), Axis("model", 6)]))
      let prepared = try operation.prepare(for: entry, parameters: [:] as [String: Variable])
      let edited = try prepared.apply(h, strength: Variable(Tensor(0.5)), at: context)
      let found = try #require(try edited.sum().backward()[h]).floats()
      let expected = h.value.tanh().floats().map { 1 + 0.5 * (1 - $0 * $0) }
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }
}
