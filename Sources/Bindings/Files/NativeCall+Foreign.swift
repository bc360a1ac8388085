import Checkpoints
import Foundation
import Interop
import Interpreter
import Interventions
import Models

extension NativeCall {
  /// A file or a folder of another tool: the value that shows it, or its intervention where a model is given.
  ///
  /// - Returns: nil for what is none of theirs, or not there.
  func openForeign(_ path: String, _ bench: Workbench) throws -> Value? {
    let form = FileForm(rawValue: FileForm.ending(of: path))
    switch form {
    case nil, .safetensors, .pt, .pth, .bin: break
    default: return nil
    }
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    if form == .safetensors, try Safetensors(FileBytes(path: path)).metadata["steersh"] != nil { return nil }
    let source = try ForeignSource(path)
    // A folder can be nothing else; a file may hold plain tensors.
    guard try source.folder != nil || ForeignFormats.format(of: source) != nil else { return nil }
    let file = ForeignObject(try ForeignFormats.read(source, try foreignOptions()), bench)
    guard !value("model").isNull else { return .object(file) }
    let model = try model("model").model
    let bound = try file.intervention(for: model, in: session).bind(
      SiteCatalog(model.configuration), fingerprint: model.fingerprint, key: bench.nextKey(), weight: model.weight(at:))
    return .object(InterventionObject(bound, bench))
  }

  private func foreignOptions() throws -> ForeignOptions {
    let tokens = value("tokens").isNull ? nil : try TokenSelector(value("tokens"))
    guard !value("options").isNull else { return ForeignOptions(tokens: tokens) }
    let given = try record("options").fields.map { name, value in
      (name: name, value: try foreignValue(value, of: name))
    }
    return ForeignOptions(tokens: tokens, given)
  }

  private func foreignValue(_ value: Value, of name: String) throws -> ForeignOptions.Value {
    switch value {
    case .int(let value): return .integer(value)
    case .float(let value): return .number(value)
    case .bool(let value): return .flag(value)
    case .object(let object as StringObject): return .text(object.text)
    case .object(let object as ListObject): return .list(try object.elements.map { try foreignValue($0, of: name) })
    case .object(is PathObject), .object(is TokensObject): return .tokens(try TokenSelector(value))
    default:
      throw wrongValue(
        "options", "must hold numbers, flags, texts, tokens and lists of them; `\(name)` is \(value.typePhrase)")
    }
  }

  /// Writes an intervention as another tool does, and says what that tool's files do not hold.
  func saveForeign(_ value: Value, to path: String, as format: String, _ bench: Workbench) throws {
    let intervention: Intervention
    let model: Model
    switch value.object {
    case let object as ModelObject:
      guard !object.steered.interventions.isEmpty else {
        throw wrongValue("value", "is a model without interventions; `as` writes interventions")
      }
      let all = object.steered.interventions
      intervention = all.count == 1 ? all[0] : Intervention(all)
      model = object.model
    case let object as ForeignObject:
      for note in try ForeignFormats.write(object.file, to: path, as: format) { bench.notify("\(path): \(note)") }
      return
    case let object as InterventionObject:
      guard !self.value("model").isNull else {
        throw wrongValue(
          "model", "must say which model the intervention is for: save(…, \"\(path)\", as: \"\(format)\", model: m)")
      }
      let steered = try self.model("model").steered
      model = steered.base
      guard let bound = try steered.with(object.intervention, key: bench.nextKey()).interventions.last else { return }
      intervention = bound
    default:
      throw wrongType("value", expected: "an intervention, or a model with interventions, to be saved as \"\(format)\"")
    }
    for note in try ForeignFormats.write(intervention, of: model, to: path, as: format) {
      bench.notify("\(path): \(note)")
    }
  }
}
