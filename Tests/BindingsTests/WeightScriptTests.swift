import Bindings
import Testing

extension SteeringScripts {
  /// What is said when weights are used as they cannot be.
  @Suite struct WeightScriptTests {
    @Test(arguments: [
      (
        ".layers[*].linears on .image => lora()",
        "`.layers[*].linears` names weights, which have no tokens; leave out `on .image`"
      ),
      ("m with .layers[0].linears + .layers[0].output => scale(2)", "names weights beside activations"),
      (
        "trace(m, prompt(\"what is two plus two ?\"), .layers[0].linears)",
        "which depend on no prompt; activations are needed here"
      ),
      (
        "m with .layers[0].attention.query.weight => oft(blocks: 7)",
        "would have the size 13.714285714285714; a size is an int of at least 1"
      ),
      (
        "m with .layers[0].linears => ia3(\"model_\")",
        "the size of axis `model_` of `l` in `ia3` is not known here, where there are `input`, `model` and `output`"
      ),
      ("m with .layers[0].output => tune()", "the size of axis `site`"),
      ("m with .layers[0].attention.norm.weight => lora()", "the size of axis `input`"),
      ("m with .layers[0].mlp.output => adapter(activation: \"sign\")", "the record has no field `sign`"),
      ("m with .layers[0].attention.nrom.weight => tune()", "`norm` (did you mean it?)"),
      ("m with .linears => lora()", "`.linears` does not name a site"),
      ("m.layers[0].attention.query.wieght", "names nothing in minivlm, which has weight there"),
      ("parameters(lora(), of: m)", "say where it acts: site => operator"),
      ("parameters(.layers[0].linears)", "must say of which model or configuration"),
      ("parameters(.layers[0].output, of: m)", "which has no parameters"),
      ("save(m with .layers[2].output on .last => scale(2), \"x\")", "edits activations, which no weight can hold"),
      ("save(m, \"x.safetensors\")", "give a folder to save the model itself"),
      ("save(m, \"x\", dtype: \"i64\")", "must be \"f32\", \"f16\" or \"bf16\""),
      ("save(3, \"x.json\", dtype: \"f16\")", "says how a model's weights are stored"),
      ("m with .layers[0].linears => scale(fn s -> 2)", "a weight is the same for all samples"),
      ("m with .layers[0].linears => scale(1e40)", "made the weight `layers[0]"),
      (
        "m with .layers[0].output on .all => mixlora()",
        "mixlora() looks at what a linear map reads, and `layers[0].output` is not the weight of one"
      ),
      ("m with .layers[0].attention.norm.weight => mixlora()", "is not the weight of one"),
      ("parameters(.embeddings.weight => mixlora(), of: m)", "is not the weight of one"),
      ("m with .layers[*].linears on .image => mixlora()", "leave out `on .image`"),
      ("save(m with .layers[0].linears => mixlora(), \"x\")", "edits activations, which no weight can hold"),
      (
        "operator op() { h, x, p, q -> h }\nm with .layers[0].linears => op()",
        "takes `h, x, p, q`; there are what a linear map gives"
      ),
      ("random_model(\"nowhere\")", "nowhere"), ("config(\"nowhere/config.json\")", "nowhere"),
    ])
    func refusals(_ source: String, _ words: String) throws {
      let run = try ScriptRun()
      try run.run("let m = load(\"minivlm\")")
      let message = try inTemporaryFolder { run.failure(of: source) }
      #expect(message.contains(words), "\(message)")
    }

    @Test func namesThatFollow() throws {
      let run = try ScriptRun()
      try run.run("let m = load(\"minivlm\")")
      let bench = run.laboratory.bench
      #expect(bench.names(after: ["layers", "attention", "query"]) == ["weight"])
      #expect(bench.names(after: ["vision", "layers", "mlp", "up"]) == ["weight", "bias"])
      #expect(
        bench.names(after: ["layers", "mlp"]) == [
          "hidden", "output", "norm", "gate", "up", "down", "linears", "parameters",
        ])
      #expect(bench.names(after: ["decoder"]) == ["embeddings", "layers", "norm", "logits", "linears", "parameters"])
      #expect(!bench.names(after: []).contains("parameters"))
    }
  }
}
