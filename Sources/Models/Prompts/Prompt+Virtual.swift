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
    return Prompt(
      ids: ids,
      context: TokenContext(
        tokens: tokens, promptCount: context.promptCount + ordered.reduce(0) { $0 + $1.count },
        images: context.images.map { $0.with(positions: moved($0.positions), virtual: $0.virtual) },
        userText: context.userText, region: context.region,
        virtual: context.virtual.map { TokenContext.VirtualTokens(name: $0.name, positions: moved($0.positions)) }
          + groups),
      images: images)
  }

  /// This prompt with further rows for each of its images in the vision tower, between class token and patches.
  public func addingToImages(_ groups: [(name: String, count: Int)]) -> Prompt {
    guard !groups.isEmpty else { return self }
    let images = context.images.map { image in
      var virtual = image.virtual
      for (name, count) in groups {
        let start = virtual.last?.positions.upperBound ?? image.classTokens
        virtual.append(TokenContext.VirtualTokens(name: name, positions: start..<start + count))
      }
      return image.with(positions: image.positions, virtual: virtual)
    }
    return Prompt(
      ids: ids,
      context: TokenContext(
        tokens: context.tokens, promptCount: context.promptCount, images: images, userText: context.userText,
        region: context.region, virtual: context.virtual),
      images: self.images)
  }
}

extension TokenContext.ImageTokens {
  fileprivate func with(positions: Range<Int>, virtual: [TokenContext.VirtualTokens]) -> Self {
    Self(
      positions: positions, columns: columns, rows: rows, patchSize: patchSize, scale: scale, offset: offset,
      classTokens: classTokens, virtual: virtual)
  }
}
