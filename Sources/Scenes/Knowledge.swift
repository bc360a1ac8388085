/// Facts that need no image: small sums, opposites, what things look like.
enum Knowledge {
  static let facts: [(question: String, answer: String)] = sums + opposites + things + mixtures

  private static let numbers = Attribute.digit.values

  private static var sums: [(question: String, answer: String)] {
    var facts: [(question: String, answer: String)] = []
    for (a, first) in numbers.enumerated() {
      if a < 9 {
        facts.append(("what comes after \(first) ?", numbers[a + 1]))
        facts.append(("what comes before \(numbers[a + 1]) ?", first))
      }
      facts += numbers[...(9 - a)].enumerated().map { b, second in
        ("what is \(first) plus \(second) ?", numbers[a + b])
      }
      facts += numbers[...a].enumerated().map { b, second in ("what is \(first) minus \(second) ?", numbers[a - b]) }
    }
    return facts
  }

  private static var opposites: [(question: String, answer: String)] {
    [
      ("left", "right"), ("top", "bottom"), ("small", "large"), ("black", "white"), ("day", "night"), ("hot", "cold"),
      ("up", "down"), ("good", "bad"),
    ].flatMap { [("what is the opposite of \($0) ?", $1), ("what is the opposite of \($1) ?", $0)] }
  }

  private static var things: [(question: String, answer: String)] {
    let colors = [
      ("grass", "green"), ("snow", "white"), ("blood", "red"), ("coal", "black"), ("sky", "blue"),
      ("banana", "yellow"), ("chocolate", "brown"), ("night", "black"), ("frog", "green"), ("tomato", "red"),
    ]
    let corners = [
      ("triangle", "three"), ("square", "four"), ("circle", "zero"), ("diamond", "four"), ("heart", "zero"),
    ]
    let legs = [
      ("dog", "four"), ("bird", "two"), ("spider", "eight"), ("ant", "six"), ("fish", "zero"), ("horse", "four"),
    ]
    return colors.map { ("what is the color of \($0) ?", $1) }
      + corners.map { ("how many corners does a \($0) have ?", $1) }
      + legs.map { ("how many legs does a \($0) have ?", $1) }
  }

  private static var mixtures: [(question: String, answer: String)] {
    [
      ("red", "yellow", "orange"), ("blue", "yellow", "green"), ("red", "blue", "purple"), ("red", "white", "pink"),
      ("blue", "green", "cyan"), ("black", "white", "gray"),
    ].flatMap { first, second, mixture in
      [
        ("what do you get if you mix \(first) and \(second) ?", mixture),
        ("what do you get if you mix \(second) and \(first) ?", mixture),
      ]
    }
  }
}
