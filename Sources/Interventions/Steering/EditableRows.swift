import Autodiff
import Models
import Tensors

/// A site's activation in a differentiable pass as rows that edits replace: packed for all samples, or a matrix for each.
struct EditableRows {
  /// Rows of several samples that are gathered and put back in one piece.
  struct Group {
    let parts: [Part]
    /// The matrix they lie in; nil where samples are packed.
    let sample: Int?
    /// Along the axis of the rows.
    let indices: [Int]

    /// A number where all rows have the same, otherwise one for each row.
    func strength(along axis: String) -> Tensor {
      guard let first = parts.first?.strength, parts.contains(where: { $0.strength != first }) else {
        return Tensor(parts.first?.strength ?? 1)
      }
      let each = parts.flatMap { part in part.chosen.map { _ in part.strength } }
      return Tensor([Axis(axis, each.count)], each)
    }
  }

  private(set) var content: DifferentiableActivation.Content
  private let samples: [Range<Int>]
  private let firstPositions: [Int]
  /// What the axis of the rows is called.
  let rowAxis: String

  init(_ activation: DifferentiableActivation) {
    content = activation.content
    samples = activation.samples
    firstPositions = activation.firstPositions
    rowAxis =
      switch activation.content {
      case .packed: "token"
      case .matrices: "query"
      }
  }

  /// - Parameter together: whether rows of several samples may go in one piece.
  func groups(_ parts: [Part], together: Bool) -> [Group] {
    guard !parts.isEmpty else { return [] }
    if case .packed = content {
      let pieces = together ? [parts] : parts.map { [$0] }
      return pieces.map {
        Group(parts: $0, sample: nil, indices: $0.flatMap { indices($0, samples[$0.sample].lowerBound) })
      }
    }
    return parts.map { Group(parts: [$0], sample: $0.sample, indices: indices($0, 0)) }
  }

  private func indices(_ part: Part, _ start: Int) -> [Int] {
    part.chosen.map { start + $0 - firstPositions[part.sample] }
  }

  /// The rows of a group as operators get them: the axis of the rows next to the last.
  func gather(_ group: Group) throws -> Variable {
    let whole = whole(group)
    let rows = covers(group, whole) ? whole : try whole.select(rowAxis, .list(group.indices))
    return try rows.shape.names.first == rowAxis && rows.shape.rank == 3
      ? rows.reorder([rows.shape.names[1], rowAxis, rows.shape.names[2]]) : rows
  }

  mutating func scatter(_ rows: Variable, _ group: Group) throws {
    let whole = whole(group)
    let ordered = rows.shape.names == whole.shape.names ? rows : try rows.reorder(whole.shape.names)
    let edited = covers(group, whole) ? ordered : try whole.put(ordered, at: .list(group.indices), along: rowAxis)
    switch content {
    case .packed: content = .packed(edited)
    case .matrices(var matrices):
      matrices[group.sample ?? 0] = edited
      content = .matrices(matrices)
    }
  }

  private func whole(_ group: Group) -> Variable {
    switch content {
    case .packed(let rows): rows
    case .matrices(let matrices): matrices[group.sample ?? 0]
    }
  }

  /// Whether the group is all rows in their order, which need no copy.
  private func covers(_ group: Group, _ whole: Variable) -> Bool {
    whole.axes.first { $0.name == rowAxis }?.size == group.indices.count
      && group.indices.elementsEqual(0..<group.indices.count)
  }
}
