/// One value of a table.
public enum Cell: Sendable, Equatable {
  case missing
  case string(String)
  case int(Int)
  case float(Double)
  case bool(Bool)

  /// A single-precision number as the shortest decimal that stands for it, so that 0.1 is kept as 0.1 and not as
  /// 0.10000000149011612.
  public init(_ value: Float) {
    self = .float(value.isFinite ? Double("\(value)") ?? Double(value) : Double(value))
  }

  /// The value for readers: a float with so many significant digits, all else in full.
  public func short(digits: Int) -> String {
    if case .float(let value) = self { Numerals.general(value, digits: digits) } else { text }
  }

  /// The value in full, as files carry it; missing is empty text.
  public var text: String {
    switch self {
    case .missing: ""
    case .string(let text): text
    case .int(let value): "\(value)"
    case .float(let value): value.isNaN ? "nan" : "\(value)"
    case .bool(let value): "\(value)"
    }
  }
}

extension Cell: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .float(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(nilLiteral: ()) { self = .missing }
}

/// A named column whose cells are all of one type, or missing.
public struct Column: Sendable, Equatable {
  public enum Kind: String, Sendable { case string, int, float, bool }

  public let name: String
  public let kind: Kind
  public let cells: [Cell]

  /// The column's type is the one that holds every cell: integers beside floats become floats, any other mixture
  /// becomes text. A column with nothing but missing cells counts as text.
  public init(_ name: String, _ cells: [Cell]) {
    self.name = name
    kind = Column.kind(of: cells)
    switch kind {
    case .float:
      self.cells = cells.map { if case .int(let value) = $0 { .float(Double(value)) } else { $0 } }
    case .string:
      self.cells = cells.map { $0 == .missing ? .missing : .string($0.text) }
    case .int, .bool:
      self.cells = cells
    }
  }

  private static func kind(of cells: [Cell]) -> Kind {
    var found: Kind?
    for cell in cells {
      let next: Kind
      switch cell {
      case .missing: continue
      case .string: return .string
      case .int: next = .int
      case .float: next = .float
      case .bool: next = .bool
      }
      switch (found, next) {
      case (nil, _): found = next
      case (.int, .float), (.float, .int): found = .float
      case (let known?, _): if known != next { return .string }
      }
    }
    return found ?? .string
  }

  public var isNumeric: Bool { kind == .int || kind == .float }
}
