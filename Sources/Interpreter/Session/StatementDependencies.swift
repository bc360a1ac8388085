import Syntax

/// What a top-level statement has to do with names, as far as its text shows.
public struct StatementDependencies: Sendable {
  /// Names it mentions, whether or not they are globals.
  public let reads: Set<String>
  /// Names it binds.
  public let defines: Set<String>
  /// Names it changes with `:=`, itself or in functions it declares.
  public let assigns: Set<String>

  public init(_ statement: Statement) {
    var names = NameCollector()
    names.visit(statement)
    reads = names.used
    defines = Set(statement.definedNames.map(\.text))
    assigns = names.assigned
  }
}

/// The statements of a session, to write the part of it that a name depends on.
public struct StatementHistory {
  public struct Entry {
    public let text: String
    public let documentation: String?
    public let dependencies: StatementDependencies

    public init(_ result: StatementResult) {
      text = result.text
      documentation = result.statement.documentation
      dependencies = result.dependencies
      isPlainExpression = if case .expression = result.statement.kind { true } else { false }
      isSetting =
        switch result.statement.kind {
        case .seed, .use: true
        default: false
        }
    }

    let isPlainExpression: Bool
    /// Concerns all that follows: `seed`, `use`.
    let isSetting: Bool
  }

  public private(set) var entries: [Entry] = []

  public init() {}

  public mutating func append(_ result: StatementResult) { entries.append(Entry(result)) }

  /// The statements, in order, that the names need: their last definitions, what those mention, what assigns to any of
  /// it, and every `seed` and `use`. Without names: all statements.
  public func slice(for names: Set<String>? = nil) -> [Entry] {
    guard let names else { return entries }
    var needed = names
    var kept = [Bool](repeating: false, count: entries.count)
    var changed = true
    while changed {
      changed = false
      var wanted = needed
      for position in entries.indices.reversed() {
        let entry = entries[position].dependencies
        let defined = entry.defines.intersection(wanted)
        // What is called may assign: a statement that mentions a function which assigns a needed name is needed, too.
        let assigns = entry.defines.isEmpty && !effects(of: entry, before: position).isDisjoint(with: needed)
        guard !defined.isEmpty || assigns || entries[position].isSetting else { continue }
        if !entry.reads.contains(where: { defined.contains($0) }) { wanted.subtract(defined) }
        if kept[position] { continue }
        kept[position] = true
        changed = true
        needed.formUnion(entry.reads)
        wanted.formUnion(entry.reads)
      }
    }
    return entries.indices.filter { kept[$0] }.map { entries[$0] }
  }

  /// What a statement assigns, itself or through functions it mentions.
  private func effects(of entry: StatementDependencies, before position: Int) -> Set<String> {
    var result = entry.assigns
    for other in entries[..<position] where !other.dependencies.assigns.isEmpty {
      if !other.dependencies.defines.isDisjoint(with: entry.reads) { result.formUnion(other.dependencies.assigns) }
    }
    return result
  }
}
