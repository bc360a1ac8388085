extension Conflict {
  /// How a prompt leads to one of the two sources: the baselines that steering is compared with (AMPS, table 2).
  public enum Style: String, CaseIterable, Sendable {
    /// The question ends in an instruction which source to use.
    case instruction
    /// A request to look at the source before answering comes first. The miniature answers in one word whatever it is
    /// asked, so this is a wording, not a chain of thought that could be read.
    case thought
    /// Earlier turns of the conversation answer other conflicts from the source, under the same instruction. A prompt
    /// has one picture, so what theirs showed is known from the answers only.
    case examples
  }

  /// - Parameter shots: how many examples there are.
  public func prompt(_ instruction: Instruction, style: Style, shots: Int = 2) -> String {
    switch style {
    case .instruction: prompt(instruction)
    case .thought: "\(instruction.thought) \(prompt(instruction))"
    case .examples: (examples(instruction, shots) + [prompt(instruction)]).joined(separator: " user : ")
    }
  }

  /// Turns about the same attribute, with other values than the item's own where there are enough of them. Without a
  /// side to lead to, every second one is answered from the text.
  private func examples(_ instruction: Instruction, _ shots: Int) -> [String] {
    var draws = examples
    let others = attribute.values.filter { $0 != imageAnswer && $0 != textAnswer }
    let values = others.count < 2 ? attribute.values : others
    return (0..<max(shots, 0)).map { shot in
      let shown = draws.below(values.count)
      let said = (shown + 1 + draws.below(values.count - 1)) % values.count
      let isShown = instruction == .neutral ? shot % 2 == 0 : instruction == .image
      let turn = [Context([(attribute, values[said])], &draws).text, Questions.draw(attribute, &draws)]
      let ending = [self.instruction(instruction)].compactMap { $0 } + ["assistant :", values[isShown ? shown : said]]
      return (turn + ending).joined(separator: " ")
    }
  }
}

extension Conflict.Instruction {
  fileprivate var thought: String {
    switch self {
    case .neutral: "see what is in the image and what the text says before you answer ."
    case .image: "see what is in the image before you answer ."
    case .text: "see what the text says before you answer ."
    }
  }
}
