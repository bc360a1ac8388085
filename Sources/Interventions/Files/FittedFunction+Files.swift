import Checkpoints
import Tensors

extension FittedFunction {
  /// Writes the function's parameters and what it takes to make it again, all or nothing.
  public func save(to path: String) throws {
    var values = ValueWriter()
    let about = values.json(self, "function")
    try SavedFile.write(values, ["fitted": about], source: description, to: path)
  }

  /// Reads what `save` wrote, bit for bit.
  ///
  /// - Throws: `InterventionError.unknownOperator` where nobody makes a function of its name; `.file`;
  ///   `CheckpointError` with the field for metadata that does not say what it must.
  public static func load(_ path: String, registry: OperatorRegistry) throws -> FittedFunction {
    let file = try SavedFile(path, expected: "a saved function (.safetensors)")
    guard file.about["fitted"].exists else {
      throw InterventionError.file(path: path, reason: "it holds an intervention, no fitted function")
    }
    return try ValueReader(path: path, file: file.tensors, registry: registry).fitted(file.about["fitted"])
  }

  /// Whether a file of ours holds a function rather than an intervention.
  public static func isSaved(in path: String) throws -> Bool {
    try SavedFile(path, expected: "a .safetensors file").about["fitted"].exists
  }
}
