/// The operations that have a derivative. A test checks every one of them against finite differences.
public enum Rule: String, CaseIterable, Sendable {
  case add, subtract, multiply, divide
  case checkpoint
}
