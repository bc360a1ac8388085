/// Positions that are no tokens: where interventions put vectors of their own.
extension Prompt {
  /// The id that such a position has in `ids`.
  public static let virtualToken = -1

  /// Whether a position is none of a token's.
  func isVirtual(_ position: Int) -> Bool {
    ids[position] == Self.virtualToken && context.tokens.indices.contains(position)
      && context.tokens[position].role == .virtual
  }

  /// Positions to be added.
  public struct Insertion {
    /// What asks for them.
    public let name: String
    public let count: Int
    /// The position of this prompt that they come before, at most the count of its positions before an answer.
    public let position: Int

    public init(name: String, count: Int, position: Int) {
      self.name = name
      self.count = count
      self.position = position
    }
  }

  /// This prompt with virtual positions among its own. Where several go to one place, the first comes first.
  ///
  /// No insertion may stand inside an image.
  public func inserting(_ insertions: [Insertion]) -> Prompt {
    guard !insertions.isEmpty else { return self }
    // Equal places keep their order.
    let ordered = insertions.enumerated().sorted { ($0.element.position, $0.offset) < ($1.element.position, $1.offset) }
      .map(\.element)
    var ids: [Int] = []
    let known = context.tokens
    var tokens: [TokenContext.Token] = []
    var groups: [TokenContext.VirtualTokens] = []
    var from = 0
    for insertion in ordered {
      ids += self.ids[from..<insertion.position]
      tokens += known[min(from, known.count)..<min(insertion.position, known.count)]
      groups.append(
        TokenContext.VirtualTokens(name: insertion.name, positions: ids.count..<ids.count + insertion.count))
      for _ in 0..<insertion.count {
        ids.append(Self.virtualToken)
        tokens.append(TokenContext.Token(id: Self.virtualToken, role: .virtual, text: "", characters: nil))
      }
      from = insertion.position
    }
    ids += self.ids[from...]
    tokens += known[min(from, known.count)...]
    func moved(_ positions: Range<Int>) -> Range<Int> {
      let shift = ordered.reduce(0) { $0 + ($1.position <= positions.lowerBound ? $1.count : 0) }
      return positions.lowerBound + shift..<positions.upperBound + shift
    }
    var longer = self
    longer.ids = ids
    longer.context.tokens = tokens
    longer.context.promptCount += ordered.reduce(0) { $0 + $1.count }
    for index in context.images.indices {
      longer.context.images[index].positions = moved(context.images[index].positions)
    }
    for index in context.virtual.indices {
      longer.context.virtual[index].positions = moved(context.virtual[index].positions)
    }
    longer.context.virtual += groups
    return longer
  }

  /// This prompt with further rows for each of its images' tiles in the vision tower, before the patches.
  public func addingToImages(_ groups: [(name: String, count: Int)]) -> Prompt {
    guard !groups.isEmpty else { return self }
    var longer = self
    for index in context.images.indices {
      for (name, count) in groups {
        let image = longer.context.images[index]
        let start = image.virtual.last?.positions.upperBound ?? image.tiles.first?.leading ?? 0
        longer.context.images[index].virtual.append(
          TokenContext.VirtualTokens(name: name, positions: start..<start + count))
      }
    }
    return longer
  }
}
