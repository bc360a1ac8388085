/// A test: what `is` asks.
typealias JinjaTest = @Sendable (JinjaRun, JinjaValue, inout JinjaArguments) throws -> Bool

extension JinjaRun {
  static let tests: [String: JinjaTest] = {
    var tests = kindTests
    for (names, comparison) in [
      (["eq", "equalto", "=="], .equal), (["ne", "!="], .notEqual), (["lt", "lessthan", "<"], .less),
      (["le", "<="], .lessOrEqual), (["gt", "greaterthan", ">"], .greater), (["ge", ">="], .greaterOrEqual),
      (["in"], .isIn),
    ] as [([String], JinjaComparison)] {
      for name in names {
        tests[name] = { run, value, arguments in
          try run.holds(value, comparison, arguments.required("other"))
        }
      }
    }
    return tests
  }()

  static let testNames = Set(tests.keys)

  func test(_ name: String, _ value: JinjaValue, _ given: JinjaArguments) throws -> Bool {
    guard let test = Self.tests[name] else {
      throw TemplateFailure(.unsupported("the test \"\(name)\"", read: Self.testNames.sorted()))
    }
    var arguments = given
    let result = try test(self, value, &arguments)
    try arguments.finish()
    return result
  }

  private static let kindTests: [String: JinjaTest] = [
    "boolean": { _, value, _ in if case .bool = value { true } else { false } },
    "callable": { _, value, _ in if case .function = value { true } else { false } },
    "defined": { _, value, _ in !value.isUndefined },
    "divisibleby": { run, value, arguments in
      let number = try arguments.required("num")
      return try run.arithmetic(value, .remainder, number).equals(.integer(0), run.budget)
    },
    "even": { run, value, _ in try run.arithmetic(value, .remainder, .integer(2)).equals(.integer(0), run.budget) },
    "false": { _, value, _ in if case .bool(false) = value { true } else { false } },
    "filter": { _, value, _ in if case .text(let name) = value { filterNames.contains(name.string) } else { false } },
    "float": { _, value, _ in if case .float = value { true } else { false } },
    "integer": { _, value, _ in if case .integer = value { true } else { false } },
    "iterable": { _, value, _ in
      switch value {
      case .none, .bool, .integer, .float, .function, .namespace: false
      default: true
      }
    },
    "lower": { run, value, _ in try run.text(value).isLowercase },
    "mapping": { _, value, _ in if case .dictionary = value { true } else { false } },
    "none": { _, value, _ in if case .none = value { true } else { false } },
    "number": { _, value, _ in value.number != nil },
    "odd": { run, value, _ in try run.arithmetic(value, .remainder, .integer(2)).equals(.integer(1), run.budget) },
    "sameas": { run, value, arguments in
      let other = try arguments.required("other")
      return try value.kind == other.kind && value.equals(other, run.budget)
    },
    "sequence": { _, value, _ in
      switch value {
      case .text, .list, .tuple, .dictionary, .undefined: true
      default: false
      }
    },
    "string": { _, value, _ in if case .text = value { true } else { false } },
    "test": { _, value, _ in if case .text(let name) = value { testNames.contains(name.string) } else { false } },
    "true": { _, value, _ in if case .bool(true) = value { true } else { false } },
    "undefined": { _, value, _ in value.isUndefined },
    "upper": { run, value, _ in try run.text(value).isUppercase },
  ]
}
