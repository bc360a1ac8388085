/// The accuracy of the VQA challenge: how many of ten people gave the answer, three of which are enough (Antol et al. 2015,
/// section 4; Goyal et al. 2017), after their normalisation of answers.
enum VQAAccuracy {
  /// How an answer is prepared before it is compared.
  enum Preparation {
    /// As the challenge's `vqaEval.py`: only where people differ among themselves.
    case challenge
    /// As the evaluator of TextVQA (Pythia's, and LLaVA's after it): always, and after `tokenised`.
    case textVQA
  }

  /// min(1, others who said so / 3), averaged over leaving out each of the people in turn.
  static func score(_ answer: String, people: [String], _ preparation: Preparation) -> Double? {
    guard !people.isEmpty else { return nil }
    var said = people.map { flat($0) }
    var own = flat(answer)
    switch preparation {
    case .challenge:
      if Set(said.map { Array($0.utf8) }).count > 1 {
        said = said.map { withoutArticles(withoutPunctuation($0)) }
        own = withoutArticles(withoutPunctuation(own))
      }
    case .textVQA:
      said = people.map { normalised($0) }
      own = normalised(answer)
    }
    let same = said.count { $0 == own }
    let others = said.map { min(1, Double(same - ($0 == own ? 1 : 0)) / 3) }
    return others.reduce(0, +) / Double(others.count)
  }

  /// What an answer is before it goes into a file for the challenge's server, and what TextVQA compares.
  static func normalised(_ answer: String) -> String {
    let words = answer.lowercased().removing(",").removing("?").replacing("'s", with: " 's").trimmed
    return withoutArticles(withoutPunctuation(flat(words)))
  }

  private static func flat(_ text: String) -> String {
    text.replacing("\n", with: " ").replacing("\t", with: " ").trimmed
  }

  /// Marks that stand at the edge of a word vanish, others become a space; between digits a comma makes all vanish. A full
  /// stop stays before a digit only.
  static func withoutPunctuation(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    let hasGroupedDigits = scalars.indices.contains { index in
      scalars[index] == "," && index > 0 && index + 1 < scalars.count && isDigit(scalars[index - 1])
        && isDigit(scalars[index + 1])
    }
    var result = text
    for mark in marks {
      let atEdge = text.contains(mark + " ") || text.contains(" " + mark)
      result = result.replacing(mark, with: atEdge || hasGroupedDigits ? "" : " ")
    }
    return withoutStops(result)
  }

  /// The scripts pass a flag where a count is due, so that no more than 32 stops go.
  private static func withoutStops(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var kept = String.UnicodeScalarView()
    var removed = 0
    for (index, scalar) in scalars.enumerated() {
      let beforeDigit = index + 1 < scalars.count && isDigit(scalars[index + 1])
      if scalar == ".", !beforeDigit, removed < 32 {
        removed += 1
      } else {
        kept.append(scalar)
      }
    }
    return String(kept)
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .decimalNumber }

  /// Small letters, numerals up to ten, no articles, apostrophes where contractions have them.
  static func withoutArticles(_ text: String) -> String {
    text.lowercased().split(whereSeparator: \.isWhitespace).map { numerals[String($0)] ?? String($0) }
      .filter { !["a", "an", "the"].contains($0) }.map { contractions[$0] ?? $0 }.joined(separator: " ")
  }

  private static let marks = [
    ";", "/", "[", "]", "\"", "{", "}", "(", ")", "=", "+", "\\", "_", "-", ">", "<", "@", "`", ",", "?", "!",
  ]

  private static let numerals = [
    "none": "0", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10",
  ]

  /// From each form that lacks one of its apostrophes to the whole one.
  static let contractions: [String: String] = {
    let words = """
      ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't he'd he'd've he's \
      how'd how'll how's isn't it'd it'd've it'll ma'am mightn't mightn't've might've mustn't must've needn't not've o'clock \
      oughtn't 'ow's'at shan't she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's someone'd \
      someone'd've someone'll someone's something'd something'd've something'll that's there'd there'd've there're there's \
      they'd they'd've they'll they're they've 'twas wasn't we'd've we've weren't what'll what're what's what've when's \
      where'd where's where've who'd who'd've who'll who's who've why'll why're why's won't would've wouldn't wouldn't've \
      y'all y'all'll y'all'd've you'd you'd've you'll you're you've
      """
    // The one that the table of the challenge has the other way round.
    var table = ["somebody'd": "somebodyd"]
    for word in words.split(separator: " ") {
      for place in word.indices where word[place] == "'" {
        table[String(word[..<place]) + String(word[word.index(after: place)...])] = String(word)
      }
    }
    return table
  }()
}

extension String {
  func replacing(_ piece: String, with other: String) -> String {
    var (result, rest) = ("", self[...])
    while let range = rest.firstRange(of: piece) {
      result += rest[..<range.lowerBound] + other
      rest = rest[range.upperBound...]
    }
    return result + rest
  }

  func removing(_ piece: String) -> String { replacing(piece, with: "") }
}
