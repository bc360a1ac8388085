extension Conflict {
  /// How a prompt leads to one of the two sources: the baselines that steering is compared with (AMPS, table 2).
  public enum Style: String, CaseIterable, Sendable {
    /// The question ends in an instruction which source to use.
    case instruction
    /// The instruction comes after a request to look at the source before answering. The miniature answers in one
    /// word whatever it is asked, so this is a wording, not a chain of thought that could be read.
    case thought
    /// Examples of other conflicts, in words, come before the question, answered from the source; no instruction.
    case examples
  }

  /// - Parameter shots: how many examples there are.
  public func prompt(_ instruction: Instruction, style: Style, shots: Int = 3) -> String {
    switch style {
    case .instruction: prompt(instruction)
    case .thought:
      ([prompt(), instruction.thought] + [self.instruction(instruction)].compactMap { $0 }).joined(separator: " ")
    case .examples: (examples(instruction, shots) + [prompt()]).joined(separator: " ")
    }
  }

  /// Examples about the same attribute, with other values than the item's own where there are enough of them. Without
  /// a side to lead to, every second one is answered from the text.
  private func examples(_ instruction: Instruction, _ shots: Int) -> [String] {
    var draws = examples
    let others = attribute.values.filter { $0 != imageAnswer && $0 != textAnswer }
    let values = others.count < 2 ? attribute.values : others
    return (0..<max(shots, 0)).map { shot in
      let shown = draws.below(values.count)
      let said = (shown + 1 + draws.below(values.count - 1)) % values.count
      let isShown = instruction == .neutral ? shot % 2 == 0 : instruction == .image
      return "if the text says \(values[said]) and the image says \(values[shown]) answer "
        + "\(values[isShown ? shown : said]) ."
    }
  }
}

extension Conflict.Instruction {
  fileprivate var thought: String {
    switch self {
    case .neutral: "describe the image and tell me what the text says before you answer ."
    case .image: "describe the image before you answer ."
    case .text: "tell me what the text says before you answer ."
    }
  }
}
