extension Plot {
  /// Bars lie, so that the names of categories have room; the value stands at the end of each.
  func lines(_ categories: [String], _ series: [Bars], in frame: Frame) -> [String] {
    let terminal = frame.terminal
    func filling(_ index: Int) -> Character {
      terminal.color && terminal.unicode ? "█" : Palette.filling(index, unicode: terminal.unicode)
    }
    let several = series.count > 1
    let legend =
      several || !(series.first?.name.isEmpty ?? true)
      ? series.enumerated().map { frame.key($0, name: $1.name, mark: filling($0)) } : []
    var lines = frame.head(title: title, legend: legend, y: [x, y].filter { !$0.isEmpty }.joined(separator: " / "))
    guard !categories.isEmpty, !series.isEmpty else { return lines + [frame.note("no data")] }

    let values = series.flatMap(\.values)
    let scale = Scale(values, count: 4, rounded: false, including: 0)
    let numerals = NumeralColumn(values, digits: 4)
    let texts = series.map { $0.values.map(numerals.text) }
    let valueWidth = texts.joined().reduce(0) { max($0, $1.count) }
    let names = categories.map { frame.text($0).truncated(to: terminal.width / 3, ellipsis: terminal.ellipsis) }
    let nameWidth = names.reduce(0) { max($0, $1.displayWidth) }
    let room = max(terminal.width - nameWidth - valueWidth - 4, 5)

    let fitting = max((terminal.height - 2 - lines.count - 1) / series.count, 1)
    let count = categories.count <= fitting ? categories.count : max(fitting - 1, 1)
    for category in 0..<count {
      for (index, bars) in series.enumerated() {
        let bar = Bar(bars.values[category], scale: scale, room: room)
        let fill = filling(index)
        let painted = terminal.painted(
          bar.text(fill, fine: terminal.unicode && fill == "█"), foreground: Palette.terminalColor(index))
        let name = (index == 0 ? names[category] : "").padded(to: nameWidth)
        let line = name + (terminal.unicode ? " │" : " |") + bar.indent + painted + " " + texts[index][category]
        lines.append(line)
      }
    }
    if count < categories.count {
      let more = categories.count - count
      lines.append(frame.note("\(terminal.ellipsis) \(more) more \(more == 1 ? "category" : "categories")"))
    }
    return lines
  }
}

/// A lying bar in eighths of a cell, from the foot of the scale at 0.
private struct Bar {
  private let eighths: Int
  private let isNegative: Bool
  let indent: String

  init(_ value: Double, scale: Scale, room: Int) {
    let foot = Int((scale.fraction(0) * Double(room)).rounded())
    isNegative = value < 0
    guard value.isFinite else {
      eighths = 0
      indent = String(repeating: " ", count: foot)
      return
    }
    let length = abs(scale.fraction(value) - scale.fraction(0)) * Double(room)
    let cells = isNegative ? foot : room - foot
    eighths = min(Int((length * 8).rounded()), cells * 8)
    indent = String(repeating: " ", count: isNegative ? foot - (eighths + 7) / 8 : foot)
  }

  /// - Parameter fine: whether the end may be a part of a block. Only bars to the right have such blocks.
  func text(_ fill: Character, fine: Bool) -> String {
    guard eighths > 0 else { return "" }
    if isNegative { return String(repeating: fill, count: (eighths + 7) / 8) }
    guard fine else { return String(repeating: fill, count: max((eighths + 4) / 8, 1)) }
    let parts: [Character] = Array("▏▎▍▌▋▊▉")
    return String(repeating: fill, count: eighths / 8) + (eighths % 8 == 0 ? "" : String(parts[eighths % 8 - 1]))
  }
}
