/// What the positions of one sample's sequence are: the facts that token selectors resolve against.
///
/// A sequence that differs from another is made from a copy, so that what it does not change it keeps.
public struct TokenContext: Sendable {
  /// The role of a position.
  public enum Role: UInt8, Sendable {
    /// `<bos>` and the template's words before the user's text, a system message included.
    case system
    /// One image patch.
    case image
    /// The user's text.
    case text
    /// The template's words after the user's text (`assistant :`).
    case template
    /// Produced by generation.
    case generated
    /// No token: a position that an intervention added to the prompt. Its embedding is zero until something is put there.
    case virtual
  }

  /// The prompt's tokens, then the generated ones.
  public var tokens: [Token]
  /// Number of prompt positions; tokens from here on were generated.
  public var promptCount: Int
  public var images: [ImageTokens]
  /// The user's text, which `Token.characters` counts in; selectors by word search here.
  public var userText: String
  /// The part of the picture that the sample is about, where somebody said so.
  public var region: PixelBox?
  /// Positions that interventions added, which belong to no text and no image.
  public var virtual: [VirtualTokens]

  public init(
    tokens: [Token], promptCount: Int, images: [ImageTokens], userText: String = "", region: PixelBox? = nil,
    virtual: [VirtualTokens] = []
  ) {
    self.tokens = tokens
    self.promptCount = promptCount
    self.images = images
    self.userText = userText
    self.region = region
    self.virtual = virtual
  }

  /// The same sequence with generated tokens after all that it has.
  public func appending(_ generated: some Sequence<Int>, text: (Int) -> String = { _ in "" }) -> TokenContext {
    var longer = self
    longer.tokens += generated.map { Token(id: $0, role: .generated, text: text($0), characters: nil) }
    return longer
  }

  /// Positions that were added together.
  public struct VirtualTokens: Sendable, Equatable {
    /// What asked for them.
    public let name: String
    public var positions: Range<Int>

    public init(name: String, positions: Range<Int>) {
      self.name = name
      self.positions = positions
    }
  }

  public struct Token: Sendable {
    public let id: Int
    public let role: Role
    /// The token's text as decoded on its own.
    public let text: String
    /// UTF-8 range in the user's text, for `text` tokens.
    public let characters: Range<Int>?

    public init(id: Int, role: Role, text: String, characters: Range<Int>?) {
      self.id = id
      self.role = role
      self.text = text
      self.characters = characters
    }
  }
}

/// A rectangle in pixels of an image as given, right and bottom edge excluded.
public struct PixelBox: Sendable, Hashable {
  public let x0: Double
  public let y0: Double
  public let x1: Double
  public let y1: Double

  public init(x0: Double, y0: Double, x1: Double, y1: Double) {
    self.x0 = x0
    self.y0 = y0
    self.x1 = x1
    self.y1 = y1
  }
}
