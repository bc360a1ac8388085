import Autodiff
import Models
import Synchronization
import Tensors

/// Applies a plan during one run: one forward pass, or one generation with all its steps.
///
/// Positions are resolved once per sample; a pass edits those of them that it computes. So an edit of prompt tokens
/// acts in the prefill and lives on in the cache, and the result is that of recomputing everything with the edit.
final class SteeringSession: SiteListener {
  let sites: Set<Site>
  var treatsPositionsAlone: Bool { plan.treatsLastPositionsAlone }

  private let plan: SteeringPlan
  private let selections: Selections
  /// Rows saved for scaled steps, one buffer per nesting depth; kept between visits.
  private var saved: [[Float]] = []
  /// What operators made of the positions that they refer to.
  private var references: [ReferenceKey: Variable] = [:]

  /// What linear maps read at the prompts' positions.
  private var prompts: [ReferenceKey: Tensor] = [:]

  private struct ReferenceKey: Hashable {
    let edit: Int
    let site: Site
    let sample: Int
  }

  init(_ plan: SteeringPlan, notices: NoticeBoard) {
    self.plan = plan
    selections = Selections(plan, notices: notices)
    sites = Set(plan.programs.keys)
  }

  func visit(_ activation: any SiteActivation) throws {
    guard let program = plan.programs[activation.site] else { return }
    for sample in 0..<activation.sampleCount {
      let range = activation.positions(sample)
      guard !range.isEmpty, try touches(program, activation, sample, range),
        let rows = try ActivationRows(activation, sample)
      else { continue }
      for step in program.steps { try run(step, rows, activation, sample, program.entry, depth: 0) }
      try rows.finish()
    }
  }

  /// Whether any edit at a site acts in this pass, or looks at it. Every one is asked, so that one which finds no token is
  /// noticed.
  private func touches(
    _ program: SteeringPlan.Program, _ activation: any SiteActivation, _ sample: Int, _ range: Range<Int>
  ) throws -> Bool {
    var any = false
    for edit in program.edits where try !chosen(edit, activation, sample, range).isEmpty { any = true }
    for (edit, selector) in program.references {
      if let position = try reference(selector, edit, activation, sample), range.contains(position) { any = true }
    }
    return any
  }

  private func run(
    _ step: SteeringPlan.Step, _ rows: ActivationRows, _ activation: any SiteActivation, _ sample: Int,
    _ entry: SiteCatalog.Entry, depth: Int
  ) throws {
    switch step {
    case .edit(let edit, let operation, let strength):
      let chosen = try chosen(edit, activation, sample, rows.positions)
      let referring = operation as? any ReferringOperator
      guard !chosen.isEmpty || referring != nil else { return }
      let value = try self.value(of: strength, activation, sample)
      guard value != operation.neutralStrength else { return }
      if let referring { try refer(referring, edit, rows, activation, sample, entry) }
      guard !chosen.isEmpty else { return }
      if let operation = operation as? any RowOperator {
        try apply(operation, value, edit, chosen, rows, activation.site, sample)
      } else {
        let key = ReferenceKey(edit: edit, site: activation.site, sample: sample)
        try apply(operation, value, edit, chosen, rows, activation, sample, entry, references[key])
      }
    case .scaled(let strength, let steps, let edits):
      let value = try self.value(of: strength, activation, sample)
      guard value != 0 else { return }
      guard value != 1 else {
        for step in steps { try run(step, rows, activation, sample, entry, depth: depth) }
        return
      }
      try blend(value, edits, rows, activation, sample, depth: depth) {
        for step in steps { try run(step, rows, activation, sample, entry, depth: depth + 1) }
      }
    }
  }

  private func apply(
    _ operation: any RowOperator, _ strength: Float, _ edit: Int, _ chosen: ArraySlice<Int>, _ rows: ActivationRows,
    _ site: Site, _ sample: Int
  ) throws {
    // Rows know nothing of each other; the error is that of the first one, however they are shared out.
    let failure = Mutex<(index: Int, error: any Error)?>(nil)
    inParallel(chosen.count, grain: max(16384 / max(rows.heads * rows.width, 1), 1)) { part in
      for index in part.lowerBound + chosen.startIndex..<part.upperBound + chosen.startIndex {
        do {
          try apply(operation, strength, edit, index, at: chosen[index], rows, site, sample)
        } catch {
          failure.withLock { if index < $0?.index ?? .max { $0 = (index, error) } }
          return
        }
      }
    }
    if let error = failure.withLock({ $0?.error }) { throw error }
  }

  private func apply(
    _ operation: any RowOperator, _ strength: Float, _ edit: Int, _ ordinal: Int, at position: Int,
    _ rows: ActivationRows, _ site: Site, _ sample: Int
  ) throws {
    for head in 0..<rows.heads {
      let row = rows.row(head: head, token: position - rows.positions.lowerBound)
      let wasFinite = isFinite(row)
      try operation.edit(row, strength: strength, at: RowPlace(head: head, ordinal: ordinal))
      if wasFinite, !isFinite(row) { throw notFinite(edit, site, sample, position, row) }
    }
  }

  /// Lets an operator look at the position it refers to, where this pass computes it.
  private func refer(
    _ operation: any ReferringOperator, _ edit: Int, _ rows: ActivationRows, _ activation: any SiteActivation,
    _ sample: Int, _ entry: SiteCatalog.Entry
  ) throws {
    guard let position = try reference(operation.reference, edit, activation, sample),
      rows.positions.contains(position)
    else { return }
    let labels = TokenLabels(
      context: activation.context(sample), stack: activation.site.stack, positions: [position],
      length: rows.positions.upperBound)
    references[ReferenceKey(edit: edit, site: activation.site, sample: sample)] =
      try operation.refer(to: Variable(rows.gather([position], entry, labels)), at: activation.site)
  }

  /// What the linear map reads in this pass, and what it read at the prompt's positions.
  private func input(
    _ edit: Int, _ rows: ActivationRows, _ activation: any SiteActivation, _ sample: Int, _ labels: TokenLabels
  ) throws -> MapInput? {
    guard let own = try activation.input(sample)?.labelled("token", labels) else { return nil }
    let key = ReferenceKey(edit: edit, site: activation.site, sample: sample)
    let count = activation.promptCount(sample) - rows.positions.lowerBound
    if count > 0 {
      let part = count < rows.tokens ? try own.select("token", .range(0..<count)) : own
      prompts[key] = try prompts[key].map { try Tensor.concat([$0, part], along: "token") } ?? part
    }
    guard let prompt = prompts[key] else { return nil }
    return MapInput(rows: Variable(own), prompt: Variable(prompt))
  }

  private func reference(
    _ selector: TokenSelector, _ edit: Int, _ activation: any SiteActivation, _ sample: Int
  ) throws -> Int? {
    try selections.reference(selector, of: edit, at: activation.site, sample) { activation.context(sample) }
  }

  private func apply(
    _ operation: any PreparedOperator, _ strength: Float, _ edit: Int, _ chosen: ArraySlice<Int>,
    _ rows: ActivationRows, _ activation: any SiteActivation, _ sample: Int, _ entry: SiteCatalog.Entry,
    _ reference: Variable?
  ) throws {
    let positions = Array(chosen)
    let tokens = activation.context(sample)
    let labels = TokenLabels(
      context: tokens, stack: activation.site.stack, positions: positions, length: rows.positions.upperBound)
    let context = EditContext(
      site: activation.site, sample: SampleContext(index: sample, tokens: tokens), positions: positions,
      ordinals: Array(chosen.indices), reference: reference,
      input: try plan.edits[edit].readsInput ? input(edit, rows, activation, sample, labels) : nil,
      virtualRows: try plan.edits[edit].virtualRows(
        activation.virtualRows(sample).map { Variable($0) }, at: activation.site, sample, tokens))
    let hidden = rows.gather(positions, entry, labels)
    let edited = try operation.apply(hidden, strength: strength, at: context)
    var wasFinite: [Bool] = []
    for position in positions {
      for head in 0..<rows.heads {
        wasFinite.append(isFinite(rows.row(head: head, token: position - rows.positions.lowerBound)))
      }
    }
    rows.scatter(edited, to: positions)
    for (index, position) in positions.enumerated() {
      for head in 0..<rows.heads where wasFinite[index * rows.heads + head] {
        let row = rows.row(head: head, token: position - rows.positions.lowerBound)
        if !isFinite(row) { throw notFinite(edit, activation.site, sample, position, row) }
      }
    }
  }

  /// Runs `body` and keeps only a share of what it changed: h + α (h′ − h) on every row that it may touch.
  private func blend(
    _ share: Float, _ edits: [Int], _ rows: ActivationRows, _ activation: any SiteActivation, _ sample: Int,
    depth: Int, _ body: () throws -> Void
  ) throws {
    var touched: Set<Int> = []
    for edit in edits { touched.formUnion(try chosen(edit, activation, sample, rows.positions)) }
    let positions = touched.sorted()
    if saved.count <= depth { saved.append([]) }
    saved[depth].removeAll(keepingCapacity: true)
    for position in positions {
      for head in 0..<rows.heads {
        saved[depth].append(contentsOf: rows.row(head: head, token: position - rows.positions.lowerBound))
      }
    }
    try body()
    var start = 0
    for position in positions {
      for head in 0..<rows.heads {
        let row = rows.row(head: head, token: position - rows.positions.lowerBound)
        for index in row.indices where row[index] != saved[depth][start + index] {
          row[index] = saved[depth][start + index] + share * (row[index] - saved[depth][start + index])
        }
        start += row.count
      }
    }
  }

  /// Where the first edit of a batch acts or looks: from which stage of the decoder on, and for each prompt from which
  /// position on; the prompt's length where nothing in it is edited. Nil where images are edited or looked at.
  func firstEdit(of prompts: [Prompt], _ configuration: ModelConfiguration) throws -> (stage: Int, positions: [Int])? {
    if plan.editsImages || plan.readsImages, prompts.contains(where: { !$0.images.isEmpty }) { return nil }
    var first = (stage: configuration.decoder.layers, positions: prompts.map(\.ids.count))
    func reach(_ position: Int, _ stage: Int, _ sample: Int) {
      first.positions[sample] = min(first.positions[sample], position)
      first.stage = min(first.stage, stage)
    }
    for site in plan.sites {
      guard let stage = configuration.stage(of: site), let program = plan.programs[site] else { continue }
      for (sample, prompt) in prompts.enumerated() {
        for edit in Set(program.edits).sorted() {
          let chosen = try selections.chosen(edit, at: site, sample, in: 0..<prompt.ids.count) { prompt.context }
          if let position = chosen.first { reach(position, stage, sample) }
        }
        for (edit, selector) in program.references {
          let position = try selections.reference(selector, of: edit, at: site, sample) { prompt.context }
          if let position { reach(position, stage, sample) }
        }
      }
    }
    return first
  }

  private func value(
    of strength: SteeringPlan.PlannedStrength, _ activation: any SiteActivation, _ sample: Int
  ) throws -> Float {
    try selections.value(of: strength, at: activation.site, sample) { activation.context(sample) }
  }

  /// The positions of this pass that an edit selects; indices into the slice are places among all it selects.
  private func chosen(
    _ edit: Int, _ activation: any SiteActivation, _ sample: Int, _ range: Range<Int>
  ) throws -> ArraySlice<Int> {
    try selections.chosen(edit, at: activation.site, sample, in: range) { activation.context(sample) }
  }

  private func notFinite(
    _ edit: Int, _ site: Site, _ sample: Int, _ position: Int, _ row: UnsafeMutableBufferPointer<Float>
  ) -> InterventionError {
    let value = row.first { !$0.isFinite } ?? .nan
    return .notFinite(
      operation: plan.edits[edit].operation, site: site.path, sample: sample, position: position,
      value: value.isNaN ? "NaN" : "\(value)")
  }
}

extension SiteActivation {
  /// How many of a sample's positions are its prompt's; before the decoder all are.
  fileprivate func promptCount(_ sample: Int) -> Int {
    site.stack == .decoder ? context(sample).promptCount : positions(sample).upperBound
  }
}
