import Checkpoints
import Interventions
import Models
import Tensors

extension PyreftFormat {
  public static func write(_ intervention: Intervention, of model: Model, to path: String) throws -> [String] {
    let folder = try PyreftFolder(intervention.edits, to: path, format: Self.self) { edit in
      let classes = [
        "loreft": "Loreft", "mores": "Loreft", "noreft": "Noreft", "direft": "Direft", "consreft": "Consreft",
        "lobireft": "Lobireft", "nodireft": "Nodireft",
      ]
      return "pyreft.interventions.\(classes[edit.operation.name] ?? "Loreft")Intervention"
    }
    try AtomicFolder.write(to: path, last: config) { place in try folder.write(place) }
    let tokens = Set(intervention.edits.map(\.tokens.description)).sorted()
    return [
      "its files do not hold tokens; give pyreft the positions of \(listing(tokens)) as unit_locations with each prompt"
    ]
  }
}

/// A folder as pyvene saves one: `config.json` and the tensors of each intervention.
struct PyreftFolder {
  private(set) var representations: [JSON] = []
  private var types: [JSON] = []
  private var keys: [String] = []
  private(set) var widths: [Int] = []
  private var states: [[(name: String, tensor: Tensor)]] = []

  /// - Parameters:
  ///   - edits: bound ones, in the order they act.
  ///   - className: the class of an edit, with its module.
  /// - Throws: `InteropError.cannotHold` for places that pyvene has no name for.
  init(
    _ edits: [Edit], to path: String, format: any ForeignFormat.Type, className: (Edit) -> String
  ) throws {
    var counters: [String: Int] = [:]
    for edit in edits {
      for own in edit.binding ?? [] {
        guard own.site.stack == .decoder, let layer = own.site.layer, let component = Self.components[own.site.point]
        else { throw format.refusal(path, edit, "pyvene has no name for `\(own.site.path)`") }
        let parameters = Dictionary(own.parameters.map { ($0.name, $0.tensor) }) { first, _ in first }
        guard let rotation = parameters["R"] else { throw format.refusal(path, edit, "it has no parameter R") }
        let key = "layer_\(layer)_comp_\(component)_unit_pos_nunit_1"
        keys.append("\(key)#\(counters[key, default: 0])")
        counters[key, default: 0] += 1
        let fields: [JSON] = [
          .integer(layer), .string(component), .string("pos"), .integer(1), .integer(rotation.axes[0].size),
        ]
        representations.append(.array(fields + Array(repeating: .null, count: 9)))
        types.append(.string("<class '\(className(edit))'>"))
        widths.append(rotation.axes[1].size)
        states.append(try Self.state(edit.operation.name, rotation, parameters))
      }
    }
  }

  /// Two interventions at each place in one file, told apart by what their tensors' names begin with; nil where they are not at
  /// the same places, of the same ranks.
  func joined(with other: PyreftFolder, _ prefixes: (String, String)) -> PyreftFolder? {
    guard keys == other.keys, representations == other.representations else { return nil }
    var joined = self
    joined.states = zip(states, other.states).map { own, others in
      own.map { (prefixes.0 + $0.name, $0.tensor) } + others.map { (prefixes.1 + $0.name, $0.tensor) }
    }
    return joined
  }

  private static let components: [Site.Point: String] = [
    .output: "block_output", .input: "block_input", .mlpOutput: "mlp_output", .attentionOutput: "attention_output",
  ]

  /// What torch's `state_dict()` gives, in f32 as pyreft's modules are when they are made so.
  private static func state(
    _ operation: String, _ rotation: Tensor, _ parameters: [String: Tensor]
  ) throws -> [(name: String, tensor: Tensor)] {
    let rank = rotation.axes[0].size
    let width = rotation.axes[1].size
    let turned = try rotation.to(.f32).transpose("rank", "model")
    let bias = parameters["b"]?.to(.f32)
    let source = parameters["W"]?.to(.f32)
    var state: [(name: String, tensor: Tensor?)]
    if operation == "loreft" || operation == "mores" {
      return [("weight", source), ("bias", bias), ("rotate_layer", turned)].compactMap { name, tensor in
        tensor.map { (name, $0) }
      }
    }
    let size = Tensor(shape: Shape([]), dtype: .i64, storage: Self.integer(width))
    state = [("embed_dim", size), ("interchange_dim", size)]
    if operation == "noreft" || operation == "nodireft" {
      state.append(("proj_layer.weight", rotation.to(.f32)))
    } else {
      // A reflection along each unit vector turns it round, and the diagonal turns it back: the base's columns are the rotation.
      let original = Tensor(Shape([Axis("model", width), Axis("rank", rank)])) { numbers in
        numbers.update(repeating: 0)
        for column in 0..<rank { numbers[column * rank + column] = -1 }
      }
      state.append(("rotate_layer.parametrizations.weight.original", original))
      state.append(("rotate_layer.parametrizations.weight.0.base", TorchRotation.base(extending: rotation.to(.f32))))
    }
    if source == nil {
      state.append(("learned_source", bias))
    } else {
      state += [("learned_source.weight", source), ("learned_source.bias", bias)]
    }
    return state.compactMap { name, tensor in tensor.map { (name, $0) } }
  }

  private static func integer(_ value: Int) -> Storage {
    let storage = Storage(byteCount: 8)
    storage.pointer.storeBytes(of: Int64(value), as: Int64.self)
    return storage
  }

  /// - Parameter place: where a file of the folder goes.
  func write(_ place: (String) -> String) throws {
    for (key, state) in zip(keys, states) { try TorchFile.write(state, to: place("intkey_\(key).bin")) }
    let about: JSON.Object = [
      "intervention_constant_sources": .array(keys.map { _ in .bool(true) }),
      "intervention_dimensions": .array(widths.map { .integer($0) }),
      "intervention_types": .array(types), "mode": .string("parallel"), "representations": .array(representations),
      "sorted_keys": .array(keys.map { .string($0) }),
    ]
    let path = place(PyreftFormat.config)
    try AtomicFile.write(try JSON.object(about).text(pretty: true, file: path) + "\n", to: path)
  }
}
