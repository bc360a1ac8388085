/// What was said so far: turns of a user, who may show pictures, and of the assistant.
public struct Conversation: Sendable {
  public enum Role: String, Sendable {
    case user, assistant
  }

  public struct Turn: Sendable {
    public let role: Role
    public let text: String
    /// Shown before the text.
    public let images: [PreparedImage]

    public static func user(_ text: String, images: [PreparedImage] = []) -> Turn {
      Turn(role: .user, text: text, images: images)
    }

    public static func assistant(_ text: String) -> Turn { Turn(role: .assistant, text: text, images: []) }
  }

  /// What the assistant is told before all turns; nil for what the template says by itself.
  public let system: String?
  public let turns: [Turn]

  public init(system: String? = nil, _ turns: [Turn]) {
    self.system = system
    self.turns = turns
  }

  /// All pictures, in order.
  public var images: [PreparedImage] { turns.flatMap(\.images) }

  /// The texts of all turns, one a line: what `TokenContext.userText` is.
  var text: String { turns.map(\.text).joined(separator: "\n") }

  /// Whether it is the assistant's turn.
  var awaitsAnswer: Bool { turns.last?.role != .assistant }
}
