/// A drawing of numbers over numbers, of values by category, or of how values are distributed.
///
///     try Plot.line([0.2, 0.5, 0.4], title: "loss", x: "step", y: "loss").save(to: "loss.png")
public struct Plot: Sendable, Equatable {
  /// How a curve is drawn.
  public enum Style: Sendable { case line, points }

  /// Points in the order in which a line joins them. Points that are not finite are left out and break the line.
  public struct Curve: Sendable, Equatable {
    public let name: String
    public let style: Style
    public let x: [Double]
    public let y: [Double]

    /// - Throws: `FigureError.seriesLength`.
    public init(_ name: String = "", x: [Double], y: [Double], style: Style = .line) throws(FigureError) {
      guard x.count == y.count else { throw .seriesLength(name: name, x: x.count, y: y.count) }
      self.name = name
      self.style = style
      self.x = x
      self.y = y
    }

    /// A line over 0, 1, 2, …
    public init(_ name: String = "", y: [Double], style: Style = .line) {
      self.name = name
      self.style = style
      x = y.indices.map(Double.init)
      self.y = y
    }
  }

  /// One value for each category.
  public struct Bars: Sendable, Equatable {
    public let name: String
    public let values: [Double]

    public init(_ name: String = "", values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  enum Content: Sendable, Equatable {
    case curves([Curve])
    case bars(categories: [String], [Bars])
    case histogram(Histogram)
  }

  public var title: String
  /// Names of the axes; empty for none.
  public var x: String
  public var y: String
  let content: Content

  /// Several curves in one frame.
  public init(_ curves: [Curve], title: String = "", x: String = "", y: String = "") {
    self.init(.curves(curves), title: title, x: x, y: y)
  }

  private init(_ content: Content, title: String, x: String, y: String) {
    self.content = content
    self.title = title
    self.x = x
    self.y = y
  }

  /// A line over 0, 1, 2, …
  public static func line(_ values: [Double], title: String = "", x: String = "", y: String = "") -> Plot {
    Plot([Curve(y: values)], title: title, x: x, y: y)
  }

  /// Points that are not joined.
  public static func scatter(
    x: [Double], y: [Double], title: String = "", xName: String = "", yName: String = ""
  ) throws(FigureError) -> Plot {
    Plot([try Curve(x: x, y: y, style: .points)], title: title, x: xName, y: yName)
  }

  /// One bar for each category and series.
  /// - Throws: `FigureError.categoryCount`.
  public static func bar(
    _ categories: [String], _ series: [Bars], title: String = "", x: String = "", y: String = ""
  ) throws(FigureError) -> Plot {
    for bars in series where bars.values.count != categories.count {
      throw .categoryCount(name: bars.name, found: bars.values.count, expected: categories.count)
    }
    return Plot(.bars(categories: categories, series), title: title, x: x, y: y)
  }

  /// How many values fall into each of `bins` ranges of equal width; the number is chosen from the data when nil.
  public static func histogram(
    _ values: [Double], bins: Int? = nil, title: String = "", x: String = "", y: String = "count"
  ) -> Plot {
    Plot(.histogram(Histogram(values, bins: bins)), title: title, x: x, y: y)
  }
}
