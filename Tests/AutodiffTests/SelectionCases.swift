import Tensors

@testable import Autodiff

private let x = Draw.normal(81, ("token", 4), ("head", 2), ("model", 5))

private func selection(_ name: String, _ axis: String, _ selection: Selection) -> RuleCase {
  RuleCase(name: "select \(name) of \(axis)", rule: .select, inputs: [x]) { try $0[0].select(axis, selection) }
}

private func taking(_ name: String, _ axis: String, _ indices: [Int], _ axes: (String, Int)...) -> RuleCase {
  let axes = axes.map { Axis($0.0, $0.1) }
  return RuleCase(name: "take \(name)", rule: .take, inputs: [x]) {
    try $0[0].take(Variable(try Tensor.of(indices, axes)), along: axis)
  }
}

private func replacement(_ name: String, _ values: Tensor, _ selection: Selection, _ axis: String) -> [RuleCase] {
  [
    RuleCase(name: "put \(name)", rule: .put, inputs: [x, values]) {
      try $0[0].put($0[1], at: selection, along: axis)
    },
    RuleCase(name: "add \(name)", rule: .addAt, inputs: [x, values]) {
      try $0[0].add($0[1], at: selection, along: axis)
    },
  ]
}

let selectionCases: [RuleCase] =
  [
    selection("one position", "token", .index(-1)),
    selection("one position", "model", .index(2)),
    selection("a range", "token", .range(1..<3)),
    selection("every second", "model", .range(from: nil, to: nil, by: 2)),
    selection("a list with repetitions", "token", .list([3, 0, 3, 3])),
    selection("a list with repetitions", "model", .list([4, 4, 1])),
    selection("nothing", "token", .list([])),
    selection("a mask", "model", .mask([true, false, false, true, true])),
    RuleCase(name: "select where a mask holds", rule: .selectWhere, inputs: [x]) {
      try $0[0].select(where: Variable(x.greater(Tensor(0.2))), into: "place")
    },
    RuleCase(name: "select where a mask never holds", rule: .selectWhere, inputs: [x]) {
      try $0[0].select(where: Variable(x.greater(Tensor(100))), into: "place")
    },
    taking("rows, one of them twice", "token", [2, 0, 2], ("key", 3)),
    taking("columns", "model", [1, 1, -1, 0], ("key", 4)),
    taking("along two new axes", "head", [1, 0, 0, 1, 1, 1], ("key", 3), ("query", 2)),
    taking("one for each token", "model", [4, 0, 0, 2], ("token", 4)),
    taking("several for each head", "model", [4, 0, 0, 2, 3, 3], ("key", 3), ("head", 2)),
    taking("under the same name", "model", [3, 3], ("model", 2)),
    taking("nothing", "token", [], ("key", 0)),
    RuleCase(name: "concat", rule: .concat, inputs: [x, Draw.normal(82, ("model", 3), ("token", 4), ("head", 2))]) {
      try Variable.concat($0, along: "model")
    },
    RuleCase(
      name: "concat with nothing", rule: .concat,
      inputs: [x, Draw.normal(83, ("token", 0), ("head", 2), ("model", 5)), x]
    ) {
      try Variable.concat($0, along: "token")
    },
    RuleCase(name: "stack", rule: .stack, inputs: [x, Draw.normal(84, ("head", 2), ("model", 5), ("token", 4)), x]) {
      try Variable.stack($0, into: "sample")
    },
  ]
  + replacement("rows", Draw.normal(85, ("token", 2), ("model", 5), ("head", 2)), .list([3, 1]), "token")
  + replacement("one row in all places", Draw.normal(86, ("model", 5)), .range(0..<3), "token")
  + replacement("a number at one place", Draw.normal(87), .index(1), "model")
  + replacement("repeatedly", Draw.normal(88, ("model", 3), ("head", 2)), .list([4, 0, 4]), "model")
  + replacement("nowhere", Draw.normal(89, ("token", 0)), .list([]), "token")

private let apart = Draw.apart(90, ("token", 4), ("head", 2), ("model", 5))

let orderCases: [RuleCase] = [
  RuleCase(name: "sorted", rule: .sorted, inputs: [apart]) { try $0[0].sorted(over: "model") },
  RuleCase(name: "sorted falling along the first axis", rule: .sorted, inputs: [apart]) {
    try $0[0].sorted(over: "token", descending: true)
  },
  RuleCase(name: "top 3", rule: .top, inputs: [apart]) { try $0[0].top(3, over: "model").values },
  RuleCase(name: "top 1 of the second axis", rule: .top, inputs: [apart]) { try $0[0].top(1, over: "head").values },
  RuleCase(name: "median of five", rule: .median, inputs: [apart]) { try $0[0].median(over: ["model"]) },
  RuleCase(name: "median of eight", rule: .median, inputs: [apart]) { try $0[0].median(over: ["head", "token"]) },
  RuleCase(name: "median of all", rule: .median, inputs: [apart]) { try $0[0].median() },
]
