import Figures

extension Run {
  /// The run in lines for a terminal, its tables shortened to the terminal's measure; without a newline at the end.
  public func card(on terminal: Terminal) -> String {
    let head = "run \(id) · \(kind) · \(statusWords)"
    var lines = [head] + facts.map { "  " + $0.name.filled(to: 10) + $0.value }
    for (index, metric) in metrics.enumerated() {
      lines.append("  " + (index == 0 ? "metrics" : "").filled(to: 10) + "\(metric.name) \(Self.text(metric.value))")
    }
    for (index, file) in files.enumerated() {
      let size = file.bytes > 0 ? " (\(Self.size(file.bytes)))" : ""
      lines.append("  " + (index == 0 ? "files" : "").filled(to: 10) + file.path + size)
    }
    for table in tables {
      lines += ["", "  " + table.name]
      lines += table.table.rendered(on: terminal).split(separator: "\n", omittingEmptySubsequences: false).map {
        $0.isEmpty ? "" : "  " + $0
      }
    }
    return lines.joined(separator: "\n")
  }

  /// `finished, 2026-11-21 15:04:05, 3.2 s`
  public var statusWords: String {
    var words = "\(status.rawValue), \(Moment.local(started)), \(Moment.duration(seconds))"
    if status != .finished, let steps { words += ", \(steps.done) of \(steps.total)" }
    return words
  }

  /// What it was made with, as names and texts.
  public var facts: [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = []
    if let error { facts.append(("error", Self.line(error))) }
    let place = subject.script.name + (subject.line > 0 ? ":\(subject.line)" : "")
    facts.append(("script", "\(place) (sha256 \(scriptHash.prefix(12)))"))
    for used in subject.used { facts.append(("uses", "\(used.name) (sha256 \(used.hash.prefix(12)))")) }
    if !subject.call.isEmpty { facts.append(("call", Self.line(subject.call))) }
    if !subject.inputs.isEmpty { facts.append(("inputs", Self.listing(subject.inputs))) }
    if !subject.settings.isEmpty { facts.append(("arguments", Self.listing(subject.settings))) }
    facts.append(("seed", subject.seed.map { "\($0)" } ?? "none; draws start at 0"))
    if let model = subject.model {
      facts.append(("model", "\(model.name) (\(model.fingerprint))"))
      for intervention in model.interventions { facts.append(("with", Self.line(intervention))) }
    }
    for data in subject.data {
      let count = data.count.map { ", \($0) items" } ?? ", without end"
      facts.append((data.parameter, data.name + count + (data.fingerprint.map { " (\($0))" } ?? "")))
    }
    facts.append(("made by", "\(program), record format \(format), process \(process.id) on \(process.host)"))
    facts.append(("folder", subject.folder))
    return facts
  }

  /// Of the script's text; where only the list was read, of nothing.
  var scriptHash: String { subject.script.hash }

  private static func listing(_ settings: [RunSetting]) -> String {
    settings.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
  }

  /// One line of at most 300 characters, safe for a terminal.
  static func line(_ text: String) -> String {
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let shown = words.count > 300 ? words.prefix(299) + "…" : words[...]
    return String(shown.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) })
  }

  /// A metric with five digits; whole numbers are whole.
  public static func text(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e15 { return "\(Int(value))" }
    return Cell.float(value).short(digits: 5)
  }

  static func size(_ bytes: Int) -> String {
    if bytes < 1000 { return "\(bytes) bytes" }
    let units = ["kB", "MB", "GB", "TB"]
    var (value, unit) = (Double(bytes) / 1000, 0)
    while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return "\((value * 10).rounded() / 10) \(units[unit])"
  }
}

extension String {
  fileprivate func filled(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
