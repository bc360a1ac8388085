import Syntax

/// Finds the parameter for each argument: once for the checker, once for calls.
///
/// Named arguments go to their parameters first; positional ones then fill, in order, the parameters that no name took.
/// So `measure(m, site, on: data, fn a -> …)` means what it looks like.
struct ArgumentBinding {
  /// For each argument, in the order written, its parameter; nil for one that `rest` or `fields` collects.
  let targets: [Int?]

  enum Mismatch: Error {
    case unknown(name: String, argument: Int)
    case duplicate(name: String, argument: Int)
    case surplus(argument: Int)
    case missing(parameter: Int)
  }

  /// - Parameter names: for each argument its name or nil.
  /// - Parameter isPartial: leave missing arguments unreported.
  init(_ signature: Signature, names: [String?], isPartial: Bool = false) throws(Mismatch) {
    let parameters = signature.parameters
    var targets = [Int?](repeating: nil, count: names.count)
    var taken = [Bool](repeating: false, count: parameters.count)
    for (argument, name) in names.enumerated() {
      guard let name else { continue }
      if let parameter = parameters.firstIndex(where: { $0.name == name && $0.role != .fields && $0.role != .rest }) {
        guard !taken[parameter] else { throw .duplicate(name: name, argument: argument) }
        taken[parameter] = true
        targets[argument] = parameter
      } else if signature.fieldsPosition == nil {
        throw .unknown(name: name, argument: argument)
      }
    }
    var next = 0
    for (argument, name) in names.enumerated() where name == nil {
      while next < parameters.count, taken[next] || parameters[next].role == .fields { next += 1 }
      guard next < parameters.count else { throw .surplus(argument: argument) }
      if parameters[next].role == .rest { continue }
      taken[next] = true
      targets[argument] = next
    }
    if !isPartial, let missing = parameters.indices.first(where: { parameters[$0].isRequired && !taken[$0] }) {
      throw .missing(parameter: missing)
    }
    self.targets = targets
  }
}

extension ArgumentBinding.Mismatch {
  func error(calling signature: Signature) -> ScriptError {
    let name = signature.name.isEmpty ? "the function" : "`\(signature.name)`"
    let it = signature.name.isEmpty ? "fn \(signature)" : "\(signature)"
    switch self {
    case .unknown(let argument, _):
      let close = NameSuggestion.closest(to: argument, among: signature.parameters.map(\.name))
      return ScriptError(
        .badCall, "\(name) has no parameter `\(argument)`; it is \(it)",
        help: close.map { "did you mean `\($0)`?" })
    case .duplicate(let argument, _):
      return ScriptError(.badCall, "\(name) is given `\(argument)` twice; it is \(it)")
    case .surplus:
      let count = signature.parameters.count
      let takes = count == 0 ? "no arguments" : "at most \(Words.count(count, "argument"))"
      return ScriptError(.badCall, "\(name) takes \(takes); it is \(it)")
    case .missing(let parameter):
      return ScriptError(
        .badCall, "\(name) needs an argument `\(signature.parameters[parameter].name)`; it is \(it)")
    }
  }

  /// The argument the message is about, where there is one.
  var argument: Int? {
    switch self {
    case .unknown(_, let argument), .duplicate(_, let argument), .surplus(let argument): argument
    case .missing: nil
    }
  }
}

extension Signature {
  /// The values for the parameters in declaration order. `MissingObject` stands for those that take their default.
  func bind(_ arguments: Arguments) throws -> [Value] {
    let binding: ArgumentBinding
    do {
      binding = try ArgumentBinding(self, names: arguments.all.map(\.name))
    } catch {
      throw error.error(calling: self)
    }
    var values = [Value](repeating: .object(MissingObject.shared), count: parameters.count)
    var rest: [Value] = []
    var fields: [(String, Value)] = []
    for (argument, target) in zip(arguments.all, binding.targets) {
      if let target {
        values[target] = argument.value
      } else if let name = argument.name {
        fields.append((name, argument.value))
      } else {
        rest.append(argument.value)
      }
    }
    if let restPosition { values[restPosition] = .list(rest) }
    if let fieldsPosition { values[fieldsPosition] = .record(fields) }
    return values
  }
}
