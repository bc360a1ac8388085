/// The columns of a Parquet file as trees, and the leaves of all of them, which are what lies in the file.
struct ParquetSchema {
  let columns: [ParquetNode]
  let leaves: [ParquetLeaf]
}

/// A part of a column that has values of its own.
struct ParquetLeaf: Sendable {
  /// `image.bytes`
  let path: String
  /// Nil for a type of a later version, or one without a length.
  let physical: ParquetPhysical?
  let meaning: ParquetMeaning
  let maxDefinition: Int
  let maxRepetition: Int
}

/// A value, a record or a list, and how deep it lies.
///
/// An entry of a leaf has two levels: how many of the optional and repeated nodes on its way are there (definition), and at
/// which of the repeated ones it goes on (repetition).
struct ParquetNode: Sendable {
  indirect enum Kind: Sendable {
    case leaf
    case record([ParquetNode])
    /// Levels: at least `definition` where the list is not empty; `repetition` where an element follows another.
    case list(ParquetNode, definition: Int, repetition: Int)
  }

  let name: String
  let kind: Kind
  /// The node is null below this level.
  let definition: Int
  let isOptional: Bool
  /// Those below it.
  let leaves: Range<Int>
}

extension ParquetSchema {
  /// - Throws: `ParquetProblem.damaged`.
  init(_ elements: [ParquetMetadata.Element]) throws {
    var builder = Builder(elements: elements)
    guard let root = elements.first, root.childCount >= 0 else { throw Builder.damaged("there is no root") }
    builder.next = 1
    columns = try (0..<min(root.childCount, elements.count)).map { _ in
      try builder.node(path: "", definition: 0, repetition: 0)
    }
    guard builder.next == elements.count, columns.count == root.childCount else {
      throw Builder.damaged("it has \(elements.count) elements, not those that it counts")
    }
    leaves = builder.leaves
  }

  private struct Builder {
    let elements: [ParquetMetadata.Element]
    var next = 0
    var leaves: [ParquetLeaf] = []
    var depth = 0
    private static let deepest = 64

    init(elements: [ParquetMetadata.Element]) { self.elements = elements }

    static func damaged(_ what: String) -> ParquetProblem { .damaged("the schema is damaged: \(what)", byte: 0) }

    private func peek(_ offset: Int = 0) throws -> ParquetMetadata.Element {
      guard next + offset < elements.count else { throw Self.damaged("it ends early") }
      return elements[next + offset]
    }

    /// The next element and all below it; the levels are those of its parent.
    mutating func node(path: String, definition: Int, repetition: Int) throws -> ParquetNode {
      depth += 1
      defer { depth -= 1 }
      guard depth <= Self.deepest else { throw Self.damaged("it is nested more than \(Self.deepest) deep") }
      let element = try peek()
      let below = path.isEmpty ? element.name : "\(path).\(element.name)"
      switch element.repetition {
      case 0: return try content(below, definition, repetition, isOptional: false)
      case 1: return try content(below, definition + 1, repetition, isOptional: true)
      case 2:
        // A list without a name of its own.
        let first = leaves.count
        let inner = try content(below, definition + 1, repetition + 1, isOptional: false)
        return ParquetNode(
          name: element.name, kind: .list(inner, definition: definition + 1, repetition: repetition + 1),
          definition: definition, isOptional: false, leaves: first..<leaves.count)
      default: throw Self.damaged("\(below) has the repetition \(element.repetition)")
      }
    }

    /// What the next element is, its own repetition apart.
    private mutating func content(
      _ path: String, _ definition: Int, _ repetition: Int, isOptional: Bool
    ) throws -> ParquetNode {
      let element = try peek()
      let first = leaves.count
      next += 1
      func made(_ kind: ParquetNode.Kind) -> ParquetNode {
        ParquetNode(
          name: element.name, kind: kind, definition: definition, isOptional: isOptional, leaves: first..<leaves.count)
      }
      if let type = element.type {
        let physical = ParquetPhysical(number: type, length: element.length)
        leaves.append(
          ParquetLeaf(
            path: path, physical: physical,
            meaning: physical.map { ParquetMeaning(element, $0) } ?? .unknown("number \(type)"),
            maxDefinition: definition, maxRepetition: repetition))
        return made(.leaf)
      }
      guard element.childCount > 0, element.childCount <= elements.count - next else {
        throw Self.damaged("\(path) has \(element.childCount) parts")
      }
      let isList = element.logical?.kind == 3 || element.converted == 3
      let isMap = element.logical?.kind == 2 || element.converted == 1 || element.converted == 2
      if isList || isMap, element.childCount == 1, try peek().repetition == 2 {
        let inner = try self.element(of: element, path, definition + 1, repetition + 1, isMap: isMap)
        return made(.list(inner, definition: definition + 1, repetition: repetition + 1))
      }
      var fields: [ParquetNode] = []
      for _ in 0..<element.childCount {
        fields.append(try node(path: path, definition: definition, repetition: repetition))
      }
      return made(.record(fields))
    }

    /// What a list holds. Between the list and its elements lies a repeated group; older writers left it out, or the elements.
    private mutating func element(
      of list: ParquetMetadata.Element, _ path: String, _ definition: Int, _ repetition: Int, isMap: Bool
    ) throws -> ParquetNode {
      let repeated = try peek()
      let below = "\(path).\(repeated.name)"
      let isWrapper =
        try !isMap && repeated.type == nil && repeated.childCount == 1 && peek(1).repetition != 2
        && repeated.name != "array" && repeated.name != "\(list.name)_tuple"
      guard isWrapper else { return try content(below, definition, repetition, isOptional: false) }
      next += 1
      return try node(path: below, definition: definition, repetition: repetition)
    }
  }
}
