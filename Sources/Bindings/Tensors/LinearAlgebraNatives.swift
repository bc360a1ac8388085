import Autodiff
import Interpreter
import Tensors

extension NativeTable {
  /// `svd`, `qr`, `eigh`, `solve`, `pca`: the first axis of a matrix has its rows, the second its columns.
  mutating func addLinearAlgebra() {
    self["svd"] = { call in
      let (matrix, rows, columns) = try call.matrix("t")
      let (u, s, v) = try matrix.svd(rows: rows, columns: columns)
      return .record([("u", Value(u)), ("s", Value(s)), ("v", Value(v))])
    }
    self["qr"] = { call in
      let (matrix, rows, columns) = try call.matrix("t")
      let (q, r) = try matrix.qr(rows: rows, columns: columns)
      return .record([("q", Value(q)), ("r", Value(r))])
    }
    self["eigh"] = { call in
      let (matrix, rows, columns) = try call.matrix("t")
      let (values, vectors) = try matrix.eigh(rows: rows, columns: columns)
      return .record([("values", Value(values)), ("vectors", Value(vectors))])
    }
    self["solve"] = { call in
      let (matrix, rows, columns) = try call.matrix("a")
      return Value(try matrix.solve(call.variable("b"), rows: rows, columns: columns))
    }
    self["pca"] = { call in
      let found = try call.tensor("t").principalComponents(
        over: call.axisName("over"), count: call.int("components", atLeast: 1))
      return .record([
        ("components", Value(found.components)), ("variance", Value(found.variance)), ("share", Value(found.share)),
        ("mean", Value(found.mean)),
      ])
    }
  }
}

extension NativeCall {
  fileprivate func matrix(_ parameter: String) throws -> (Variable, rows: String, columns: String) {
    let matrix = try variable(parameter)
    guard matrix.axes.count == 2 else {
      throw wrongValue(parameter, "must be a matrix, with two axes; found \(matrix.shape)")
    }
    return (matrix, matrix.axes[0].name, matrix.axes[1].name)
  }
}
