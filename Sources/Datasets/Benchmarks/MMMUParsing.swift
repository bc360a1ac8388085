import Foundation

/// How MMMU's `eval_utils.py` reads answers.
enum MMMUParsing {
  /// The letter that an answer names: in brackets, else by itself, else, in an answer of more than five words, by its text;
  /// the last that is named. Nil where none is.
  static func choice(_ answer: String, _ letters: [String], _ options: [String]) -> String? {
    var text = Substring(answer)
    for mark in ",.!?;:'" { text = stripping(text, mark) }
    let padded = " " + text + " "
    func last(_ pieces: [(letter: String, piece: String)], in text: String) -> String? {
      var best: (letter: String, place: Int)?
      for (letter, piece) in pieces {
        guard let place = lastPlace(of: piece, in: text) else { continue }
        if place > best?.place ?? -1 { best = (letter, place) }
      }
      return best?.letter
    }
    if let found = last(letters.map { ($0, "(\($0))") }, in: padded) { return found }
    if let found = last(letters.map { ($0, " \($0) ") }, in: padded) { return found }
    guard padded.split(whereSeparator: \.isWhitespace).count > 5 else { return nil }
    return last(zip(letters, options).map { ($0, $1.lowercased()) }, in: padded.lowercased())
  }

  /// Whether an open answer holds one of the right ones, as a text or as a number.
  static func isRight(_ answer: String, gold: [String]) -> Bool {
    let right = gold.flatMap { normalised($0) }
    return pieces(of: answer).contains { piece in
      right.contains { right in
        switch (piece, right) {
        case (.text(let said), .text(let wanted)): lastPlace(of: wanted, in: said) != nil
        case (.number(let said), .number(let wanted)): said == wanted
        default: false
        }
      }
    }
  }

  enum Piece: Equatable {
    case text(String)
    case number(Double)
  }

  /// The parts of an answer that may be meant: what follows words such as `is` in each line, and the numbers in it.
  static func pieces(of answer: String) -> [Piece] {
    let text = String(stripping(Substring(answer.trimmed), ".")).lowercased()
    // The script also splits behind full stops before capitals, of which none are left by then.
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var keys: [String] = []
    for (number, line) in lines.enumerated() {
      let indicators = ["could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result "]
      let tails = (indicators + (number == lines.count - 1 ? ["="] : [])).compactMap { indicator in
        tail(of: line, behind: indicator)
      }
      // The shortest, the first of equal ones. An empty one counts as none found yet.
      var shortest: String?
      for tail in tails where (shortest ?? "").isEmpty || tail.count < (shortest ?? "").count { shortest = tail }
      if let shortest, !shortest.isEmpty, ![":", ",", ".", "!", "?", ";", "'"].contains(shortest) {
        keys.append(shortest)
      }
    }
    if keys.isEmpty { keys = [text] }
    return (keys + keys.flatMap { numbers(in: $0) }).flatMap { normalised($0) }
  }

  private static func tail(of line: String, behind indicator: String) -> String? {
    var rest: Substring?
    var open = line[...]
    while let range = open.firstRange(of: indicator) {
      open = open[range.upperBound...]
      rest = open
    }
    return rest.map { $0.trimmed }
  }

  /// A number, rounded to two places; else the text in small letters, a single character with a space on either side.
  static func normalised(_ text: String) -> [Piece] {
    let text = text.trimmed
    let digits = text.removing(",")
    if let number = pythonFloat(digits) {
      // Python rounds what it prints with two places, halves to even.
      let rounded = number.isFinite ? Double(String(format: "%.2f", number)) ?? number : number
      return [.number(rounded)]
    }
    let small = text.lowercased()
    return small.unicodeScalars.count == 1 ? [.text(" " + small), .text(small + " ")] : [.text(small)]
  }

  /// What Python's `float` takes and Swift's `Double` alike: no hexadecimal.
  private static func pythonFloat(_ text: String) -> Double? {
    text.contains { $0 == "x" || $0 == "X" || $0 == "p" || $0 == "P" } ? nil : Double(text)
  }

  /// Numbers with commas, then in scientific notation, then plain.
  static func numbers(in text: String) -> [String] {
    let patterns = [
      #"-?\b\d{1,3}(?:,\d{3})+\b"#, #"-?\d+(?:\.\d+)?[eE][+-]?\d+"#,
      #"-?(?:\d+\.\d+|\.\d+|\d+\b)(?![eE][+-]?\d+)(?![,\d])"#,
    ]
    let whole = NSRange(text.startIndex..., in: text)
    return patterns.flatMap { pattern -> [String] in
      guard let expression = try? NSRegularExpression(pattern: pattern) else { return [] }
      return expression.matches(in: text, range: whole).compactMap {
        Range($0.range, in: text).map { String(text[$0]) }
      }
    }
  }

  private static func stripping(_ text: Substring, _ mark: Character) -> Substring {
    var text = text
    while text.first == mark { text.removeFirst() }
    while text.last == mark { text.removeLast() }
    return text
  }

  /// Where the last occurrence begins, in scalars.
  private static func lastPlace(of piece: String, in text: String) -> Int? {
    let (piece, text) = (Array(piece.unicodeScalars), Array(text.unicodeScalars))
    guard piece.count <= text.count else { return nil }
    return (0...(text.count - piece.count)).last { text[$0..<$0 + piece.count].elementsEqual(piece) }
  }
}
