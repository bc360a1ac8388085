import Checkpoints
import Interventions
import Models
import Tensors

/// Folders of the LLaVA Steering code: `mores/language_model` with pyvene's files, `intervention_config.json` and the positions.
public enum MoresFormat: ForeignFormat {
  public static let name = "mores"
  public static let title = "LLaVA Steering folder (MoReS)"
  public static let options = [ForeignOption("tokens", "the prompt tokens to act on, instead of the folder's")]
  public static let operators = ["mores", "loreft", "noreft"]

  static let kinds = "intervention_config.json"
  static let positions = "mores_pos_configs.json"
  /// Where the files may lie below the path that is opened.
  private static let places = ["", "language_model/", "mores/language_model/"]

  private static func place(in source: ForeignSource) -> String? {
    places.first { source.contains($0 + kinds) || source.contains($0 + positions) }
  }

  public static func recognises(_ source: ForeignSource) throws -> Bool { place(in: source) != nil }

  public static func read(_ source: ForeignSource, _ options: ForeignOptions) throws -> ForeignFile {
    guard let place = place(in: source) else {
      throw CheckpointError(source.path, .file(.missingFile(expected: kinds, present: source.folder?.files ?? [])))
    }
    let folder = try FileSource(
      folder: place.isEmpty ? source.path : "\(source.path)/\(place.dropLast())",
      expected: "the folder of an intervention")
    let config = try Field(
      folder.bytes(of: PyreftFormat.config, expected: "pyvene's configuration of the interventions"))
    let positions = folder.contains(Self.positions) ? try MoresPositions.read(folder) : []
    let kinds = folder.contains(Self.kinds) ? try Field(folder.bytes(of: Self.kinds)) : nil
    let representations = try config["representations"].array()
    var counters: [String: Int] = [:]
    var edits: [ForeignEdit] = []
    var unmapped: [ForeignFile.Unmapped] = []
    for (index, own) in representations.enumerated() {
      let representation = try PyreftRepresentation(own)
      let file = try representation.file(in: folder, &counters)
      let kind = try kinds?["representations"][index]["intervention"]["type"].string(or: "mores") ?? "mores"
      do {
        let site = try representation.place()
        let state = PyreftState(
          field: try TorchFile(folder.bytes(of: file, expected: "the tensors of an intervention of config.json")).field,
          file: file)
        func tokens(_ which: Int) throws -> TokenSelector {
          if let own = options.tokens { return own }
          guard positions.indices.contains(which) else { return Self.released }
          return try positions[which].tokens(index: index, of: representations.count)
        }
        switch kind {
        case "mores": edits.append(try state.lowRank(at: site, on: tokens(0)))
        case "m_mores":
          edits.append(try state.lowRank(at: site, on: tokens(0), prefix: "1_"))
          edits.append(try state.lowRank(at: site, on: tokens(1), prefix: "2_"))
        case "norot_mores": edits.append(try PyreftClass.noreft.edit(at: site, on: tokens(0), file: file, in: folder))
        default:
          throw PyreftRefusal(
            reason: "the type \"\(kind)\" is not known here; known are mores, m_mores and norot_mores")
        }
      } catch let problem as PyreftRefusal {
        unmapped.append(ForeignFile.Unmapped("\(representation)", problem.reason))
      }
    }
    // What the caller says in place of the folder's positions is asked of no model.
    let asked = options.tokens == nil ? positions : []
    let path = source.path
    return ForeignFile(
      path: path, title: title, edits: edits, choices: choices(positions, options), notes: positions.flatMap(\.notes),
      unmapped: unmapped, requirement: { try MoresPositions.check(asked, $0, path: path) })
  }

  /// The recipe of the released code, for folders without positions.
  private static let released: TokenSelector = .imageNumber(0).first(4) + .imageNumber(0).last(5)

  private static func choices(_ positions: [MoresPositions], _ options: ForeignOptions) -> [ForeignChoice] {
    if let tokens = options.tokens {
      return [ForeignChoice("tokens", tokens.description, isDefault: false, "")]
    }
    if positions.isEmpty {
      return [
        ForeignChoice(
          "tokens", released.description, isDefault: true,
          "the folder has no \(Self.positions); the released recipe is f4+l5 of the image")
      ]
    }
    return []
  }
}

extension PyreftState {
  /// LoReFT's tensors as `mores`.
  func lowRank(at place: ForeignPlace, on tokens: TokenSelector, prefix: String = "") throws -> ForeignEdit {
    try edit(
      at: place, on: tokens, "mores",
      [rows(prefix + "rotate_layer"), matrix("W", prefix + "weight"), vector("b", prefix + "bias")])
  }
}
