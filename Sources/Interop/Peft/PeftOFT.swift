import Checkpoints
import Interventions
import Tensors

extension PeftAdapter {
  /// Rotates what a map reads, block by block (`oft_R`), or, in files up to peft 0.13, what it gives (`oft_r`).
  func addOFT(_ module: PeftTensors.Module, to edits: inout PeftEdits) throws {
    if module.tensor("oft_r") != nil { return try addOldOFT(module, to: &edits) }
    let target = edits.target
    let (field, name) = (configuration.field, module.name(of: "oft_R.weight"))
    let parts = try target.parts(of: module.name + ".weight", tensor: name)
    let input = try target.map(parts, tensor: name).input
    guard let entries = module.tensor("oft_R.weight"), entries.shape.rank == 2 else {
      throw target.refusal(name, "it is no table of blocks and their entries above the diagonal")
    }
    let isShared = try field["block_share"].bool(or: false)
    let count = entries.shape.sizes[1]
    // b (b − 1) / 2 entries of a block of b rows.
    let size = Int((1 + Double(1 + 8 * count).squareRoot()) / 2)
    let inputs = input ?? entries.shape.sizes[0] * size
    guard size * (size - 1) / 2 == count, inputs % size == 0 else {
      throw target.refusal(
        name,
        "it has \(count) numbers a block, and no blocks of such a size fill the \(inputs) inputs of `\(module.name)`")
    }
    let blocks = inputs / size
    let rows = isShared ? 1 : blocks
    let above = try target.tensor(entries, name, [rows, count], ["block", "entry"], of: module.name)
    var arguments = [OperatorArgument("blocks", .integer(blocks))]
    if try field["use_cayley_neumann"].bool(or: true) {
      let terms = try field["num_cayley_neumann_terms"].integer(in: 1...64, or: 5)
      // Of three terms peft computes four.
      arguments.append(OperatorArgument("terms", .integer(terms == 3 ? 4 : terms)))
      try remarkVersion(&edits)
    }
    if isShared { arguments.append(OperatorArgument("shared", .flag(true))) }
    let bound = try field["coft"].bool(or: false) ? field["eps"].number(or: 6e-5) : nil
    let skew = Self.skew(above.floats(), blocks: rows, size: size, bound: bound)
    let axes = [Axis("block", rows), Axis("row", size), Axis("column", size)]
    for part in parts { edits.add("oft", arguments, at: part, [.init("P", Tensor(axes, skew), from: name)]) }
  }

  /// The skew matrices from their entries above the diagonal, each kept within `bound` / √blocks where there is one.
  static func skew(_ above: [Float], blocks: Int, size: Int, bound: Double?) -> [Float] {
    var matrices = [Float](repeating: 0, count: blocks * size * size)
    var next = 0
    for block in 0..<blocks {
      for row in 0..<size {
        for column in (row + 1)..<max(size, row + 1) {
          matrices[(block * size + row) * size + column] = above[next]
          matrices[(block * size + column) * size + row] = -above[next]
          next += 1
        }
      }
    }
    return bounded(matrices, blocks: blocks, bound: bound)
  }

  /// The entries above the diagonals of (P − Pᵀ) / 2.
  static func entries(above matrices: [Float], blocks: Int, size: Int) -> [Float] {
    (0..<blocks).flatMap { block in
      (0..<size).flatMap { row in
        ((row + 1)..<max(size, row + 1)).map { column in
          let (own, other) = ((block * size + row) * size + column, (block * size + column) * size + row)
          return (matrices[own] - matrices[other]) / 2
        }
      }
    }
  }

  /// COFT: a block whose length is beyond the bound is shortened to it, as peft does before each use.
  private static func bounded(_ matrices: [Float], blocks: Int, bound: Double?) -> [Float] {
    guard let bound, blocks > 0 else { return matrices }
    let (limit, size) = (bound / Double(blocks).squareRoot(), matrices.count / blocks)
    return (0..<blocks).flatMap { block in
      let own = matrices[block * size..<(block + 1) * size]
      let length = own.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      return length <= limit ? Array(own) : own.map { Float(Double($0) * limit / length) }
    }
  }

  /// y R for what a map gives without its bias.
  private func addOldOFT(_ module: PeftTensors.Module, to edits: inout PeftEdits) throws {
    let target = edits.target
    let (field, name) = (configuration.field, module.name(of: "oft_r"))
    let parts = try target.parts(of: module.name + ".weight", tensor: name)
    guard parts.count == 1 else {
      throw target.refusal(
        name,
        "it rotates outputs of `\(module.name)` that are several weights here; merge the adapter in peft 0.13 first")
    }
    let output = try target.map(parts, tensor: name).output
    let isShared = try field["block_share"].bool(or: false)
    let said = try ranks.value(for: module.name) ?? Double(field["r"].integer(in: 1..., or: 8))
    guard let blocks = Int(exactly: said), blocks > 0, blocks <= output ?? blocks else {
      throw field["r"].mustBe("an integer from 1 to the outputs of `\(module.name)`\(output.map { ", \($0)" } ?? "")")
    }
    let (rows, length) = (isShared ? 1 : blocks, output.map { ($0 + blocks - 1) / blocks })
    let P = try target.tensor(
      module.tensor("oft_r"), name, [rows, length, length], ["block", "row", "column"], of: module.name)
    let size = P.shape.sizes[1]
    guard size == P.shape.sizes[2] else { throw target.refusal(name, "its blocks are not square: \(P.shape)") }
    // peft scales the bound by a block's size squared.
    let bound = try field["coft"].bool(or: false) ? field["eps"].number(or: 6e-5) * Double(size * size) : nil
    let kept = Self.bounded(P.floats(), blocks: rows, bound: bound)
    var arguments = [OperatorArgument("blocks", .integer(blocks)), OperatorArgument("side", .text("output"))]
    if isShared { arguments.append(OperatorArgument("shared", .flag(true))) }
    edits.add("oft", arguments, at: parts[0], [.init("P", Tensor(P.axes, kept), from: name)])
  }

  /// The series changed a little in peft 0.18, which is also the first version that says which one wrote a file.
  private func remarkVersion(_ edits: inout PeftEdits) throws {
    let field = configuration.field["peft_version"]
    let version = field.exists ? try field.string() : "0"
    let numbers = version.split(separator: ".").prefix(2).compactMap { Int($0) }
    guard !(numbers.count == 2 && (numbers[0], numbers[1]) >= (0, 18)) else { return }
    edits.note(
      "written by a peft before 0.18, whose Cayley series differs a little from the one used here and in peft since")
  }
}
