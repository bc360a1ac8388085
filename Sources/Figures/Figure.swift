/// Something that can be shown in a terminal, exported as data and drawn to a file.
public protocol Figure: Sendable {
  /// Lines for a terminal, without a newline at the end.
  func rendered(on terminal: Terminal) -> String
  /// The numbers behind the figure.
  var table: Table { get }
  /// What gnuplot is to draw, without the terminal and output settings; nil for figures that only have data.
  func gnuplotCommands() -> String?
}

extension Table: Figure {
  public func rendered(on terminal: Terminal) -> String { rendered(on: terminal, limits: Limits()) }
  public var table: Table { self }
  public func gnuplotCommands() -> String? { nil }
}

extension Figure {
  /// Writes the figure in the format that the name's extension asks for: `.png` and `.svg` are drawn by gnuplot; `.csv`,
  /// `.tsv`, `.json` and `.md` hold the numbers. The file appears whole or not at all.
  ///
  /// - Parameters:
  ///   - size: width and height of a drawing in pixels.
  ///   - gnuplot: the program that draws, and how long it may take.
  ///   - interrupted: asked a few times a second while gnuplot works; `true` stops it.
  /// - Throws: `FigureError`.
  public func save(
    to path: String, size: (width: Int, height: Int) = (900, 600), gnuplot: Gnuplot = Gnuplot(),
    interrupted: () -> Bool = { false }
  ) throws(FigureError) {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    let suffix = name.contains(".") ? name.split(separator: ".").last.map { $0.lowercased() } ?? "" : ""
    switch suffix {
    case "csv": try AtomicFile.write(table.csv, to: path)
    case "tsv": try AtomicFile.write(table.tsv, to: path)
    case "json": try AtomicFile.write(table.json, to: path)
    case "md": try AtomicFile.write(table.markdown(), to: path)
    case "png", "svg":
      guard let commands = gnuplotCommands(), let format = Gnuplot.Format(rawValue: suffix) else { fallthrough }
      try gnuplot.draw(commands, as: format, to: path, size: size, interrupted: interrupted)
    default:
      let data = [".csv", ".tsv", ".json", ".md"]
      throw .unknownExtension(path: path, known: gnuplotCommands() == nil ? data : [".png", ".svg"] + data)
    }
  }
}
