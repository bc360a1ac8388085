import Checkpoints
import Foundation
import Models
import TestSupport
import Testing

/// The tables of docs/reference/sites.md are made from the sites themselves; `STEERSH_RECORD=1` writes them.
@Suite struct SitePageTests {
  /// Between these lines stands what is made.
  private func markers(_ name: String) -> (String, String) { ("<!-- \(name) -->\n", "<!-- end of \(name) -->") }

  @Test func tablesAreThoseOfTheSites() throws {
    let page = repositoryRoot.appendingPathComponent("docs/reference/sites.md")
    var text = try String(contentsOf: page, encoding: .utf8)
    for (name, table) in tables {
      let (start, end) = markers(name)
      let first = try #require(text.range(of: start), "\(name)")
      let last = try #require(text.range(of: end, range: first.upperBound..<text.endIndex), "\(name)")
      let inside = first.upperBound..<last.lowerBound
      if ProcessInfo.processInfo.environment["STEERSH_RECORD"] != nil {
        text.replaceSubrange(inside, with: table)
      } else {
        #expect(text[inside] == table, "\(name): run the tests with STEERSH_RECORD=1 and look at the difference")
      }
    }
    if ProcessInfo.processInfo.environment["STEERSH_RECORD"] != nil {
      try text.write(to: page, atomically: true, encoding: .utf8)
    }
  }

  private var tables: [(String, String)] {
    let decoder = Site.Point.allCases.filter { !$0.isWeight && ![.features, .hidden, .secondHidden].contains($0) }
      .map { Site(.decoder, layer: $0.isInBlock ? 0 : nil, $0) }
    let projector = [Site.Point.features, .hidden, .secondHidden, .output].map { Site(.projector, $0) }
    let vision = [Site(.vision, .embeddings)]
    return [
      ("decoder", table(decoder)), ("vision", table(vision)), ("projector", table(projector)),
      ("weights", table(weights)), ("names", names),
    ]
  }

  private var weights: [Site] {
    let whole: Set<Site.Point> = [.embeddingsWeight, .positionsWeight, .normWeight, .logitsWeight]
    let scales: [Site.Point] = [.attentionOutputScale, .mlpOutputScale]
    let decoder = Site.Point.allCases.filter { $0.isInBlock && !scales.contains($0) || whole.contains($0) }
      .filter { $0.rawValue.hasSuffix(".weight") }.map { Site(.decoder, layer: $0.isInBlock ? 0 : nil, $0) }
    let points: [Site.Point] = [
      .patchesWeight, .classWeight, .registersWeight, .positionsWeight, .normWeight, .featuresNormWeight,
    ]
    let tower = points.map { Site(.vision, $0) } + scales.map { Site(.vision, layer: 0, $0) }
    let projector: [Site.Point] = [.hiddenWeight, .secondHiddenWeight, .outputWeight, .endOfLineWeight]
    return decoder + tower + projector.map { Site(.projector, $0) }
  }

  private func table(_ sites: [Site]) -> String {
    let head = sites[0].point.isWeight ? "| weight | shape | what it is |" : "| site | shape | what lies there |"
    let rows = sites.map { site in
      let path = "." + site.path.replacingOccurrences(of: "layers[0]", with: "layers[i]")
      let bias = site.point.isWeight && hasBias(site) ? ", `.bias`" : ""
      return "| `\(path)`\(bias) | `[\(axes(site).joined(separator: ", "))]` | \(site.summary) |"
    }
    return ([head, "|---|---|---|"] + rows).joined(separator: "\n") + "\n"
  }

  private func hasBias(_ site: Site) -> Bool {
    let bias = Site.Point(rawValue: String(site.point.rawValue.dropLast("weight".count)) + "bias")
    return bias != nil
  }

  /// Of a model that has the site.
  private func axes(_ site: Site) -> [String] {
    let names = ["gemma3", "gpt2", "phi"]
    let models =
      names.compactMap { try? FamilyFixture.model($0) } + [try? TestModels.tiny("tinyllava")].compactMap { $0 }
    for configuration in models.map(\.configuration) + towers {
      if let axes = configuration.weightAxes(of: site) { return axes.map(\.name) }
      if configuration.has(site) { return configuration.axes(of: site).map(\.name) }
    }
    return []
  }

  /// Towers that differ from CLIP's, tiles, and a projector of three maps.
  private var towers: [ModelConfiguration] {
    ["llava_dinov2", "llava_registers", "llava_next", "minigpt_v2", "tinyllava_factory"].compactMap { name in
      let file = fixture("towers/\(name)/config.json")
      guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
      let changed = text.replacingOccurrences(of: "mlp2x_gelu", with: "mlp3x_gelu")
      return try? ModelConfiguration(Field(JSON.parse(changed, file: name), file: name))
    }
  }

  private var names: String {
    let rows = SiteAlias.Source.allCases.flatMap { source in
      // LLaVA's prefixes are told in a sentence.
      let own = SiteAlias.all.filter {
        $0.source == source && !$0.name.contains("language_model") && !$0.name.hasPrefix("model.vision")
      }
      let paths = own.map(\.path).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      return paths.map { path in
        let said = own.filter { $0.path == path }.map { "`\($0.name.replacingOccurrences(of: "#", with: "3"))`" }
        return "| \(source.rawValue) | \(said.joined(separator: ", ")) | `\(path)` |"
      }
    }
    return (["| library | name | site |", "|---|---|---|"] + rows).joined(separator: "\n") + "\n"
  }
}
