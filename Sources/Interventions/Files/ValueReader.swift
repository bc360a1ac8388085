import Checkpoints
import Models
import Tensors

/// Reads what `ValueWriter` wrote.
struct ValueReader {
  let path: String
  let file: Safetensors
  let registry: OperatorRegistry

  func arguments(_ field: Field, depth: Int = 0) throws -> [OperatorArgument] {
    try field.array().map { field in
      OperatorArgument(
        try field["name"].string(), try value(field["value"], depth: depth),
        isPositional: try field["positional"].bool(or: false))
    }
  }

  func parameters(_ field: Field) throws -> [NamedTensor] {
    try field.array().map {
      NamedTensor(
        try $0["name"].string(), try tensor($0["value"]), isOrthonormal: try $0["orthonormal"].bool(or: false))
    }
  }

  func value(_ field: Field, depth: Int = 0) throws -> OperatorArgument.Value {
    if field["tensor"].exists { return .tensor(try tensor(field)) }
    if field["integer"].exists { return .integer(try field["integer"].integer()) }
    if field["flag"].exists { return .flag(try field["flag"].bool()) }
    if field["text"].exists { return .text(try field["text"].string()) }
    if field["function"].exists { return .function(source: try field["function"].string()) }
    if field["tokens"].exists { return .tokens(source: try field["tokens"].string()) }
    if field["fitted"].exists { return .fitted(try fitted(field["fitted"], depth: depth)) }
    return .number(try number(field["number"]))
  }

  func fitted(_ field: Field, depth: Int = 0) throws -> FittedFunction {
    guard depth < 16 else { throw InterventionError.file(path: path, reason: "functions are nested more than 16 deep") }
    let operation = field["operator"]
    let name = try operation["name"].string()
    let arguments = try arguments(operation["arguments"], depth: depth + 1)
    guard let function = try registry.trainable(name, arguments) else {
      throw InterventionError.unknownOperator(path: path, name: name, known: [])
    }
    var standardisation: FittedFunction.Standardisation?
    let width = try field["width"].integer(in: 1...)
    if field["mean"].exists {
      let (mean, deviation) = (try tensor(field["mean"]), try tensor(field["deviation"]))
      let shape = Shape([Axis("model", width)])
      guard mean.shape == shape, deviation.shape == shape else { throw field["mean"].mustBe("of shape \(shape)") }
      standardisation = FittedFunction.Standardisation(mean: mean, deviation: deviation)
    }
    let quality = FittedFunction.Quality(
      samples: try field["samples"].integer(in: 0...),
      heldOut: field["held_out"].exists ? try field["held_out"].integer(in: 1...) : 0,
      r2: field["r2"].exists ? try number(field["r2"]) : nil,
      heldOutR2: field["held_out_r2"].exists ? try number(field["held_out_r2"]) : nil)
    let parameters = try parameters(field["parameters"])
    // The file's shapes are checked against those that the operator has here: it may have been defined anew.
    let expected = try function.shapes(width: width).map { "\($0.name)\($0.shape)" }
    let found = parameters.map { "\($0.name)\($0.tensor.shape)" }
    guard found == expected else {
      throw InterventionError.file(
        path: path,
        reason: "it has the parameters \(found.joined(separator: ", ")) of `\(name)`, which here has "
          + expected.joined(separator: ", "))
    }
    return FittedFunction(
      function, parameters: parameters, standardisation: standardisation, width: width, quality: quality)
  }

  private func number(_ field: Field) throws -> Float {
    guard let number = Float(try field.string()) else { throw field.mustBe("a number in quotes") }
    return number
  }

  func tensor(_ field: Field) throws -> Tensor {
    let names = try field["axes"].strings()
    guard Set(names).count == names.count else { throw field["axes"].mustBe("names that differ") }
    let tensor = try file.tensor(named: try field["tensor"].string(), axes: names)
    guard field["layers"].exists, let place = names.firstIndex(of: "layer") else { return tensor }
    let layers = try field["layers"].integers(in: 0...)
    guard layers.count == tensor.axes[place].size else {
      throw field["layers"].mustBe("\(tensor.axes[place].size) layers, as many as the tensor has")
    }
    return try tensor.labelled("layer", LayerLabels(layers))
  }
}
