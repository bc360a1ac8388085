import Interventions
import Models

extension ForeignFile: CustomStringConvertible {
  /// One line: `pyreft / pyvene folder "path": 4 edits`.
  public var description: String {
    "\(title) \"\(path)\": \(edits.count) edit\(edits.count == 1 ? "" : "s")"
      + (unmapped.isEmpty ? "" : ", \(unmapped.count) not mapped")
  }

  /// The whole of it for a reader: tool, sites, tokens, operators, what was chosen, what was not mapped.
  public var card: String {
    var rows: [(name: String, text: String)] = []
    if !madeFor.isEmpty { rows.append(("made for", madeFor)) }
    for (number, group) in groups.enumerated() {
      if number > 0 { rows.append(("then", "")) }
      let isWeight = group[0].place.site?.point.isWeight ?? false
      rows.append((isWeight ? "weights" : "sites", Self.places(group)))
      if !isWeight { rows.append(("tokens", group[0].tokens.description)) }
      rows.append(("operator", group[0].operatorSource))
    }
    if parameterCount > 0 { rows.append(("numbers", "\(parameterCount)")) }
    for choice in choices {
      let origin = choice.isDefault ? "by default: \(choice.reason)" : "as you said"
      rows.append(("option", "\(choice.name): \(choice.value)  (\(origin))"))
    }
    for note in notes { rows.append(("note", note)) }
    for item in unmapped { rows.append(("not mapped", "\(item.what): \(item.reason)")) }
    rows.append(("use", "m with open(\"\(path)\"), or open(\"\(path)\", model: m) to check it against m"))
    return "\(title) \(path)\n"
      + rows.map { name, text in
        text.isEmpty ? "  \(name)" : "  " + name + String(repeating: " ", count: max(1, 12 - name.count)) + text
      }.joined(separator: "\n")
  }

  private static func places(_ group: [ForeignEdit]) -> String {
    let sites = group.compactMap(\.place.site)
    guard sites.count == group.count else { return listing(group.map(\.place.name)) }
    return SitePattern(folding: sites).description
  }
}
