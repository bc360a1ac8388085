import Tensors

/// Sorting, and what is found by it. Positions are constants.
extension Variable {
  public func argsort(over name: String, descending: Bool = false) throws -> Variable {
    Variable(try value.argsort(over: name, descending: descending))
  }
  public func argmin(over name: String) throws -> Variable { Variable(try value.argmin(over: name)) }
  public func argmax(over name: String) throws -> Variable { Variable(try value.argmax(over: name)) }

  public func sorted(over name: String, descending: Bool = false) throws -> Variable {
    let x = value
    return Variable.record(.sorted, try x.sorted(over: name, descending: descending), from: [self]) { g in
      [try g.zeros(x.shape).add(g, at: x.argsort(over: name, descending: descending), along: name)]
    }
  }

  /// The `count` largest elements along an axis, largest first, and where they stood.
  public func top(_ count: Int, over name: String) throws -> (values: Variable, positions: Variable) {
    let (shape, found) = (shape, try value.top(count, over: name))
    let values = Variable.record(.top, found.values, from: [self]) { g in
      [try g.zeros(shape).add(g, at: found.positions, along: name)]
    }
    return (values, Variable(found.positions))
  }

  /// The middle element gets the gradient, of the middle two each one half.
  public func median(over names: [String]? = nil) throws -> Variable {
    let x = value
    return Variable.record(.median, try x.median(over: names), from: [self]) { g in
      let rows = x.shape.names.filter { names?.contains($0) ?? true }
      guard !rows.isEmpty else { return [g] }
      let row = "row of " + rows.joined(separator: " and ")
      let lines = try x.reorder(x.shape.names.filter { !rows.contains($0) }).merge(rows, into: row)
      let size = lines.axes[lines.shape.rank - 1].size
      let middle = (size - 1) / 2..<size / 2 + 1
      let places = try lines.argsort(over: row).select(row, .range(middle))
      let share = try g.times(1 / Double(middle.count)).aligned(to: places.shape)
      let spread = try g.zeros(lines.shape).add(share, at: places, along: row)
      return [
        try spread.split(row, into: rows.compactMap { name in x.axes.first { $0.name == name } })
          .reorder(x.shape.names)
      ]
    }
  }
}
