import Checkpoints
import Figures
import Interpreter
import Interventions
import Tensors

/// What a path's extension says about its content.
enum FileForm: String, CaseIterable {
  case npy, npz, safetensors, pt, pth, bin, json, csv, tsv, png, svg, jpg, jpeg, webp, gif

  init(_ path: String, _ call: NativeCall) throws {
    guard let form = Self(rawValue: Self.ending(of: path)) else {
      let known = Self.allCases.map { ".\($0.rawValue)" }.joined(separator: ", ")
      throw call.wrongValue("path", "must end in one of \(known), found \"\(path)\"")
    }
    self = form
  }

  /// What stands behind the last dot of the file's name.
  static func ending(of path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    return name.contains(".") ? String(name.split(separator: ".").last ?? "").lowercased() : ""
  }

  private func refusal(of what: String, _ forms: String) -> ScriptError {
    ScriptError(.badArgument, "\(what) cannot be saved as .\(rawValue); use \(forms)")
  }

  func write(_ tensor: Tensor, to path: String) throws {
    switch self {
    case .npy: try NumPyArray.write(tensor, to: path)
    case .safetensors: try Safetensors.write([(name: "tensor", tensor: tensor)], to: path)
    case .pt, .pth, .bin: try TorchFile.write(.tensor(tensor), to: path)
    default: throw refusal(of: "a tensor", ".npy, .safetensors or .pt")
    }
  }

  func write(_ table: Table, to path: String) throws {
    switch self {
    case .csv: try AtomicFile.write(table.csv, to: path)
    case .tsv: try AtomicFile.write(table.tsv, to: path)
    case .json: try AtomicFile.write(table.json, to: path)
    default: throw refusal(of: "a table", ".csv, .tsv or .json")
    }
  }

  func write(_ figure: any Figure, to path: String) throws {
    switch self {
    case .png, .svg: try figure.save(to: path)
    case .csv, .tsv, .json: try write(figure.table, to: path)
    default: throw refusal(of: "a plot", ".png, .svg or .csv")
    }
  }

  func write(_ image: Image, to path: String) throws {
    guard self == .png else { throw refusal(of: "an image", ".png") }
    try image.write(to: path)
  }

  func write(_ function: FittedFunction, to path: String) throws {
    guard self == .safetensors else { throw refusal(of: "a fitted function", ".safetensors") }
    try function.save(to: path)
  }

  func write(_ intervention: Intervention, to path: String, _ call: NativeCall, _ bench: Workbench) throws {
    guard self == .safetensors else { throw refusal(of: "an intervention", ".safetensors") }
    // Reading a file runs no code from it, so an update that is nothing but code could not come back.
    for edit in intervention.edits {
      for case .function(let source) in edit.operation.arguments.map(\.value) {
        throw call.wrongValue(
          "value",
          "acts by the function `\(source)`, which a file cannot hold; "
            + "declare it as an `operator`, and the file will hold its name and parameters")
      }
    }
    if intervention.isBound { return try intervention.save(to: path) }
    guard !call.value("model").isNull else {
      throw call.wrongValue(
        "value",
        "is not bound to a model yet, so its sites and parameters are open; "
          + "save(…, \"\(path)\", model: m) binds it, or save `m with …`")
    }
    let steered = try call.model("model").steered.with(intervention, key: bench.nextKey())
    guard let bound = steered.interventions.last else { return }
    try bound.save(to: path)
  }

  /// Records of tensors, and everything that JSON can say.
  func write(_ value: Value, to path: String, _ call: NativeCall) throws {
    if [.npz, .safetensors, .pt, .pth, .bin].contains(self) {
      guard let record = value.object as? RecordObject else {
        throw refusal(of: value.typePhrase, "a record of tensors, (name: tensor, …)")
      }
      let tensors = try record.fields.map { name, value in
        guard let tensor = Tensor(operand: value) else {
          throw call.wrongValue("value", "must hold tensors; field `\(name)` is \(value.typePhrase)")
        }
        return (name: name, tensor: tensor)
      }
      switch self {
      case .npz: try NumPyArchive.write(tensors, to: path)
      case .safetensors: try Safetensors.write(tensors, to: path)
      default: try TorchFile.write(tensors, to: path)
      }
      return
    }
    guard self == .json else { throw refusal(of: value.typePhrase, ".json") }
    try AtomicFile.write(try JSON(value, depth: 0).text(pretty: true, file: path) + "\n", to: path)
  }

  func read(_ path: String, _ call: NativeCall, _ bench: Workbench) throws -> Value {
    switch self {
    case .npy: return Value(try NumPyArray.read(FileBytes(path: path, expected: "a .npy file")))
    case .npz:
      let archive = try NumPyArchive(FileBytes(path: path, expected: "a .npz file"))
      return .record(try archive.names.map { ($0, Value(try archive.tensor(named: $0))) })
    case .safetensors: return try readSafetensors(path, call, bench)
    case .pt, .pth, .bin:
      return try Value(TorchFile(FileBytes(path: path, expected: "a file that torch.save wrote")).root)
    case .json: return Value(try JSON.parse(FileBytes(path: path, expected: "a JSON file")))
    case .png, .jpg, .jpeg, .webp, .gif: return .object(ImageObject(try Image(path: path)))
    case .csv:
      return .object(TableObject(try Table(csv: FileBytes(path: path, expected: "a table").withBytes { Array($0) })))
    case .tsv, .svg:
      throw call.wrongValue("path", "ends in .\(rawValue), which `open` does not read")
    }
  }

  private func readSafetensors(_ path: String, _ call: NativeCall, _ bench: Workbench) throws -> Value {
    let file = try Safetensors(FileBytes(path: path, expected: "a .safetensors file"))
    guard file.metadata["steersh"] != nil else {
      return .record(try file.entries.map { ($0.name, Value(try file.tensor(named: $0.name))) })
    }
    let operators = ScriptOperators(bench, call.session)
    if try FittedFunction.isSaved(in: path) {
      return .object(FittedObject(try FittedFunction.load(path, registry: operators.registry)))
    }
    let intervention = try Intervention.load(path, registry: operators.registry)
    if !call.value("model").isNull {
      let model = try call.model("model").model
      _ = try intervention.bind(
        SiteCatalog(model.configuration), fingerprint: model.fingerprint, key: RandomKey(seed: 0))
    }
    return .object(InterventionObject(intervention, bench))
  }
}
