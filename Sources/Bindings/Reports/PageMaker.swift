import Figures
import Interpreter
import Interventions
import Models
import Reports
import Tensors

/// Makes the sections of a page of values.
struct PageMaker {
  let session: Session

  /// The sections of what `report` was given.
  func sections(_ value: Value) throws -> [Page.Section] {
    switch value.object {
    case let record as RecordObject:
      return try record.fields.flatMap { try section($0.0, $0.1) }
    case let list as ListObject where !list.elements.allSatisfy(\.isPlain):
      return try list.elements.flatMap { element -> [Page.Section] in
        // A record in a list names what stands in it.
        if let record = element.object as? RecordObject { return try sections(.object(record)) }
        return try section("", element)
      }
    case let run as RunObject: return run.sections
    default: return try section("", value)
    }
  }

  /// - Parameter title: the name that the script gave; empty for none.
  private func section(_ title: String, _ value: Value) throws -> [Page.Section] {
    try session.checkInterrupt()
    let words = title.split(separator: "_").joined(separator: " ")
    // What the script wrote is a sentence's beginning here.
    let heading = words.prefix(1).uppercased() + words.dropFirst()
    if let run = value.object as? RunObject {
      let parts = run.sections
      return [Page.Section(title.isEmpty ? run.title : heading, parts[0].contents)] + parts.dropFirst()
    }
    return [Page.Section(title.isEmpty ? self.title(of: value) : heading, try contents(value))]
  }

  private func title(of value: Value) -> String {
    switch value.object {
    case let figure as FigureObject: figure.title
    case let trace as TraceObject: trace.text.isEmpty ? "Trace" : "Trace of the answer “\(trace.text)”"
    case is MarkedPromptObject, is PromptObject: "Prompt"
    case is InterventionObject: "Intervention"
    default: ""
    }
  }

  private func contents(_ value: Value) throws -> [Page.Content] {
    switch value.object {
    case nil: return [.text(value.rendered(.short))]
    case let text as StringObject: return [.text(text.text)]
    case let table as TableObject: return [.table(table.table)]
    case let figure as FigureObject:
      return [.drawing(figure.figure, caption: ""), .folded(summary: "The numbers", figure.figure.table)]
    case let image as ImageObject: return [.picture(try Picture(image), caption: "")]
    case let prompt as PromptObject:
      return try prompt.images.map { .picture(try Picture($0), caption: "") } + [.text(prompt.text)]
    case let marked as MarkedPromptObject:
      let count = marked.marked.selectedCount
      return [
        .prompt(
          try PromptMarkup(
            marked.marked, marked.images,
            caption: "\(count) of \(marked.marked.pieces.count) positions are selected."))
      ]
    case let trace as TraceObject: return try contents(trace)
    case let intervention as InterventionObject:
      let card = Page.Content.verbatim(value.rendered(RenderingStyle(.full, width: 100)))
      guard let history = intervention.training?.history else { return [card] }
      return try [card] + Self.training(history.table())
    case let tensor as TensorObject: return contents(tensor.tensor) ?? [verbatim(value)]
    case let list as ListObject:
      if !list.elements.isEmpty, let table = Self.table(of: list) { return [.table(table)] }
      return list.elements.isEmpty || list.elements.allSatisfy(\.isPlain)
        ? [verbatim(value)] : try list.elements.flatMap { try contents($0) }
    case let record as RecordObject:
      let plain = record.fields.filter { $0.1.isPlain }
      let facts = plain.map { (name: $0.0, value: $0.1.displayed) }
      let rest = try record.fields.filter { !$0.1.isPlain }.flatMap { try contents($0.1) }
      return (facts.isEmpty ? [] : [.facts(facts)]) + rest
    case let object?: return try contents(of: object) ?? [verbatim(value)]
    }
  }

  /// A value that has tables: a line, and these.
  private func contents(of object: Object) throws -> [Page.Content]? {
    let tables = try object.memberNames.prefix(100).compactMap { name in
      (try object.member(name, in: session)?.object as? TableObject).map { (name: name, table: $0.table) }
    }
    guard !tables.isEmpty else { return nil }
    return [.text(object.rendered(.short))]
      + tables.map { $0.table.rowCount <= 40 ? .table($0.table) : .folded(summary: $0.name, $0.table) }
  }

  private func verbatim(_ value: Value) -> Page.Content { .verbatim(value.rendered(RenderingStyle(.full, width: 100))) }

  /// Records of plain values are rows.
  private static func table(of list: ListObject) -> Table? {
    let records = list.elements.compactMap { $0.object as? RecordObject }
    guard records.count == list.elements.count, records.allSatisfy({ $0.values.allSatisfy(\.isPlain) }) else {
      return nil
    }
    return Table(records: records.map { $0.fields.map { (key: $0.0, value: $0.1.cell) } })
  }

  private func contents(_ tensor: Tensor) -> [Page.Content]? {
    func ticks(_ axis: Axis) -> [String] { (0..<axis.size).map { axis.labels?.label(at: $0) ?? "\($0)" } }
    let axes = tensor.axes
    let values = tensor.doubles()
    guard !values.isEmpty, axes.count == 1 || axes.count == 2 else { return nil }
    let figure: any Figure
    if axes.count == 1 {
      let places = ticks(axes[0]).enumerated().map { Double($1) ?? Double($0) }
      guard let curve = try? Plot.Curve(x: places, y: values) else { return nil }
      figure = Plot([curve], x: axes[0].name)
    } else {
      let (down, across) = (axes[0], axes[1])
      let rows = (0..<down.size).map { Array(values[$0 * across.size..<($0 + 1) * across.size]) }
      guard
        let heatmap = try? Heatmap(rows, xTicks: ticks(across), yTicks: ticks(down), x: across.name, y: down.name)
      else { return nil }
      figure = heatmap
    }
    return [.drawing(figure, caption: "")]
  }

  private func contents(_ object: TraceObject) throws -> [Page.Content] {
    let pictures = try object.images.map { try Picture($0) }
    let marked = try MarkedPrompt(object.trace.context, .generated)
    let maps = try AttentionMap.maps(of: object.trace, pictures)
    var prompt = try PromptMarkup(marked, maps.isEmpty ? object.images : [], caption: "")
    // The answer has a look of its own; nothing of it is chosen.
    for index in prompt.pieces.indices { prompt.pieces[index].isSelected = false }
    var contents: [Page.Content] = maps.map { .attention($0) } + [.prompt(prompt)]
    if maps.isEmpty {
      contents.append(.verbatim(Value.object(object).rendered(RenderingStyle(.full, width: 100))))
    }
    return contents
  }

  /// A training's history: its losses as a plot, the rest to be opened.
  static func training(_ history: Table) throws -> [Page.Content] {
    guard let step = history["step"], let loss = history["loss"] else { return [.table(history)] }
    func numbers(_ column: Column) -> [Double] { column.cells.map { Value($0).doubleValue ?? .nan } }
    var curves = [try Plot.Curve("training", x: numbers(step), y: numbers(loss))]
    if let heldOut = history["held_out"] {
      // Measured now and then: joined over the steps between.
      let found = zip(numbers(step), numbers(heldOut)).filter { $0.1.isFinite }
      curves.append(try Plot.Curve("held out", x: found.map(\.0), y: found.map(\.1)))
    }
    let plot = Plot(curves, title: "Loss by step", x: "step", y: "loss")
    return [.drawing(plot, caption: ""), .folded(summary: "The history, step by step", history)]
  }
}

extension Value {
  /// A number, a text, a truth value or nil.
  fileprivate var isPlain: Bool { object == nil || object is StringObject }
}
