import Interventions
import Models
import Tensors

/// What an adapter comes to in one model, while it is put together.
struct PeftEdits {
  let target: PeftTarget
  private(set) var edits: [ForeignEdit] = []
  private(set) var notes: [String] = []

  init(target: PeftTarget) { self.target = target }

  mutating func add(
    _ operation: String, _ arguments: [OperatorArgument] = [], at part: PeftTarget.Part,
    _ parameters: [ForeignEdit.Parameter], on tokens: TokenSelector = .all
  ) {
    edits.append(ForeignEdit(at: part.place, on: tokens, operation, arguments, parameters: parameters))
  }

  mutating func add(_ edit: ForeignEdit) { edits.append(edit) }

  mutating func note(_ text: String) { if !notes.contains(text) { notes.append(text) } }
}
