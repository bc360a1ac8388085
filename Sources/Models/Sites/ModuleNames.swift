/// What transformers calls the weights of a model: `model.layers.3.self_attn.q_proj.weight` is our
/// `layers[3].attention.query.weight`.
///
/// Files that other tools write name modules so. Every name that a family's checkpoints have had is known, and the modules' own
/// names in current transformers, which for CLIP towers leave out `vision_model`.
public struct ModuleNames: Sendable {
  /// A weight that a tensor holds, whole or beside others.
  public struct Part: Sendable, Equatable {
    public let site: Site
    /// Which outputs of the tensor are the weight's; nil where it holds nothing else.
    public let outputs: Range<Int>?
    /// All outputs of the tensor, where it holds others too.
    public let count: Int?
    /// Whether the tensor is stored as `[input, output]`.
    public let isTurned: Bool
  }

  /// What a name means in one model.
  public struct Meaning: Sendable, Equatable {
    /// In the order of their outputs.
    public let parts: [Part]
    /// The name as this model's files have it, where only its end was given; nil where it was found as given.
    public let completed: String?
  }

  private let meanings: [String: [Part]]
  private let usual: [Site: String]
  /// Names by what follows each of their dots, where only one tensor ends so.
  private let ends: [String: String]

  public init(_ blueprint: Blueprint) {
    let configuration = blueprint.configuration
    var meanings: [String: [Part]] = [:]
    var usual: [Site: String] = [:]
    for site in configuration.weightSites {
      let places = blueprint.places(site, configuration)
      usual[site] = (places.last { Self.isCurrent($0.name) } ?? places.first)?.name
      for place in places {
        let part = Part(
          site: site, outputs: place.part?.outputs, count: place.part?.count, isTurned: place.isTurned)
        for name in Set([place.name, Self.withoutModelStep(place.name)]) where meanings[name]?.contains(part) != true {
          meanings[name, default: []].append(part)
        }
      }
    }
    self.meanings = meanings.mapValues { parts in
      parts.sorted { ($0.outputs?.lowerBound ?? 0) < ($1.outputs?.lowerBound ?? 0) }
    }
    self.usual = usual
    ends = Self.ends(of: self.meanings)
  }

  /// The weights that a tensor of this name holds, or nil.
  ///
  /// A name that is only the end of one of this model's, as files made for its language model alone have it, is completed.
  public func meaning(of tensor: String) -> Meaning? {
    if let parts = meanings[tensor] { return Meaning(parts: parts, completed: nil) }
    guard let whole = ends[tensor], let parts = meanings[whole] else { return nil }
    return Meaning(parts: parts, completed: whole)
  }

  /// What current transformers calls the tensor that holds a weight; nil for what this model does not store by itself.
  public func name(of site: Site) -> String? { usual[site] }

  /// One of the decoder's names, to show how they look.
  public var example: String? { usual[Site(.decoder, layer: 0, .queryWeight)] }

  /// Names of transformers since 4.52, which moved the parts of composite models below `model`.
  private static func isCurrent(_ name: String) -> Bool {
    ["model.language_model.", "model.vision_tower.", "model.multi_modal_projector.", "model.visual.", "lm_head."]
      .contains(where: name.hasPrefix)
  }

  private static func withoutModelStep(_ name: String) -> String {
    let steps = name.split(separator: ".", omittingEmptySubsequences: false)
    guard steps.contains("vision_tower") else { return name }
    return steps.filter { $0 != "vision_model" }.joined(separator: ".")
  }

  /// An end that two different weights share means neither.
  private static func ends(of meanings: [String: [Part]]) -> [String: String] {
    var ends: [String: String?] = [:]
    for name in meanings.keys.sorted() {
      var rest = name[...]
      while let dot = rest.firstIndex(of: ".") {
        rest = rest[rest.index(after: dot)...]
        // What is left must still say which layer, or be a module of its own.
        guard rest.contains(".") else { break }
        let end = String(rest)
        if let other = ends[end] {
          if let other, meanings[other] == meanings[name] { continue }
          ends[end] = .some(nil)
        } else {
          ends[end] = name
        }
      }
    }
    return ends.compactMapValues { $0 }
  }
}
