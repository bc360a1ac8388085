/// The methods of Python's strings, lists and dictionaries.
extension JinjaRun {
  func method(_ name: String, of value: JinjaValue, _ given: JinjaArguments) throws -> JinjaValue {
    var arguments = given
    let result: JinjaValue
    switch value {
    case .text(let text): result = try method(name, of: text, &arguments)
    case .dictionary(let dictionary): result = try method(name, of: dictionary, &arguments)
    case .list(let list), .tuple(let list): result = try method(name, of: list, value, &arguments)
    case .loop(let loop):
      let values = Array(arguments.positional)
      if name == "changed" { return .bool(try loop.changed(values.map(contained), budget)) }
      guard !values.isEmpty else { throw TemplateFailure.operation("loop.cycle takes at least one value") }
      return values[loop.index % values.count]
    default: throw TemplateFailure.operation("\(value.kind) has no method \"\(name)\"")
    }
    do { try arguments.finish() } catch let failure as TemplateFailure {
      guard case .operation(let problem) = failure.kind else { throw failure }
      throw TemplateFailure.operation("the method \"\(name)\": \(problem)")
    }
    return result
  }

  private func method(
    _ name: String, of dictionary: JinjaDictionary, _ arguments: inout JinjaArguments
  ) throws -> JinjaValue {
    try budget.spend(dictionary.count)
    switch name {
    case "items": return .list(dictionary.entries)
    case "keys": return .list(dictionary.keys)
    case "values": return .list(dictionary.values)
    case "copy": return .dictionary(dictionary)
    default:
      let key = try arguments.required("key")
      let fallback = try arguments.next("default") ?? .none
      guard let hashed = key.key else { throw TemplateFailure.operation("\(key.kind) cannot be a dictionary's key") }
      return dictionary.value(hashed) ?? fallback
    }
  }

  private func method(
    _ name: String, of list: JinjaList, _ value: JinjaValue, _ arguments: inout JinjaArguments
  ) throws -> JinjaValue {
    if name == "copy" { return value }
    let wanted = try arguments.required("value")
    let places = try list.elements.indices.filter { try list.elements[$0].equals(wanted, budget) }
    if name == "count" { return .integer(places.count) }
    guard let first = places.first else { throw TemplateFailure.operation("the value is not in the list") }
    return .integer(first)
  }

  private func method(_ name: String, of text: MarkedText, _ arguments: inout JinjaArguments) throws -> JinjaValue {
    try budget.spend(text.count)
    switch name {
    case "strip", "lstrip", "rstrip":
      let characters = try arguments.text("chars")
      try budget.spend(text.count, times: (characters?.count ?? 0) / 16)
      return .text(text.stripped(characters, start: name != "rstrip", end: name != "lstrip"))
    case "split", "rsplit":
      let separator = try arguments.text("sep")
      let limit = try arguments.integer("maxsplit", or: -1)
      guard separator?.isEmpty != true else { throw TemplateFailure.operation("\(name) takes no empty separator") }
      if let separator { try budget.search(text, separator) }
      return .list(text.split(separator, limit: limit, fromEnd: name == "rsplit").map { .text($0) })
    case "splitlines": return .list(text.lines(keepingEnds: try arguments.flag("keepends")).map { .text($0) })
    case "partition", "rpartition":
      let separator = try arguments.requiredText("sep")
      guard !separator.isEmpty else { throw TemplateFailure.operation("\(name) takes no empty separator") }
      try budget.search(text, separator)
      return .tuple(JinjaList(partition(text, separator, fromEnd: name == "rpartition").map { .text($0) }))
    case "startswith", "endswith": return try affix(name, text, &arguments)
    case "removeprefix":
      let prefix = try arguments.requiredText("prefix")
      return .text(text.starts(with: prefix) ? text[prefix.count..<text.count] : text)
    case "removesuffix":
      let suffix = try arguments.requiredText("suffix")
      return .text(text.ends(with: suffix) ? text[0..<text.count - suffix.count] : text)
    case "replace":
      let old = try arguments.requiredText("old")
      let new = try arguments.requiredText("new")
      return .text(try replaced(text, old, new, try arguments.integer("count", or: -1)))
    case "find", "index", "rfind", "rindex", "count": return try search(name, text, &arguments)
    case "join": return .text(try joined(arguments.required("iterable").elements(), text, strings: true))
    case "format": return .text(try braceFormat(text, &arguments))
    case "upper": return .text(text.uppercased)
    case "lower", "casefold": return .text(text.lowercased)
    case "title": return .text(text.titled)
    case "capitalize": return .text(text.capitalized)
    case "swapcase": return .text(text.swapped)
    case "center", "ljust", "rjust", "zfill", "expandtabs": return try padded(name, text, &arguments)
    default: return .bool(text.holds(name))
    }
  }

  func replaced(_ text: MarkedText, _ old: MarkedText, _ new: MarkedText, _ limit: Int) throws -> MarkedText {
    try budget.search(text, old)
    // An empty text is replaced between all characters.
    try budget.spend(old.isEmpty ? text.count + 1 : text.count / old.count, times: new.count)
    return text.replacing(old, with: new, limit: limit)
  }

  private func partition(_ text: MarkedText, _ separator: MarkedText, fromEnd: Bool) -> [MarkedText] {
    guard let place = fromEnd ? text.findLast(separator) : text.find(separator) else {
      return fromEnd ? ["", "", text] : [text, "", ""]
    }
    let end = place + separator.count
    return [text[0..<place], text[place..<end], text[end..<text.count]]
  }

  private func affix(_ name: String, _ text: MarkedText, _ arguments: inout JinjaArguments) throws -> JinjaValue {
    let wanted = try arguments.required("prefix")
    let start = try arguments.integer("start", or: 0)
    let end = try arguments.integer("end", or: text.count)
    guard case .text(let part) = try slice(.text(text), start, end, nil) else { return .bool(false) }
    let choices: [JinjaValue] = if case .tuple(let list) = wanted { list.elements } else { [wanted] }
    for choice in choices {
      guard case .text(let affix) = choice else {
        throw TemplateFailure.operation("\(name) takes a string or a tuple of strings, found \(choice.kind)")
      }
      if name == "startswith" ? part.starts(with: affix) : part.ends(with: affix) { return .bool(true) }
    }
    return .bool(false)
  }

  private func search(_ name: String, _ text: MarkedText, _ arguments: inout JinjaArguments) throws -> JinjaValue {
    let wanted = try arguments.requiredText("sub")
    let start = try arguments.integer("start", or: 0)
    let end = try arguments.integer("end", or: text.count)
    try budget.search(text, wanted)
    guard case .text(let part) = try slice(.text(text), start, end, nil) else { return .integer(-1) }
    if name == "count" { return .integer(part.occurrences(of: wanted)) }
    let base = min(max(start < 0 ? start + text.count : start, 0), text.count)
    if let place = name.hasPrefix("r") ? part.findLast(wanted) : part.find(wanted) { return .integer(base + place) }
    guard name.hasSuffix("find") else { throw TemplateFailure.operation("\(name): the string is not there") }
    return .integer(-1)
  }

  private func padded(_ name: String, _ text: MarkedText, _ arguments: inout JinjaArguments) throws -> JinjaValue {
    if name == "expandtabs" {
      let size = try arguments.integer("tabsize", or: 8)
      try budget.spend(text.count, times: max(size, 0))
      return .text(text.tabsExpanded(size))
    }
    guard let width = try arguments.required("width").integer else {
      throw TemplateFailure.operation("\(name) takes a width")
    }
    let fill = name == "zfill" ? "0" : try arguments.text("fillchar") ?? " "
    guard fill.count == 1 else { throw TemplateFailure.operation("\(name) fills with one character") }
    return .text(try padded(text, width, name, fill))
  }

  /// - Parameter name: the method of a string that pads so.
  func padded(_ text: MarkedText, _ width: Int, _ name: String, _ fill: MarkedText = " ") throws -> MarkedText {
    guard width > text.count else { return text }
    let missing = width - text.count
    // What does not divide evenly goes to the left when the width is odd, as in CPython.
    let left = name == "center" ? missing / 2 + (missing & width & 1) : name == "ljust" ? 0 : missing
    var result = MarkedText([])
    var body = text
    if name == "zfill", let sign = text.scalars.first, sign == "-" || sign == "+" {
      result = text[0..<1]
      body = text[1..<text.count]
    }
    result.append(try repeated(fill, left))
    result.append(body)
    result.append(try repeated(fill, missing - left))
    return result
  }

  /// - Parameter strings: whether only strings may be joined; otherwise other values are printed.
  func joined(_ elements: [JinjaValue], _ separator: MarkedText, strings: Bool = false) throws -> MarkedText {
    var result = MarkedText([])
    for (place, element) in elements.enumerated() {
      if strings, case .text = element {
      } else if strings {
        throw TemplateFailure.operation("join takes strings, found \(element.kind)")
      }
      let part = try element.printed(budget)
      try budget.spend(part.count + separator.count + 1)
      if place > 0 { result.append(separator) }
      result.append(part)
    }
    return result
  }
}

extension MarkedText {
  /// The questions of `str.isdigit` and its like.
  fileprivate func holds(_ name: String) -> Bool {
    if name == "isascii" { return scalars.allSatisfy(\.isASCII) }
    guard !isEmpty else { return false }
    switch name {
    case "isalpha": return scalars.allSatisfy(\.isPythonLetter)
    case "isalnum": return scalars.allSatisfy { $0.isPythonLetter || $0.properties.numericType != nil }
    case "isdecimal": return scalars.allSatisfy { $0.properties.numericType == .decimal }
    case "isdigit":
      return scalars.allSatisfy { $0.properties.numericType == .decimal || $0.properties.numericType == .digit }
    case "isnumeric": return scalars.allSatisfy { $0.properties.numericType != nil }
    case "isspace": return scalars.allSatisfy(\.isPythonSpace)
    case "isupper": return isUppercase
    case "islower": return isLowercase
    default: return titled.scalars == scalars && scalars.contains { $0.properties.isCased }
    }
  }

  var isUppercase: Bool {
    let cased = scalars.filter(\.properties.isCased)
    return !cased.isEmpty
      && cased.allSatisfy { !$0.properties.isLowercase && $0.properties.generalCategory != .titlecaseLetter }
  }

  var isLowercase: Bool {
    let cased = scalars.filter(\.properties.isCased)
    return !cased.isEmpty && cased.allSatisfy(\.properties.isLowercase)
  }

  fileprivate func tabsExpanded(_ size: Int) -> MarkedText {
    var column = 0
    return mapped { _, scalar, result in
      switch scalar {
      case "\t":
        let width = size > 0 ? size - column % size : 0
        result += repeatElement(" ", count: width)
        column += width
      case "\n", "\r":
        result.append(scalar)
        column = 0
      default:
        result.append(scalar)
        column += 1
      }
    }
  }
}

extension Unicode.Scalar {
  fileprivate var isPythonLetter: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }
}
