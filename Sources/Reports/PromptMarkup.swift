import Figures

/// A prompt token by token, those that a selector names marked, and their patches on the picture.
public struct PromptMarkup: Sendable {
  public struct Piece: Sendable, Equatable {
    public var position: Int
    public var text: String
    /// A class of the style sheet: `system`, `image`, `text`, `template`, `generated`, `virtual`.
    public var role: String
    public var isSelected: Bool
    /// Of a patch: which picture, and its part of it.
    public var image: Int?
    public var box: Box?

    public init(
      position: Int, text: String, role: String, isSelected: Bool, image: Int? = nil, box: Box? = nil
    ) {
      self.position = position
      self.text = text
      self.role = role
      self.isSelected = isSelected
      self.image = image
      self.box = box
    }
  }

  public var pieces: [Piece]
  public var pictures: [Picture]
  public var caption: String

  public init(pieces: [Piece], pictures: [Picture] = [], caption: String = "") {
    self.pieces = pieces
    self.pictures = pictures
    self.caption = caption
  }

  var html: String {
    var stages = ""
    for (number, picture) in pictures.enumerated() {
      let boxes = pieces.filter { $0.image == number && $0.isSelected }.compactMap(\.box)
      let marks = boxes.map {
        "<rect x=\"\($0.x0)\" y=\"\($0.y0)\" width=\"\($0.x1 - $0.x0)\" height=\"\($0.y1 - $0.y0)\"/>"
      }.joined()
      stages +=
        "<div class=\"stage\" style=\"\(picture.stage)\">\(picture.html)"
        + "<svg class=\"marks\" viewBox=\"0 0 \(picture.width) \(picture.height)\" preserveAspectRatio=\"none\">\(marks)</svg></div>"
    }
    let words = "<p class=\"prompt\">\(tokens)</p>"
    let caption = caption.isEmpty ? "" : "<figcaption>\(Markup.escaped(caption))</figcaption>"
    return "<figure class=\"marked\">\(stages)\(words)\(caption)</figure>"
  }

  /// The words one by one; patches and virtual positions, of which there are many, in runs.
  private var tokens: String {
    var result = ""
    var index = 0
    while index < pieces.count {
      let piece = pieces[index]
      guard piece.role == "image" || piece.role == "virtual" else {
        let selected = piece.isSelected ? " selected" : ""
        let words = piece.text.replacing("\n", with: "↵")
        result +=
          "<span class=\"token \(Markup.escaped(piece.role))\(selected)\" title=\"position \(piece.position), \(Markup.escaped(piece.role))\">"
          + Markup.escaped(words) + "</span> "
        index += 1
        continue
      }
      let run = pieces[index...].prefix { $0.role == piece.role && $0.image == piece.image }
      let count = run.count { $0.isSelected }
      result +=
        "<span class=\"token \(piece.role)\(count > 0 ? " selected" : "")\" title=\"positions \(piece.position) to "
        + "\(piece.position + run.count - 1)\">\(piece.role) · \(run.count)\(count > 0 ? ", \(count) selected" : "")</span> "
      index += run.count
    }
    return result
  }
}

/// A rectangle in pixels of a picture.
public struct Box: Sendable, Equatable {
  public var x0: Double
  public var y0: Double
  public var x1: Double
  public var y1: Double

  public init(x0: Double, y0: Double, x1: Double, y1: Double) {
    (self.x0, self.y0, self.x1, self.y1) = (x0, y0, x1, y1)
  }
}
