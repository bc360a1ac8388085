import Autodiff
import Interpreter
import Interventions
import Tensors

extension ScriptOperators {
  /// An `operator` of a script as a function of rows that can be fitted.
  func trainable(from value: Value) throws -> TrainableFunction {
    guard let object = value.object as? OperatorObject, !object.parameters.isEmpty else {
      throw ScriptError(
        .typeMismatch,
        "`fit` teaches an operator with parameters, such as `mlp(hidden: 100)`, found "
          + (value.object is OperatorObject ? "`\(value.rendered(.short))`, which has none" : value.typePhrase))
    }
    let (bench, session, source) = (bench, session, object.shortSource)
    return TrainableFunction(
      name: object.name, arguments: object.everyArgument, source: source,
      shapes: { width in
        try object.parameters.indices.map { position in
          let axes = try object.axes(of: position, sizes: ["model": width], in: session)
          return (object.parameters[position].name, Shape(axes.map { Axis($0.name, $0.size) }))
        }
      },
      parameters: { width, key in
        try Self.start(
          object, sizes: ["model": width], site: [], key: key,
          {
            throw ScriptError(
              .badArgument, "`\(object.name)` starts from a weight, and a function that is fitted has none")
          }, bench, session)
      },
      { rows, parameters in
        let values = parameters.mapValues { Value($0) }
        return try Self.variable(try object.apply(parameters: values, to: Value(rows), in: session), from: source)
      })
  }
}
