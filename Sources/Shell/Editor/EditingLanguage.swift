/// What the line editor asks of the language. Offsets count UTF-8 bytes of the chunk.
protocol EditingLanguage: AnyObject {
  /// Whether Enter submits `chunk` or goes on to its next line.
  func isComplete(_ chunk: String) -> Bool
  /// Columns the line after `text` starts with.
  func indent(after text: String) -> Int
  /// What to colour, in order and without overlaps.
  func highlights(of chunk: String) -> [Highlight]
  func completions(of chunk: String, at cursor: Int) -> Completions
}

/// A range of the chunk and the colour it gets.
struct Highlight: Equatable {
  var lower: Int
  var upper: Int
  var style: Style
}

/// What may stand between `start` and the cursor.
struct Completions: Equatable {
  var start: Int
  var candidates: [Candidate]

  struct Candidate: Equatable {
    var text: String
    /// Put behind the text when it is the only candidate: `(`, `: `, nothing behind a folder.
    var suffix: String = ""
  }

  static let none = Completions(start: 0, candidates: [])
}
