import Checkpoints
import Foundation

/// The values that `rank_pattern` and `alpha_pattern` give to modules: names' ends, or Python's regular expressions.
///
/// peft takes the first key k for which `(.*\.)?(k)$` matches the whole name of a module.
struct PeftPattern: @unchecked Sendable {
  private let entries: [(key: String, expression: NSRegularExpression, value: Double)]

  /// Longer ones, and more of them, no training run writes.
  private static let longest = 1000
  private static let most = 4096

  init(_ field: Field) throws {
    guard field.exists else {
      entries = []
      return
    }
    let keys = try field.object().keys
    guard keys.count <= Self.most else { throw field.mustBe("at most \(Self.most) patterns") }
    entries = try keys.map { key in
      guard key.utf8.count <= Self.longest, let expression = try? NSRegularExpression(pattern: "(?:.*\\.)?(?:\(key))$")
      else { throw field.mustBe("an object whose keys are module names or regular expressions; \"\(key)\" is none") }
      return (key, expression, try field[key].number())
    }
  }

  /// The value of the first pattern that matches a module's name; nil where none does.
  ///
  /// A pattern that takes too long to be tried on a name matches nothing.
  func value(for module: String) -> Double? {
    entries.first { entry in
      // A whole name is the usual key.
      if module == entry.key { return true }
      let whole = NSRange(module.startIndex..., in: module)
      var (found, steps) = (false, 0)
      entry.expression.enumerateMatches(in: module, options: [.anchored, .reportProgress], range: whole) {
        match, flags, stop in
        steps += 1
        if match?.range == whole { found = true }
        if match != nil || steps > 1000 { stop.pointee = true }
      }
      return found
    }?.value
  }
}
