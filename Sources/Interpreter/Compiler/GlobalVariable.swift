import Syntax

/// A name at the top level of a file, the prompt or the standard library.
final class GlobalVariable {
  enum Kind: String {
    case constant = "let"
    case variable = "var"
    case function = "fn"
    case operation = "operator"
    case input
    /// Set by the host: `_`.
    case host
  }

  let name: String
  let slot: Int
  let kind: Kind
  /// Where it is defined; nil for the host's.
  let location: Diagnostic.Label?
  let documentation: String?
  let signature: Signature?
  /// The declaration has no body: a native function stands behind it.
  let isNative: Bool
  /// The whole statement, as written.
  let source: String?

  init(
    name: String, slot: Int, kind: Kind, location: Diagnostic.Label?, documentation: String? = nil,
    signature: Signature? = nil, isNative: Bool = false, source: String? = nil
  ) {
    self.name = name
    self.slot = slot
    self.kind = kind
    self.location = location
    self.documentation = documentation
    self.signature = signature
    self.isNative = isNative
    self.source = source
  }

  var isMutable: Bool { kind == .variable }
  var isFunction: Bool { kind == .function || kind == .operation }
}

/// The names of one file, of the prompt, or of the standard library.
final class Module {
  let name: String
  var names: [String: GlobalVariable] = [:]
  /// Names of files that this one uses.
  var imports: [String: GlobalVariable] = [:]
  /// The standard library; nil for itself.
  let prelude: Module?

  init(_ name: String, prelude: Module?) {
    self.name = name
    self.prelude = prelude
  }

  func lookup(_ name: String) -> GlobalVariable? { names[name] ?? imports[name] ?? prelude?.lookup(name) }

  /// All visible names, the nearest definition of each.
  var visible: [String: GlobalVariable] {
    (prelude?.visible ?? [:]).merging(imports) { $1 }.merging(names) { $1 }
  }
}
