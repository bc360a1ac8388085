import Checkpoints
import Figures
import Interpreter
import Reports

extension NativeTable {
  /// `report`
  mutating func addReports(_ bench: Workbench) {
    self["report"] = { call in
      let path = try call.string("path")
      guard path.lowercased().hasSuffix(".html") else {
        throw call.wrongValue("path", "must end in .html, found \"\(path)\"")
      }
      let value = call.value("what")
      guard !value.isNull else { throw call.wrongValue("what", "is nil; give a value, a list or a record of values") }
      let title = try call.text("title")
      let page = Page(
        title: title.isEmpty ? value.pageTitle : title, subtitle: (value.object as? RunObject)?.subtitle ?? "",
        sections: try PageMaker(session: call.session).sections(value),
        footer: "Made with \(bench.records.program). One file: nothing in it is loaded from elsewhere.")
      try Checkpoints.AtomicFile.write(page.html, to: path)
      bench.records.wrote(path, of: value.object)
      return .null
    }
  }
}

extension Value {
  fileprivate var pageTitle: String {
    switch object {
    case let run as RunObject: run.title
    case let figure as FigureObject where !figure.title.isEmpty: figure.title
    default: "Report"
    }
  }
}
