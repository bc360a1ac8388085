import Autodiff
import Interpreter
import Interventions
import Tensors

/// A fitted function as a value: `g(h)` maps `[…, model]` to the same axes.
final class FittedObject: HostObject {
  let function: FittedFunction
  /// How it was fitted; nil for one from a file.
  private let history: TrainingHistory?

  init(_ function: FittedFunction, history: TrainingHistory? = nil) {
    self.function = function
    self.history = history
  }

  override var typeName: String { "function" }
  override var isCallable: Bool { true }

  override func call(_ arguments: Arguments, in session: Session) throws -> Value {
    guard arguments.count == 1, arguments[0].name == nil,
      let hidden = (arguments[0].value.object as? TensorObject)?.variable
    else {
      throw ScriptError(
        .badCall,
        "`\(function.function.source)`, fitted, takes one tensor whose last axis has \(function.width) numbers")
    }
    return Value(try function(hidden))
  }

  override func member(_ name: String, in session: Session) throws -> Value? {
    func number(_ value: Float?) -> Value { value.map { .float(Double(decimal: $0)) } ?? .null }
    return switch name {
    case "history": try history.map { .object(TableObject(try $0.table())) }
    case "r2": number(function.quality.r2)
    case "held_out_r2": number(function.quality.heldOutR2)
    case "samples": .int(function.quality.samples)
    case "parameters": .record(function.parameters.map { ($0.name, Value($0.tensor)) })
    case "mean": function.standardisation.map { Value($0.mean) }
    case "deviation": function.standardisation.map { Value($0.deviation) }
    default: nil
    }
  }

  override var memberNames: [String] {
    (history == nil ? [] : ["history"]) + ["r2", "held_out_r2", "samples", "parameters"]
      + (function.standardisation == nil ? [] : ["mean", "deviation"])
  }

  override func isEqual(to other: Object) -> Bool {
    (other as? FittedObject)?.function.isSame(as: function) ?? false
  }

  override func rendered(_ style: RenderingStyle) -> String { function.description }
}
