import Models

/// Which positions of a prompt, by what they are: `.image.first(4)`, `.word("cat") + .last`.
///
/// A selector names prompt positions; only `.generated` names what comes after them. It is a value that prints as
/// the source that makes it, and it is resolved against one sample at a time.
public indirect enum TokenSelector: Sendable, Hashable {
  /// Every prompt position; with `.generated` added, every position there is.
  case all
  /// The patches of all images.
  case image
  /// The patches of one image, counted from 0.
  case imageNumber(Int)
  case text, system, template, generated
  /// The last prompt position.
  case last
  /// The vision tower's class tokens.
  case cls
  /// Every virtual position that there is.
  case virtual
  /// Virtual positions that an edit which names them adds: so many, at this place.
  case added(Int, Place)
  /// The first and the last n tokens of the user's text, as MRT calls them.
  case prefix(Int)
  case suffix(Int)
  /// Every token that overlaps an occurrence of this whole word in the user's text. Case matters.
  case word(String)
  /// Every token that overlaps these characters (as Swift and readers count them) of the user's text.
  case span(Range<Int>)
  case refined(TokenSelector, Refinement)
  case union(TokenSelector, TokenSelector)
  case difference(TokenSelector, TokenSelector)
  case intersection(TokenSelector, TokenSelector)

  /// Where virtual positions are added.
  public enum Place: Sendable, Hashable {
    /// Before everything else in a prompt; behind the class token in the vision tower.
    case start
    /// Before the first, or after the last, of the tokens that a selector names; nowhere in a prompt without any.
    case before(TokenSelector)
    case after(TokenSelector)
  }

  /// A choice among the positions that another selector found, in their order.
  public enum Refinement: Sendable, Hashable {
    case first(Int)
    case last(Int)
    /// The first of them and every n-th after it.
    case every(Int)
    /// n of them, uniformly spaced from the first to the last.
    case spaced(Int)
    /// By place among them: `[0..3]`, `[-1]`, `[0, 5]`.
    case index(IndexChoice)
    /// Patches of which at least `share` of the pixels lie in the box; a share of 0 asks for any overlap. Without a box
    /// it is the sample's own region.
    case roi(PixelBox?, share: Double)
    /// Patches of these rows or columns of their image.
    case rows(IndexChoice)
    case columns(IndexChoice)
  }
}

extension TokenSelector {
  public static func + (left: Self, right: Self) -> Self { .union(left, right) }
  public static func - (left: Self, right: Self) -> Self { .difference(left, right) }
  public func within(_ other: Self) -> Self { .intersection(self, other) }

  public func first(_ count: Int) -> Self { .refined(self, .first(count)) }
  public func last(_ count: Int) -> Self { .refined(self, .last(count)) }
  public func every(_ step: Int) -> Self { .refined(self, .every(step)) }
  public func spaced(_ count: Int) -> Self { .refined(self, .spaced(count)) }
  public func roi(_ box: PixelBox? = nil, share: Double = 0) -> Self { .refined(self, .roi(box, share: share)) }
  public subscript(_ index: Int) -> Self { .refined(self, .index(.items([.one(index)]))) }
  public subscript(_ range: ClosedRange<Int>) -> Self {
    .refined(self, .index(.items([.range(IndexRange(range.lowerBound, range.upperBound))])))
  }

  /// The virtual positions that an edit with this selector adds, as the selectors of those alone.
  var additions: [TokenSelector] {
    switch self {
    case .added: [self]
    case .refined(let base, _): base.additions
    case .union(let left, let right), .difference(let left, let right), .intersection(let left, let right):
      left.additions + right.additions
    default: []
    }
  }

  /// Whether it speaks of virtual positions.
  var isVirtual: Bool {
    switch self {
    case .virtual, .added: true
    case .refined(let base, _): base.isVirtual
    case .union(let left, let right), .difference(let left, let right), .intersection(let left, let right):
      left.isVirtual || right.isVirtual
    default: false
    }
  }

  /// The most positions that it names in any prompt; nil where prompts decide.
  public var mostPositions: Int? {
    switch self {
    case .last: 1
    case .added(let count, _), .prefix(let count), .suffix(let count): count
    case .refined(let base, .first(let count)), .refined(let base, .last(let count)),
      .refined(let base, .spaced(let count)):
      min(count, base.mostPositions ?? count)
    case .union(let left, let right):
      left.mostPositions.flatMap { left in right.mostPositions.map { left + $0 } }
    case .difference(let left, _): left.mostPositions
    default: nil
    }
  }

  /// Whether it can name generated positions.
  public var reachesGenerated: Bool {
    switch self {
    case .generated: true
    case .refined(let base, _): base.reachesGenerated
    case .union(let left, let right): left.reachesGenerated || right.reachesGenerated
    case .difference(let left, _): left.reachesGenerated
    case .intersection(let left, let right): left.reachesGenerated && right.reachesGenerated
    default: false
    }
  }

  /// Whether it names nothing but image patches, whatever the prompt.
  public var isImageOnly: Bool {
    switch self {
    case .image, .imageNumber, .cls: true
    case .refined(let base, _): base.isImageOnly
    case .union(let left, let right): left.isImageOnly && right.isImageOnly
    case .difference(let left, _): left.isImageOnly
    case .intersection(let left, let right): left.isImageOnly || right.isImageOnly
    default: false
    }
  }

  /// Whether it asks for the region that a sample is about.
  public var readsRegion: Bool {
    switch self {
    case .refined(_, .roi(nil, _)): true
    case .refined(let base, _): base.readsRegion
    case .union(let left, let right), .difference(let left, let right), .intersection(let left, let right):
      left.readsRegion || right.readsRegion
    default: false
    }
  }

  /// Whether a position's membership depends on tokens that are generated after it; no edit can use such a selector.
  public var needsTheEnd: Bool {
    switch self {
    case .refined(let base, let refinement):
      if base.needsTheEnd { return true }
      guard base.reachesGenerated else { return false }
      return switch refinement {
      case .last, .spaced: true
      case .index(let choice): choice.countsFromEnd
      default: false
      }
    case .union(let left, let right), .difference(let left, let right), .intersection(let left, let right):
      return left.needsTheEnd || right.needsTheEnd
    default: return false
    }
  }
}

extension TokenSelector: CustomStringConvertible {
  /// The source that makes this selector: `.image.first(2) + .image.last(2)`.
  public var description: String {
    switch self {
    case .all: ".all"
    case .image: ".image"
    case .imageNumber(let number): ".image(\(number))"
    case .text: ".text"
    case .system: ".system"
    case .template: ".template"
    case .generated: ".generated"
    case .last: ".last"
    case .cls: ".cls"
    case .virtual: ".virtual"
    case .added(let count, .start): ".virtual(\(count))"
    case .added(let count, .before(let tokens)): ".virtual(\(count), before: \(tokens))"
    case .added(let count, .after(let tokens)): ".virtual(\(count), after: \(tokens))"
    case .prefix(let count): ".prefix(\(count))"
    case .suffix(let count): ".suffix(\(count))"
    case .word(let word): ".word(\(sourceLiteral(word)))"
    case .span(let range): ".span(\(range.lowerBound)..\(range.upperBound - 1))"
    case .refined(let base, let refinement): base.asOperand + refinement.description
    case .union(let left, let right): "\(left) + \(right.asRightSide)"
    case .difference(let left, let right): "\(left) - \(right.asRightSide)"
    case .intersection(let left, let right): "\(left.asOperand).within(\(right))"
    }
  }

  private var isSum: Bool {
    switch self {
    case .union, .difference: true
    default: false
    }
  }

  private var asOperand: String { isSum ? "(\(self))" : description }
  /// `a - (b + c)` keeps its brackets; `a + b + c` is written without.
  private var asRightSide: String { isSum ? "(\(self))" : description }
}

extension TokenSelector.Refinement: CustomStringConvertible {
  public var description: String {
    switch self {
    case .first(let count): ".first(\(count))"
    case .last(let count): ".last(\(count))"
    case .every(let step): ".every(\(step))"
    case .spaced(let count): ".spaced(\(count))"
    case .index(let choice): choice.description
    case .roi(nil, let share): share > 0 ? ".roi(share: \(numberText(share)))" : ".roi"
    case .roi(let box?, let share): ".roi(\(box)" + (share > 0 ? ", share: \(numberText(share))" : "") + ")"
    case .rows(let choice): ".row" + choice.description
    case .columns(let choice): ".column" + choice.description
    }
  }
}

extension PixelBox: CustomStringConvertible {
  public var description: String { "[" + [x0, y0, x1, y1].map(numberText).joined(separator: ", ") + "]" }
}

/// A number as a script writes it: `4` rather than `4.0`, `0.5`, `1e-07`.
func numberText(_ value: Double) -> String {
  if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
  return "\(value)"
}

/// A float as a script writes it: the shortest decimal that reads back as the same float.
func numberText(_ value: Float) -> String {
  if value == value.rounded(), abs(value) < 1e7 { return String(Int(value)) }
  return "\(value)"
}

/// A string as a script writes it.
func sourceLiteral(_ text: String) -> String {
  var out = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": out += "\\\""
    case "\\": out += "\\\\"
    case "{": out += "\\{"
    case "\n": out += "\\n"
    case "\t": out += "\\t"
    default: out.unicodeScalars.append(scalar)
    }
  }
  return out + "\""
}
