import Tensors

/// Parts of tensors, and tensors with parts replaced.
extension Variable {
  /// The chosen positions of one axis; labels follow.
  public func select(_ name: String, _ selection: Selection) throws -> Variable {
    let shape = shape
    return Variable.record(.select, try value.select(name, selection), from: [self]) { g in
      [try g.zeros(shape).add(g, at: selection, along: name)]
    }
  }

  /// Elements where the mask holds, in row-major order, along one new axis.
  public func select(where mask: Variable, into name: String) throws -> Variable {
    let (mask, shape) = (mask.value, shape)
    return Variable.record(.selectWhere, try value.select(where: mask, into: name), from: [self]) { g in
      let places = Selection.mask(try mask.booleans())
      let flat = g.zeros(Shape([Axis(name, shape.count)]))
      return [try flat.put(g, at: places, along: name).reshape(shape.axes)]
    }
  }

  /// The elements of one axis at `indices`, integers. Their axes take the place of `name`; an axis that both have is walked
  /// in step.
  public func take(_ indices: Variable, along name: String) throws -> Variable {
    let (indices, shape) = (indices.value, shape)
    return Variable.record(.take, try value.take(indices, along: name), from: [self]) { g in
      [try g.zeros(shape).add(g, at: indices, along: name)]
    }
  }

  /// A copy with the chosen positions of one axis replaced by `values`, whose axes match by name; of values put at one
  /// position the last counts.
  public func put(_ values: Variable, at selection: Selection, along name: String) throws -> Variable {
    let (new, needs, needsNew) = (values.value, isTracked, values.isTracked)
    let y = try value.put(new, at: selection, along: name)
    return Variable.record(.put, y, from: [self, values]) { g in
      var passed = needsNew ? try g.select(name, selection) : g
      if needsNew {
        let positions = try selection.positions(on: g.axes[g.shape.position(of: name, for: "put")])
        let last = Dictionary(positions.enumerated().map { ($1, $0) }) { $1 }
        let covered = positions.indices.filter { last[positions[$0]] != $0 }
        if !covered.isEmpty { passed = try passed.put(passed.constant(0), at: .list(covered), along: name) }
      }
      return [
        needs ? try g.put(g.constant(0), at: selection, along: name) : nil,
        needsNew ? try passed.gathered(to: new.shape) : nil,
      ]
    }
  }

  /// A copy with `values` added at the chosen positions of one axis; a position named twice is added to twice.
  public func add(_ values: Variable, at selection: Selection, along name: String) throws -> Variable {
    let (new, needsNew) = (values.shape, values.isTracked)
    let y = try value.add(values.value, at: selection, along: name)
    return Variable.record(.addAt, y, from: [self, values]) { g in
      [g, needsNew ? try g.select(name, selection).gathered(to: new) : nil]
    }
  }
}
