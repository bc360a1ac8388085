import Checkpoints
import Figures
import Interpreter
import Interventions
import Tensors

extension NativeTable {
  /// `save` and `open`.
  mutating func addFiles(_ bench: Workbench) {
    self["save"] = { call in
      let path = try call.string("path")
      let value = call.value("value")
      if !call.value("as").isNull {
        guard call.value("dtype").isNull else {
          throw call.wrongValue(
            "dtype", "says how a model's weights are stored; other tools' files have types of their own")
        }
        try call.saveForeign(value, to: path, as: call.string("as"), bench)
        return .null
      }
      if let object = value.object as? ModelObject, FileForm(rawValue: FileForm.ending(of: path)) == nil {
        try object.steered.save(to: path, dtype: call.dtype())
        return .null
      }
      guard call.value("dtype").isNull else {
        throw call.wrongValue("dtype", "says how a model's weights are stored; other values are saved as they are")
      }
      let form = try FileForm(path, call)
      switch value.object {
      case let object as TensorObject: try form.write(object.tensor, to: path)
      case let object as TableObject: try form.write(object.table, to: path)
      case let object as FigureObject: try form.write(object.figure, to: path)
      case let object as ImageObject: try form.write(object.image, to: path)
      case let object as InterventionObject: try form.write(object.intervention, to: path, call, bench)
      case let object as FittedObject: try form.write(object.function, to: path)
      case let object as ModelObject:
        guard !object.steered.interventions.isEmpty else {
          throw call.wrongValue(
            "value",
            "is a model without interventions, and a path ending in .\(form.rawValue) holds interventions; "
              + "give a folder to save the model itself")
        }
        try form.write(Intervention(object.steered.interventions), to: path, call, bench)
      default: try form.write(value, to: path, call)
      }
      return .null
    }
    self["open"] = { call in
      let path = try call.string("path")
      if let foreign = try call.openForeign(path, bench) { return foreign }
      for option in ["tokens", "options"] where !call.value(option).isNull {
        throw call.wrongValue(option, "is for files of other tools, and \"\(path)\" is none of theirs")
      }
      return try FileForm(path, call).read(path, call, bench)
    }
  }
}

extension NativeCall {
  /// How a saved model's weights are stored; nil for as they are.
  fileprivate func dtype() throws -> DType? {
    guard !value("dtype").isNull else { return nil }
    guard let dtype = DType(rawValue: try string("dtype")), [.f32, .f16, .bf16].contains(dtype) else {
      throw wrongValue("dtype", "must be \"f32\", \"f16\" or \"bf16\"")
    }
    return dtype
  }
}
