import Checkpoints
import Interpreter
import Interventions
import Models

/// What a `config.json` says: enough to count the parameters of a model or of an intervention, without weights.
final class ConfigurationObject: HostObject {
  let configuration: ModelConfiguration
  private let path: String

  /// Reads a folder's `config.json`, the file itself, or the configuration of an embedded model.
  init(_ path: String) throws {
    let file =
      path.hasSuffix(".json")
      ? try FileBytes(path: path, expected: "a model's config.json")
      : try Workbench.source(path).bytes(of: "config.json", expected: "the model's configuration")
    configuration = try ModelConfiguration(Field(file))
    self.path = path
  }

  override var typeName: String { "configuration" }

  override func member(_ name: String, in session: Session) throws -> Value? {
    let decoder = configuration.decoder
    return switch name {
    case "family": .string(configuration.family)
    case "width": .int(decoder.block.width)
    case "depth": .int(decoder.layers)
    case "heads": .int(decoder.block.heads)
    case "hidden": .int(decoder.block.hidden)
    case "vocabulary": .int(decoder.vocabulary)
    default: nil
    }
  }

  override var memberNames: [String] { ["family", "width", "depth", "heads", "hidden", "vocabulary"] }

  override func isEqual(to other: Object) -> Bool {
    (other as? ConfigurationObject)?.configuration == configuration
  }

  override func rendered(_ style: RenderingStyle) -> String {
    guard style.form == .full else { return "configuration \(path)" }
    let rows =
      [("family", configuration.family), ("parameters", configuration.weightCount.grouped)] + configuration.parts
    return "configuration \(path)\n" + rows.map { "  " + $0.padded(to: 12) + $1 }.joined(separator: "\n")
  }
}

extension ModelConfiguration {
  /// The stacks, a line each.
  var parts: [(name: String, text: String)] {
    var rows: [(name: String, text: String)] = []
    if let vision {
      rows.append(
        (
          "vision",
          "\(vision.layers) layers, width \(vision.block.width), "
            + (vision.learnedPositions ? "\(vision.patches) " : "") + "patches of "
            + "\(vision.patchSize) × \(vision.patchSize) pixels"
        ))
    }
    rows.append(
      (
        "decoder",
        "\(decoder.layers) layers, width \(decoder.block.width), \(decoder.block.heads) heads, "
          + "\(decoder.vocabulary.grouped) tokens, up to \(decoder.maximumPositions.grouped) positions"
      ))
    return rows
  }
}
