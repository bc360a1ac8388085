/// What rendering may take. Chat templates come from other people, so each step and each character made is counted.
public struct JinjaLimits: Sendable {
  /// Steps: evaluated expressions, characters of texts and elements of lists that are made or compared.
  public var work = 50_000_000
  /// Calls, blocks and expressions in each other.
  public var depth = 600

  public init(work: Int = 50_000_000, depth: Int = 600) {
    self.work = work
    self.depth = depth
  }
}

/// What is left of the limits while a template renders.
final class JinjaBudget {
  private let limits: JinjaLimits
  private var work = 0
  private var depth = 0

  init(_ limits: JinjaLimits) { self.limits = limits }

  func spend(_ steps: Int = 1) throws {
    let (sum, isOver) = work.addingReportingOverflow(max(steps, 0))
    guard !isOver, sum <= limits.work else {
      throw TemplateFailure(.limit("the template takes more than \(limits.work) steps"))
    }
    work = sum
  }

  /// Before something is made of `count` parts of `size` each.
  func spend(_ count: Int, times size: Int) throws {
    let (product, isOver) = max(count, 0).multipliedReportingOverflow(by: max(size, 0))
    try spend(isOver ? Int.max : product)
  }

  /// Before `part` is looked for in `text`.
  func search(_ text: MarkedText, _ part: MarkedText) throws {
    try spend(text.count)
    try spend(text.count, times: part.count / 64)
  }

  func nested<Result>(_ body: () throws -> Result) throws -> Result {
    depth += 1
    defer { depth -= 1 }
    guard depth <= limits.depth else {
      throw TemplateFailure(.limit("calls and expressions stand in each other more than \(limits.depth) deep"))
    }
    return try body()
  }
}
