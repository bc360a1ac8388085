import Checkpoints

/// A safetensors file of ours: its metadata `steersh` says in JSON what its tensors belong to
/// (docs/internals/interventions.md).
struct SavedFile {
  static let key = "steersh"
  static let format = 1
  static let library = "steersh 0.1"

  let tensors: Safetensors
  let about: Field

  /// - Parameter expected: what the path should lead to, for errors.
  /// - Throws: `InterventionError.file` for a file that is not ours or too new; `CheckpointError`.
  init(_ path: String, expected: String) throws {
    tensors = try Safetensors(FileBytes(path: path, expected: expected))
    guard let text = tensors.metadata[Self.key] else {
      throw InterventionError.file(
        path: path,
        reason: "this safetensors file holds no intervention: its metadata has no `\(Self.key)`; "
          + "it may be a model or plain tensors")
    }
    about = Field(try JSON.parse(text, file: path), file: path)
    let format = try about["format"].integer(in: 1...)
    guard format <= Self.format else {
      throw InterventionError.file(
        path: path,
        reason: "it has format \(format), written by \((try? about["library"].string()) ?? "a newer version"); "
          + "this version reads up to \(Self.format)")
    }
  }

  /// Writes tensors and what they belong to, all or nothing.
  static func write(_ values: ValueWriter, _ fields: JSON.Object, source: String, to path: String) throws {
    var about: JSON.Object = [
      "format": .integer(format), "library": .string(library), "source": .string(source),
    ]
    for (name, value) in fields.entries { about[name] = value }
    try Safetensors.write(values.tensors, metadata: [key: try JSON.object(about).text(file: path)], to: path)
  }
}
