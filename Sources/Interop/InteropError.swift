/// What is wrong with a file of another tool, or with what is asked of it: which file and what.
public struct InteropError: Error, Equatable {
  /// The file or folder as the user knows it.
  public let file: String
  public let problem: Problem

  public enum Problem: Equatable, Sendable {
    /// Nothing that we know.
    case unrecognised(present: [String], known: [String])
    /// An option that the format does not have.
    case unknownOption(name: String, format: String, known: [String])
    /// An option's value that makes no sense.
    case option(name: String, expected: String, found: String)
    /// Something that the file does not say and that has no default.
    case neededOption(name: String, reason: String)
    /// The file asks for what cannot be done here.
    case unsupported(what: String, reason: String)
    /// A tensor of another size than the place where it acts.
    case misfit(tensor: String, found: String, site: String, expected: String)
    /// A tensor that must be in the file.
    case missing(tensor: String, present: [String])
    /// A place that the model does not have.
    case noPlace(name: String, reason: String)
    /// An intervention that the format cannot hold.
    case cannotHold(format: String, what: String, reason: String, others: [String])
    case unknownFormat(name: String, known: [String])
    /// A file's edits, which are written for a model.
    case needsModel(file: String, path: String, format: String)
    /// Positions of a file that lie beyond what a prompt has.
    case positions(String, reach: Int, present: Int)
    /// Nothing is left that could be mapped.
    case nothingMapped(reasons: [String])
  }

  public init(_ file: String, _ problem: Problem) {
    self.file = file
    self.problem = problem
  }
}

extension InteropError: CustomStringConvertible {
  public var description: String { "\(file): \(words)" }

  private var words: String {
    switch problem {
    case .unrecognised(let present, let known):
      "this is not a file of a tool that is known here"
        + (present.isEmpty ? "" : "; it holds \(listing(present))") + "; known are \(listing(known, limit: 20))"
    case .unknownOption(let name, let format, let known):
      "a file of \(format) has no option `\(name)`; "
        + (known.isEmpty ? "it has none" : "it has \(listing(known, limit: 20))")
    case .option(let name, let expected, let found): "the option `\(name)` must be \(expected), found \(found)"
    case .neededOption(let name, let reason): "\(reason); say it: open(path, options: (\(name): …))"
    case .unsupported(let what, let reason): "\(what) cannot be taken over: \(reason)"
    case .misfit(let tensor, let found, let site, let expected):
      "the tensor `\(tensor)` is \(found), and at `\(site)` of this model it must be \(expected); "
        + "it was made for another model"
    case .missing(let tensor, let present):
      "the tensor `\(tensor)` is missing" + (present.isEmpty ? "" : "; there are \(listing(present))")
    case .noPlace(let name, let reason): "`\(name)` is no place of this model: \(reason)"
    case .cannotHold(let format, let what, let reason, let others):
      "\(format) cannot hold `\(what)`: \(reason)"
        + (others.isEmpty
          ? "; save it as .safetensors" : "; \(listing(others.map { "as: \"\($0)\"" })) can, and .safetensors")
    case .unknownFormat(let name, let known):
      "\"\(name)\" is no format that can be written; there are \(listing(known.map { "\"\($0)\"" }, limit: 20))"
    case .needsModel(let file, let path, let format):
      "\(file) is written as \"\(format)\" for a model: save(m with open(\"\(path)\"), …, as: \"\(format)\")"
    case .positions(let text, let reach, let present):
      present == 0
        ? "its positions \(text) are tokens of an image, and the model has none"
        : "its positions \(text) reach over \(reach) tokens of an image, and an image has \(present); "
          + "choose others with tokens:, such as .image.first(4)"
    case .nothingMapped(let reasons):
      "nothing in it can be taken over: " + listing(reasons, limit: 3)
    }
  }
}

/// Names in running text: at most `limit` of them, then how many more there are.
func listing(_ names: some Collection<String>, limit: Int = 8) -> String {
  let shown = names.prefix(limit).joined(separator: ", ")
  return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
}
