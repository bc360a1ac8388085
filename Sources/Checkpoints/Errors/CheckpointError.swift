/// What is wrong with a file: which one and what. The only error this module throws.
///
/// The cases are data; the words a reader sees come from the `description` beside each family of cases.
public struct CheckpointError: Error, Equatable {
  /// The file or folder as the user knows it: a path, or the name of something embedded.
  public let file: String
  public let problem: Problem

  public enum Problem: Equatable, Sendable {
    case file(FileProblem)
    case json(JSONProblem)
    case safetensors(SafetensorsProblem)
    case gguf(GGUFProblem)
    case tokenizer(TokenizerProblem)
    case image(ImageProblem)
    case array(ArrayProblem)
    case zip(ZipProblem)
    case torch(TorchProblem)
    case template(TemplateProblem)
  }

  public init(_ file: String, _ problem: Problem) {
    self.file = file
    self.problem = problem
  }
}

extension CheckpointError: CustomStringConvertible {
  /// `models/llava/config.json: text_config.hidden_size must be a positive integer, found "x"`
  public var description: String {
    switch problem {
    case .file(let problem): "\(file): \(problem)"
    case .json(.syntax(let position, let problem)): "\(file):\(position.line):\(position.column): \(problem)"
    case .json(let problem): "\(file): \(problem)"
    case .safetensors(let problem): "\(file): \(problem)"
    case .gguf(let problem): "\(file): \(problem)"
    case .tokenizer(let problem): "\(file): \(problem)"
    case .image(let problem): "\(file): \(problem)"
    case .array(let problem): "\(file): \(problem)"
    case .zip(let problem): "\(file): \(problem)"
    case .torch(let problem): "\(file): \(problem)"
    case .template(let problem): "\(file):\(problem.position.line):\(problem.position.column): \(problem)"
    }
  }
}

/// Names in running text: at most `limit` of them, then how many more there are.
func listing(_ names: some Collection<String>, limit: Int = 8) -> String {
  let shown = names.prefix(limit).joined(separator: ", ")
  return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
}
