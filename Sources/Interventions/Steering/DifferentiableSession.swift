import Autodiff
import Models
import Tensors

/// Applies a plan in a pass that gradients go through: what `SteeringSession` does, to the same bits, on variables.
///
/// The rows that an edit selects are gathered, go through the operator and are put back. Rows of all samples go together
/// where the operator treats each by itself.
final class DifferentiableSession: DifferentiableListener {
  let sites: Set<Site>

  private let plan: SteeringPlan
  private let selections: Selections
  /// What is done to an edit's result before it is put back: dropout, probes. Gets what the rows were and became.
  private let finish: Finish?

  /// Asked for the rows of one edit at one site, before and after it.
  typealias Finish = (_ edit: Int, _ site: Site, _ before: Variable, _ after: Variable) throws -> Variable

  init(_ plan: SteeringPlan, notices: NoticeBoard, finish: Finish? = nil) {
    self.plan = plan
    self.finish = finish
    selections = Selections(plan, notices: notices)
    sites = Set(plan.programs.keys)
  }

  func visit(_ activation: DifferentiableActivation) throws -> DifferentiableActivation.Content {
    guard let program = plan.programs[activation.site] else { return activation.content }
    let samples = activation.samples.indices.filter { !activation.samples[$0].isEmpty }
    var rows = EditableRows(activation)
    for step in program.steps { try run(step, &rows, samples, activation) }
    return rows.content
  }

  private func run(
    _ step: SteeringPlan.Step, _ rows: inout EditableRows, _ samples: [Int], _ activation: DifferentiableActivation
  ) throws {
    switch step {
    case .edit(let edit, let operation, let strength):
      var parts: [Part] = []
      for sample in samples {
        let chosen = try chosen(edit, activation, sample)
        guard !chosen.isEmpty else { continue }
        let value = try value(of: strength, activation, sample)
        if value != operation.neutralStrength { parts.append(Part(sample: sample, chosen: chosen, strength: value)) }
      }
      try apply(operation, edit, parts, &rows, activation)
    case .scaled(let strength, let steps, let edits):
      let shares = try samples.map { ($0, try value(of: strength, activation, $0)) }.filter { $0.1 != 0 }
      guard !shares.isEmpty else { return }
      let before = rows
      for step in steps { try run(step, &rows, shares.map(\.0), activation) }
      var parts: [Part] = []
      for (sample, share) in shares where share != 1 {
        var touched: Set<Int> = []
        for edit in edits { touched.formUnion(try chosen(edit, activation, sample)) }
        if !touched.isEmpty { parts.append(Part(sample: sample, chosen: touched.sorted()[...], strength: share)) }
      }
      for group in rows.groups(parts, together: true) {
        let after = try rows.gather(group)
        try rows.scatter(
          before.gather(group).blend(after, share: group.strength(along: rows.rowAxis)), group)
      }
    }
  }

  private func apply(
    _ operation: any PreparedOperator, _ edit: Int, _ parts: [Part], _ rows: inout EditableRows,
    _ activation: DifferentiableActivation
  ) throws {
    let rowwise = operation as? any RowwiseOperator
    for group in rows.groups(parts, together: rowwise != nil) {
      let hidden = try rows.gather(group)
      var edited: Variable
      if let rowwise {
        edited = try rowwise.edit(
          hidden, strength: Variable(group.strength(along: rows.rowAxis)), ordinals: group.parts.flatMap(\.ordinals))
      } else {
        let part = group.parts[0]
        var reference: Variable?
        if let operation = operation as? any ReferringOperator {
          reference = try refer(operation, edit, part.sample, rows, activation)
        }
        edited = try apply(operation, edit, part, hidden, rows.rowAxis, activation, reference)
      }
      if let finish { edited = try finish(edit, activation.site, hidden, edited) }
      try rows.scatter(edited, group)
    }
  }

  /// What an operator makes of the position it refers to; nil where this pass does not compute it.
  private func refer(
    _ operation: any ReferringOperator, _ edit: Int, _ sample: Int, _ rows: EditableRows,
    _ activation: DifferentiableActivation
  ) throws -> Variable? {
    let position = try selections.reference(operation.reference, of: edit, at: activation.site, sample) {
      activation.contexts[sample]
    }
    guard let position, activation.positions(sample).contains(position) else { return nil }
    let group = rows.groups([Part(sample: sample, chosen: [position], strength: 1)], together: false)[0]
    return try operation.refer(to: rows.gather(group), at: activation.site)
  }

  private func apply(
    _ operation: any PreparedOperator, _ edit: Int, _ part: Part, _ hidden: Variable, _ rowAxis: String,
    _ activation: DifferentiableActivation, _ reference: Variable?
  ) throws -> Variable {
    let tokens = activation.contexts[part.sample]
    let labels = TokenLabels(
      context: tokens, stack: activation.site.stack, positions: Array(part.chosen),
      length: activation.positions(part.sample).upperBound)
    let context = EditContext(
      site: activation.site, sample: SampleContext(index: part.sample, tokens: tokens),
      positions: Array(part.chosen), ordinals: part.ordinals, reference: reference,
      input: try input(part.sample, activation, labels),
      virtualRows: try plan.edits[edit].virtualRows(
        activation.virtualRows[part.sample], at: activation.site, part.sample, tokens))
    return try operation.apply(
      hidden.labelled(rowAxis, labels), strength: Variable(Tensor(part.strength)), at: context)
  }

  /// What a linear map reads of one sample, all of whose rows are edited; nil at other sites.
  private func input(
    _ sample: Int, _ activation: DifferentiableActivation, _ labels: TokenLabels
  ) throws -> MapInput? {
    guard let all = activation.input else { return nil }
    let positions = activation.positions(sample)
    guard positions.lowerBound == 0 else {
      throw InterventionError.runs(
        "`\(activation.site.path)` is edited by what it reads of the whole prompt, of which only a part is computed here"
      )
    }
    let own = try all.select("token", .range(activation.samples[sample])).labelled("token", labels)
    let count =
      activation.site.stack == .decoder ? activation.contexts[sample].promptCount : activation.samples[sample].count
    return MapInput(
      rows: own, prompt: count < positions.count ? try own.select("token", .range(0..<count)) : own)
  }

  private func value(
    of strength: SteeringPlan.PlannedStrength, _ activation: DifferentiableActivation, _ sample: Int
  ) throws -> Float {
    try selections.value(of: strength, at: activation.site, sample) { activation.contexts[sample] }
  }

  private func chosen(_ edit: Int, _ activation: DifferentiableActivation, _ sample: Int) throws -> ArraySlice<Int> {
    try selections.chosen(edit, at: activation.site, sample, in: activation.positions(sample)) {
      activation.contexts[sample]
    }
  }
}

/// The positions of one sample that an edit or a share acts on.
struct Part {
  let sample: Int
  /// Indices are places among all positions that the selector names in the sample.
  let chosen: ArraySlice<Int>
  let strength: Float

  var ordinals: [Int] { Array(chosen.indices) }
}
