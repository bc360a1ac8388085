import Checkpoints

/// What a model is read from: a folder, or GGUF files.
public enum ModelFiles: Sendable {
  /// A folder as Hugging Face has them, or one that is embedded in the program.
  case folder(FileSource)
  case gguf(GGUFModel)
  /// A folder whose `config.json` names the parts.
  case parts(ModelParts)

  /// What lies at `path`: a GGUF file, or a folder of either kind.
  ///
  /// - Parameters:
  ///   - mmproj: the GGUF file of the vision tower, for a language model in another.
  ///   - expected: what the folder should be, for the error when it is not there.
  public init(path: String, mmproj: String? = nil, expected: String) throws {
    let tower = "a GGUF file with a vision tower (mmproj)"
    if path.hasSuffix(".gguf") || mmproj != nil {
      self = .gguf(
        try GGUFModel(
          FileBytes(path: path, expected: "a GGUF file with a language model"),
          mmproj: mmproj.map { try FileBytes(path: $0, expected: tower) }))
    } else {
      try self.init(FileSource(folder: path, expected: expected))
    }
  }

  /// What lies in a folder.
  public init(_ folder: FileSource) throws {
    if let model = try GGUFModel(folder) {
      self = .gguf(model)
    } else if let parts = try ModelParts(folder) {
      self = .parts(parts)
    } else {
      self = .folder(folder)
    }
  }

  /// The model's small files: those of the folder, or what one would hold.
  public var files: FileSource {
    switch self {
    case .folder(let source): source
    case .gguf(let model): model.files
    case .parts(let parts): parts.files
    }
  }
}

extension Model {
  /// - Parameter compute: how linear maps multiply.
  public static func load(_ files: ModelFiles, compute: Compute = .f32) throws -> Model {
    switch files {
    case .folder(let source): try load(source, origin: source.name, compute: compute)
    case .gguf(let model): try load(model, compute: compute)
    case .parts(let parts):
      try load(parts.files, origin: parts.origin, compute: compute, weights: parts.weights)
    }
  }

  /// Everything but the weights.
  public static func inspect(_ files: ModelFiles) throws -> Blueprint {
    switch files {
    case .folder(let source): try Blueprint(source)
    case .gguf(let model): try inspect(model)
    case .parts(let parts): try Blueprint(parts.files, origin: parts.origin)
    }
  }
}
