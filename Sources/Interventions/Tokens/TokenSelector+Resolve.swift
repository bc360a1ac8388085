import Models

extension TokenSelector {
  /// The positions this selector names in one sample, ascending.
  ///
  /// - Parameters:
  ///   - stack: what positions count: the decoder's sequence, or the rows of the vision tower or projector.
  ///   - length: how many decoder positions exist by now, generated ones included; by default all the context knows.
  /// - Throws: `InterventionError.tokensAtSite` for text selectors where there are only patches.
  public func resolve(in context: TokenContext, stack: Site.Stack = .decoder, length: Int? = nil) throws -> [Int] {
    try positions(SequenceMap(context, stack, length: length))
  }

  func positions(_ map: SequenceMap) throws(InterventionError) -> [Int] {
    switch self {
    case .all: return map.own
    case .image: return map.context.images.indices.flatMap { map.image($0) }
    case .imageNumber(let number):
      return map.context.images.indices.contains(number) ? map.image(number) : []
    case .cls: return try classTokens(map)
    case .virtual, .added: return try virtual(map)
    case .text: return try role(.text, map)
    case .system: return try role(.system, map)
    case .template: return try role(.template, map)
    case .generated:
      try requireDecoder(map)
      return Array(map.generated)
    case .last:
      try requireDecoder(map)
      return map.own.last.map { [$0] } ?? []
    case .prefix(let count): return Array(try role(.text, map).prefix(max(count, 0)))
    case .suffix(let count): return Array(try role(.text, map).suffix(max(count, 0)))
    case .word(let word):
      try requireDecoder(map)
      return overlapping(map.context.userText.occurrences(ofWord: word), map)
    case .span(let range):
      try requireDecoder(map)
      return overlapping([map.context.userText.utf8Range(ofCharacters: range)], map)
    case .refined(let base, let refinement): return refinement.choose(from: try base.positions(map), map)
    case .union(let left, let right):
      return Set(try left.positions(map)).union(try right.positions(map)).sorted()
    case .difference(let left, let right):
      let removed = Set(try right.positions(map))
      return try left.positions(map).filter { !removed.contains($0) }
    case .intersection(let left, let right):
      let kept = Set(try right.positions(map))
      return try left.positions(map).filter { kept.contains($0) }
    }
  }

  private func requireDecoder(_ map: SequenceMap) throws(InterventionError) {
    guard map.stack == .decoder else {
      throw .tokensAtSite(
        selector: description, site: map.stack.rawValue,
        reason: "there are only image patches and class tokens here; use .image, .cls or .all")
    }
  }

  /// Positions that were added at this stack.
  private func virtual(_ map: SequenceMap) throws(InterventionError) -> [Int] {
    guard map.stack != .projector else {
      throw .tokensAtSite(
        selector: description, site: map.stack.rawValue, reason: "what the vision tower adds to images ends with it")
    }
    guard case .added(_, let place) = self else { return map.virtual() }
    guard map.stack == .decoder || place == .start else {
      throw .tokensAtSite(
        selector: description, site: map.stack.rawValue,
        reason: "in the vision tower they stand behind the class token: .virtual(8)")
    }
    return map.virtual(description)
  }

  private func role(_ role: TokenContext.Role, _ map: SequenceMap) throws(InterventionError) -> [Int] {
    try requireDecoder(map)
    let tokens = map.context.tokens
    return map.prompt.filter { $0 < tokens.count && tokens[$0].role == role }
  }

  private func classTokens(_ map: SequenceMap) throws(InterventionError) -> [Int] {
    let positions = map.context.images.indices.flatMap { map.classTokens($0) }
    if positions.isEmpty, let image = map.context.images.first {
      let isDropped = image.tiles.contains { $0.classTokens > 0 }
      throw .tokensAtSite(
        selector: description, site: map.stack.rawValue,
        reason: isDropped
          ? "this model drops the class token before the projector; select it at a vision site"
          : "this model's vision tower has no class token")
    }
    return positions
  }

  private func overlapping(_ ranges: [Range<Int>], _ map: SequenceMap) -> [Int] {
    let tokens = map.context.tokens
    return map.prompt.filter { position in
      guard position < tokens.count, let own = tokens[position].characters else { return false }
      return ranges.contains { $0.overlaps(own) && !$0.isEmpty && !own.isEmpty }
    }
  }
}

extension TokenSelector.Refinement {
  /// The chosen ones among ascending `positions`.
  func choose(from positions: [Int], _ map: SequenceMap) -> [Int] {
    let count = positions.count
    switch self {
    case .first(let n): return Array(positions.prefix(max(n, 0)))
    case .last(let n): return Array(positions.suffix(max(n, 0)))
    case .every(let step): return stride(from: 0, to: count, by: max(step, 1)).map { positions[$0] }
    case .spaced(let n):
      if n >= count { return positions }
      if n <= 0 { return [] }
      if n == 1 { return [positions[count / 2]] }
      // The places of numpy.round(numpy.linspace(0, count - 1, n)): halves go to the even neighbour.
      return (0..<n).map {
        positions[Int((Double($0) * Double(count - 1) / Double(n - 1)).rounded(.toNearestOrEven))]
      }
    case .index(let choice): return choice.resolve(count: count).indices.map { positions[$0] }
    case .roi(let given, let share):
      guard let box = given ?? map.context.region else { return [] }
      return positions.filter { position in
        guard let patch = map.patch(at: position) else { return false }
        let covered = patch.overlap(with: box)
        return covered > 0 && covered >= share
      }
    case .rows(let choice):
      return positions.filter { position in
        guard let patch = map.patch(at: position) else { return false }
        return choice.resolve(count: patch.rows).indices.contains(patch.row)
      }
    case .columns(let choice):
      return positions.filter { position in
        guard let patch = map.patch(at: position) else { return false }
        return choice.resolve(count: patch.columns).indices.contains(patch.column)
      }
    }
  }
}

extension String {
  /// UTF-8 ranges of the places where `word` stands by itself: no letter, digit or underscore touches it.
  func occurrences(ofWord word: String) -> [Range<Int>] {
    let text = Array(unicodeScalars)
    let wanted = Array(word.unicodeScalars)
    guard !wanted.isEmpty, wanted.count <= text.count else { return [] }
    func isPartOfWord(_ index: Int) -> Bool {
      guard text.indices.contains(index) else { return false }
      return text[index].properties.isAlphabetic || text[index].properties.numericType != nil || text[index] == "_"
        || text[index].properties.generalCategory == .nonspacingMark
    }
    var found: [Range<Int>] = []
    var offset = 0
    for start in 0...(text.count - wanted.count) {
      let end = start + wanted.count
      if Array(text[start..<end]) == wanted, !isPartOfWord(start - 1) || !isPartOfWord(start),
        !isPartOfWord(end) || !isPartOfWord(end - 1)
      {
        found.append(offset..<offset + word.utf8.count)
      }
      offset += UTF8.width(text[start])
    }
    return found
  }

  /// Characters counted as readers do, as a UTF-8 range; what lies beyond the text is cut off.
  func utf8Range(ofCharacters range: Range<Int>) -> Range<Int> {
    func offset(_ characters: Int) -> Int {
      let index = self.index(startIndex, offsetBy: max(characters, 0), limitedBy: endIndex) ?? endIndex
      return utf8.distance(from: utf8.startIndex, to: index)
    }
    return offset(range.lowerBound)..<max(offset(range.lowerBound), offset(range.upperBound))
  }
}
