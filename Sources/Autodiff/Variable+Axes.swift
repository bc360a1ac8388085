import Tensors

/// Changing what axes are called, their order, and how many there are.
extension Variable {
  public func reorder(_ names: [String]) throws -> Variable {
    reordered(.reorder, try value.reorder(names))
  }

  public func transpose(_ a: String, _ b: String) throws -> Variable {
    reordered(.transpose, try value.transpose(a, b))
  }

  private func reordered(_ rule: Rule, _ y: Tensor) -> Variable {
    let names = shape.names
    return Variable.record(rule, y, from: [self]) { [try $0.reorder(names)] }
  }

  public func rename(_ name: String, to new: String) throws -> Variable {
    viewed(.rename, try value.rename(name, to: new))
  }

  public func reshape(_ axes: [Axis]) throws -> Variable { viewed(.reshape, try value.reshape(axes)) }

  public func split(_ name: String, into parts: [Axis]) throws -> Variable {
    viewed(.split, try value.split(name, into: parts))
  }

  public func squeeze(_ name: String) throws -> Variable { viewed(.squeeze, try value.squeeze(name)) }

  public func labelled(_ name: String, _ labels: (any AxisLabels)?) throws -> Variable {
    viewed(.labelled, try value.labelled(name, labels))
  }

  /// The same elements in the same order under other axes.
  private func viewed(_ rule: Rule, _ y: Tensor) -> Variable {
    let axes = axes
    return Variable.record(rule, y, from: [self]) { [try $0.reshape(axes)] }
  }

  public func merge(_ names: [String], into name: String) throws -> Variable {
    let (y, axes) = (try value.merge(names, into: name), axes)
    return Variable.record(.merge, y, from: [self]) { g in
      let parts = names.compactMap { name in axes.first { $0.name == name } }
      return [try g.split(name, into: parts).reorder(axes.map(\.name))]
    }
  }

  /// A new outermost axis along which the tensor repeats.
  public func expand(_ axis: Axis) throws -> Variable {
    Variable.record(.expand, try value.expand(axis), from: [self]) { [try $0.sum(over: [axis.name])] }
  }

  /// The same numbers in another storage. What is rounded to a narrower one passes its gradient on as it is; integers and
  /// masks are constants.
  public func to(_ dtype: DType) -> Variable {
    if dtype == self.dtype { return self }
    let y = value.to(dtype)
    if dtype == .i64 || dtype == .bool { return Variable(y) }
    let own: DType = self.dtype == .f64 ? .f64 : .f32
    return Variable.record(.cast, y, from: [self]) { [$0.to(own)] }
  }
}
