import Interventions

/// What a caller says of a file beyond what the file says.
public struct ForeignOptions: Sendable {
  public enum Value: Sendable {
    case integer(Int)
    case number(Double)
    case flag(Bool)
    case text(String)
    case tokens(TokenSelector)
    case list([Value])

    var summary: String {
      switch self {
      case .integer(let value): "\(value)"
      case .number(let value): "\(value)"
      case .flag(let value): "\(value)"
      case .text(let text): "\"\(text)\""
      case .tokens(let tokens): "\(tokens)"
      case .list(let values): "[" + values.map(\.summary).joined(separator: ", ") + "]"
      }
    }
  }

  /// On which tokens edits act whose file does not say it.
  public var tokens: TokenSelector?
  /// The other options by name, as `options: (layer: 15)`.
  public var values: [(name: String, value: Value)]

  public init(tokens: TokenSelector? = nil, _ values: [(name: String, value: Value)] = []) {
    self.tokens = tokens
    self.values = values
  }

  public subscript(_ name: String) -> Value? { values.first { $0.name == name }?.value }

  /// - Returns: nil where the option is not given.
  /// - Throws: `InteropError.option` for another kind of value, naming the file.
  public func integer(_ name: String, in range: some RangeExpression<Int>, file: String) throws -> Int? {
    guard let value = self[name] else { return nil }
    guard case .integer(let number) = value, range.contains(number) else {
      throw InteropError(file, .option(name: name, expected: "an integer in \(range)", found: value.summary))
    }
    return number
  }

  public func number(_ name: String, file: String) throws -> Double? {
    switch self[name] {
    case nil: return nil
    case .integer(let value)?: return Double(value)
    case .number(let value)?: return value
    case let value?: throw InteropError(file, .option(name: name, expected: "a number", found: value.summary))
    }
  }

  public func flag(_ name: String, file: String) throws -> Bool? {
    guard let value = self[name] else { return nil }
    guard case .flag(let flag) = value else {
      throw InteropError(file, .option(name: name, expected: "true or false", found: value.summary))
    }
    return flag
  }

  /// One of a few words.
  public func choice(_ name: String, of known: [String], file: String) throws -> String? {
    guard let value = self[name] else { return nil }
    guard case .text(let text) = value, known.contains(text) else {
      throw InteropError(
        file, .option(name: name, expected: listing(known.map { "\"\($0)\"" }, limit: 20), found: value.summary))
    }
    return text
  }
}

/// Something that a format's files leave open, and that a caller may say.
public struct ForeignOption: Sendable {
  /// `tokens` is given by itself, every other one within `options`.
  public let name: String
  public let meaning: String

  public init(_ name: String, _ meaning: String) {
    self.name = name
    self.meaning = meaning
  }
}

/// What an option came to in one file: shown on the card.
public struct ForeignChoice: Sendable, Equatable {
  public let name: String
  public let value: String
  /// Whether nobody said it: it is the default.
  public let isDefault: Bool
  /// Why it had to be chosen: "the file does not say".
  public let reason: String

  public init(_ name: String, _ value: String, isDefault: Bool, _ reason: String) {
    self.name = name
    self.value = value
    self.isDefault = isDefault
    self.reason = reason
  }
}
