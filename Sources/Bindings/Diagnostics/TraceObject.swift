import Interpreter
import Interventions
import Models
import Tensors

/// What `trace` captured, indexed by path: `t[.layers[2].output]`.
final class TraceObject: HostObject {
  let trace: Trace
  /// What the model answered while it was traced.
  let text: String
  /// The prompt's pictures as given.
  let images: [ImageObject]

  init(_ trace: Trace, _ model: Model, images: [ImageObject]) {
    self.trace = trace
    self.images = images
    text = model.blueprint.tokenizer.decode(trace.generated)
  }

  override var typeName: String { "trace" }

  override func member(_ name: String, in session: Session) throws -> Value? {
    switch name {
    case "text": .string(text)
    case "sites": .list(trace.sites.map { .object(SitesObject(SitePattern([$0]))) })
    default: nil
    }
  }

  override var memberNames: [String] { ["text", "sites"] }

  /// One site's tensor, or those of several layers stacked along `layer`.
  override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    guard arguments.count == 1, arguments[0].name == nil else {
      throw ScriptError(.badIndex, "a trace is indexed by one path of sites, such as `t[.layers[2].output]`")
    }
    return Value(try trace.tensor(SitePattern(arguments[0].value)))
  }

  override func rendered(_ style: RenderingStyle) -> String {
    let line =
      "trace of \(trace.sites.count) sites" + (text.isEmpty ? "" : ", answer \(Value.string(text).rendered(.short))")
    guard style.form == .full else { return line }
    let lines = trace.sites.compactMap { site in
      trace[site].map { "  ." + site.path.padded(to: 30) + " \($0.shape)" }
    }
    return ([line] + lines).joined(separator: "\n")
  }
}
