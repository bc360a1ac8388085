import Checkpoints
import Tensors

/// Tensors by name that a model is read from: those of safetensors files, or of torch files' state dicts.
struct WeightFile: Sendable {
  private enum Content: Sendable {
    case safetensors(Safetensors)
    case torch(TorchStateDict)
  }

  /// What becomes of tensors that no part of the model reads.
  enum Unread: Sendable {
    /// They are saved along with the model.
    case kept
    case ignored
    /// They show that the file is not what it is taken for.
    case refused
  }

  /// The file or folder as the user knows it.
  let name: String
  /// What the model's names of its tensors begin with, in front of the file's own.
  let prefix: String
  private let content: Content
  /// Tensors that the file lacks, or has in another form, by its own names.
  var supplied: [String: Tensor] = [:]
  /// By the file's own names.
  var unread: @Sendable (String) -> Unread = { _ in .kept }

  /// The weights of a model folder, in the first of these forms that it has: safetensors, torch.
  init(_ folder: FileSource, prefix: String = "") throws {
    self.prefix = prefix
    if TorchStateDict.isIn(folder), !Safetensors.areIn(folder) {
      let state = try TorchStateDict(folder)
      (name, content) = (state.file, .torch(state))
      // As in safetensors files, what has none of our types is not kept: masks and counters of older versions.
      unread = { state.entry(named: $0)?.isWidened == true ? .ignored : .kept }
    } else {
      let file = try Safetensors(folder)
      (name, content) = (file.name, .safetensors(file))
    }
  }

  /// - Parameter key: where a torch file may keep the state dict below its top.
  init(_ file: FileBytes, prefix: String, key: String) throws {
    name = file.name
    self.prefix = prefix
    if TorchFile.mayBe(file) {
      let field = try TorchFile(file, testsNumbers: false).field
      content = .torch(try TorchStateDict(field[key].exists ? field[key] : field))
    } else {
      content = .safetensors(try Safetensors(file))
    }
  }

  /// A projector that lies beside the language model it was trained for.
  init(projector file: FileBytes) throws {
    try self.init(file, prefix: "", key: "model")
    // Where the folder's own weights hold a projector too, that one is the model's.
    unread = { _ in .ignored }
  }

  /// The file's own names.
  var names: [String] {
    switch content {
    case .safetensors(let file): file.entries.map(\.name)
    case .torch(let file): file.names
    }
  }

  /// What the file calls a tensor of the model; nil for one that it cannot have.
  func ownName(_ name: String) -> String? {
    name.utf8.starts(with: prefix.utf8) ? String(name.utf8.dropFirst(prefix.utf8.count)) : nil
  }

  func contains(_ name: String) -> Bool {
    guard let own = ownName(name) else { return false }
    if supplied[own] != nil { return true }
    switch content {
    case .safetensors(let file): return file.contains(own)
    case .torch(let file): return file.contains(own)
    }
  }

  /// One tensor, where it lies, and its type as the file calls it.
  func tensor(named name: String) throws -> (tensor: Tensor, type: String) {
    let own = ownName(name) ?? name
    if let tensor = supplied[own] { return (tensor, tensor.dtype.rawValue) }
    switch content {
    case .safetensors(let file): return (try file.tensor(named: own), try file.entry(named: own).dtype)
    case .torch(let file):
      guard let entry = file.entry(named: own) else { throw ModelError.missingTensor(names: [own], file: self.name) }
      do { return (try entry.tensor(), entry.dtype) } catch let problem as TorchProblem {
        throw CheckpointError(file.file(of: own), .torch(problem))
      }
    }
  }

  /// The sizes of a tensor that is there.
  func sizes(of name: String) throws -> [Int] {
    let own = ownName(name) ?? name
    if let tensor = supplied[own] { return tensor.shape.sizes }
    switch content {
    case .safetensors(let file): return try file.entry(named: own).shape
    case .torch(let file): return file.entry(named: own)?.shape ?? []
    }
  }
}
