import Models

/// A prompt with the positions that a selector names, for a reader: image patches in rows, words in order.
public struct MarkedPrompt: Sendable {
  public let pieces: [Piece]
  public let selectedCount: Int

  public struct Piece: Sendable, Equatable {
    public let position: Int
    /// The token's text; for a patch its `row,column`.
    public let text: String
    public let role: TokenContext.Role
    public let selected: Bool
    /// Of a patch: the number of its image, and the part of the image as given that it covers.
    public let image: Int?
    public let box: PixelBox?
  }

  /// - Parameter length: decoder positions so far; by default all the context knows.
  public init(_ context: TokenContext, _ selector: TokenSelector, length: Int? = nil) throws {
    let map = SequenceMap(context, .decoder, length: length)
    let selected = Set(try selector.positions(map))
    pieces = (0..<map.length).map { position in
      let token = context.tokens.indices.contains(position) ? context.tokens[position] : nil
      let patch = map.patch(at: position)
      return Piece(
        position: position, text: patch.map { "\($0.row),\($0.column)" } ?? token?.text ?? "",
        role: token?.role ?? (position < context.promptCount ? .text : .generated),
        selected: selected.contains(position), image: patch?.image, box: patch?.box)
    }
    selectedCount = selected.count
  }

  /// One line: runs of patches as `‹image 16: 4 selected›`, of virtual positions likewise, selected words in brackets.
  public var summary: String {
    var parts: [String] = []
    var run = (role: TokenContext.Role.image, count: 0, selected: 0)
    func flush() {
      guard run.count > 0 else { return }
      parts.append("‹\(run.role == .image ? "image" : "virtual") \(run.count): \(run.selected) selected›")
      run.count = 0
    }
    for piece in pieces {
      if piece.role == .image || piece.role == .virtual {
        if run.role != piece.role { flush() }
        if run.count == 0 { run = (piece.role, 0, 0) }
        run.count += 1
        run.selected += piece.selected ? 1 : 0
        continue
      }
      flush()
      parts.append(piece.selected ? "[\(piece.text)]" : piece.text)
    }
    flush()
    return parts.joined(separator: " ")
  }
}
