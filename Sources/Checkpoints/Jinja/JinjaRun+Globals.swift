/// What every template can call.
extension JinjaRun {
  static let globals: Set = ["dict", "namespace", "raise_exception", "range", "strftime_now"]

  func global(_ name: String, _ given: JinjaArguments) throws -> JinjaValue {
    var arguments = given
    switch name {
    case "range": return try range(arguments)
    case "raise_exception":
      let message = try text(arguments.required("message"))
      throw TemplateFailure(.raised(message.string))
    case "strftime_now":
      let format = try arguments.requiredText("format").string
      try arguments.finish()
      guard format.utf8.count <= 256, !format.utf8.contains(0) else {
        throw TemplateFailure.operation("a format of dates has at most 256 bytes")
      }
      return .text(clock(format))
    default:
      var dictionary = JinjaDictionary()
      if let first = arguments.positional.popFirst() {
        if case .dictionary(let given) = first {
          dictionary = given
        } else {
          for pair in try first.elements() {
            let entry = try pair.elements()
            guard entry.count == 2 else { throw TemplateFailure.operation("\(name) takes pairs of a key and a value") }
            try put(entry[1], under: entry[0], into: &dictionary)
          }
        }
      }
      for (name, value) in arguments.named { dictionary.set(name, try contained(value)) }
      arguments.named = []
      try arguments.finish()
      return name == "dict" ? .dictionary(dictionary) : namespace(dictionary)
    }
  }

  /// Jinja's sandbox bounds ranges so.
  private static let longestRange = 100_000

  private func range(_ arguments: JinjaArguments) throws -> JinjaValue {
    let bounds = try arguments.positional.map { value in
      guard let integer = value.integer else {
        throw TemplateFailure.operation("range takes integers, found \(value.kind)")
      }
      return integer
    }
    guard (1...3).contains(bounds.count), arguments.named.isEmpty else {
      throw TemplateFailure.operation("range takes one to three integers")
    }
    let (start, stop) = bounds.count == 1 ? (0, bounds[0]) : (bounds[0], bounds[1])
    let step = bounds.count == 3 ? bounds[2] : 1
    guard step != 0 else { throw TemplateFailure.operation("the step of a range cannot be 0") }
    guard step > 0 ? start < stop : start > stop else { return .list([]) }
    let distance = start.distance(to: stop, over: step)
    guard distance <= Self.longestRange else {
      throw TemplateFailure(.limit("a range of more than \(Self.longestRange) numbers"))
    }
    try budget.spend(distance)
    return .list((0..<distance).map { .integer(start + $0 * step) })
  }
}

extension Int {
  /// How many steps lie between two integers, rounded up; a huge number where that overflows.
  fileprivate func distance(to stop: Int, over step: Int) -> Int {
    let (distance, isOver) = step > 0 ? stop.subtractingReportingOverflow(self) : subtractingReportingOverflow(stop)
    if isOver { return Int.max }
    let size = step.magnitude
    return Int((distance.magnitude - 1) / size + 1)
  }
}
