import Figures
import Interpreter

/// A plot or a heat map as a value.
final class FigureObject: HostObject {
  let figure: any Figure
  let title: String

  init(_ plot: Plot) {
    figure = plot
    title = plot.title
  }

  init(_ heatmap: Heatmap) {
    figure = heatmap
    title = heatmap.title
  }

  override var typeName: String { "plot" }

  override func member(_ name: String, in session: Session) throws -> Value? {
    name == "table" ? .object(TableObject(figure.table)) : nil
  }

  override var memberNames: [String] { ["table"] }

  override func rendered(_ style: RenderingStyle) -> String {
    switch style.form {
    case .short: title.isEmpty ? "plot" : "plot \"\(title)\""
    case .full: figure.rendered(on: Terminal(style))
    }
  }
}
