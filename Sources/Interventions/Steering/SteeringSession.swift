import Models
import Tensors

/// Applies a plan during one run: one forward pass, or one generation with all its steps.
///
/// Positions are resolved once per sample; a pass edits those of them that it computes. So an edit of prompt tokens
/// acts in the prefill and lives on in the cache, and the result is that of recomputing everything with the edit.
final class SteeringSession: SiteListener {
  let sites: Set<Site>

  private let plan: SteeringPlan
  private let notices: NoticeBoard
  /// By edit and stack, then by sample.
  private var selections: [Selection.Key: Selection] = [:]
  private var strengths: [StrengthKey: Float] = [:]
  /// Rows saved for scaled steps, one buffer per nesting depth; kept between visits.
  private var saved: [[Float]] = []

  private struct StrengthKey: Hashable {
    let slot: Int
    let sample: Int
  }

  private struct Selection {
    struct Key: Hashable {
      let edit: Int
      let stack: Site.Stack
      let sample: Int
    }

    var positions: [Int]
    /// Positions from here on have not been resolved yet.
    var horizon: Int
  }

  init(_ plan: SteeringPlan, notices: NoticeBoard) {
    self.plan = plan
    self.notices = notices
    sites = Set(plan.programs.keys)
  }

  func visit(_ activation: any SiteActivation) throws {
    guard let program = plan.programs[activation.site] else { return }
    for sample in 0..<activation.sampleCount {
      let range = activation.positions(sample)
      guard !range.isEmpty, try touches(program.edits, activation, sample, range),
        let rows = try ActivationRows(activation, sample)
      else { continue }
      for step in program.steps { try run(step, rows, activation, sample, program.entry, depth: 0) }
      try rows.finish()
    }
  }

  /// Whether any edit at a site acts in this pass. Every one is asked, so that one which finds no token is noticed.
  private func touches(
    _ edits: [Int], _ activation: any SiteActivation, _ sample: Int, _ range: Range<Int>
  ) throws -> Bool {
    var any = false
    for edit in edits where try !chosen(edit, activation, sample, range).isEmpty { any = true }
    return any
  }

  private func run(
    _ step: SteeringPlan.Step, _ rows: ActivationRows, _ activation: any SiteActivation, _ sample: Int,
    _ entry: SiteCatalog.Entry, depth: Int
  ) throws {
    switch step {
    case .edit(let edit, let operation, let strength):
      let chosen = try chosen(edit, activation, sample, rows.positions)
      guard !chosen.isEmpty else { return }
      let value = try self.value(of: strength, activation, sample)
      guard value != operation.neutralStrength else { return }
      if let operation = operation as? any RowOperator {
        try apply(operation, value, edit, chosen, rows, activation.site, sample)
      } else {
        try apply(operation, value, edit, chosen, rows, activation, sample, entry)
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
    for index in chosen.indices {
      for head in 0..<rows.heads {
        let row = rows.row(head: head, token: chosen[index] - rows.positions.lowerBound)
        let wasFinite = isFinite(row)
        try operation.edit(row, strength: strength, at: RowPlace(head: head, ordinal: index))
        if wasFinite, !isFinite(row) { throw notFinite(edit, site, sample, chosen[index], row) }
      }
    }
  }

  private func apply(
    _ operation: any PreparedOperator, _ strength: Float, _ edit: Int, _ chosen: ArraySlice<Int>,
    _ rows: ActivationRows, _ activation: any SiteActivation, _ sample: Int, _ entry: SiteCatalog.Entry
  ) throws {
    let positions = Array(chosen)
    let tokens = activation.context(sample)
    let labels = TokenLabels(
      context: tokens, stack: activation.site.stack, positions: positions, length: rows.positions.upperBound)
    let context = EditContext(
      site: activation.site, sample: SampleContext(index: sample, tokens: tokens), positions: positions,
      ordinals: Array(chosen.indices))
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

  private func value(
    of strength: SteeringPlan.PlannedStrength, _ activation: any SiteActivation, _ sample: Int
  ) throws -> Float {
    switch strength {
    case .constant(let value): return value
    case .function(let slot, let strength):
      let key = StrengthKey(slot: slot, sample: sample)
      if let known = strengths[key] { return known }
      let context = SampleContext(index: sample, tokens: activation.context(sample))
      let value = try strength.value(at: activation.site, context)
      strengths[key] = value
      return value
    }
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

// Selections.
extension SteeringSession {
  /// The positions of this pass that an edit selects; indices into the slice are places among all it selects.
  private func chosen(
    _ edit: Int, _ activation: any SiteActivation, _ sample: Int, _ range: Range<Int>
  ) throws -> ArraySlice<Int> {
    let key = Selection.Key(edit: edit, stack: activation.site.stack, sample: sample)
    if selections[key].map({ $0.horizon < range.upperBound }) ?? true {
      selections[key] = try resolve(key, activation.site, activation.context(sample), range)
    }
    guard let positions = selections[key]?.positions else { return [] }
    return positions[lowerIndex(positions, range.lowerBound)..<lowerIndex(positions, range.upperBound)]
  }

  private func resolve(_ key: Selection.Key, _ site: Site, _ context: TokenContext, _ range: Range<Int>) throws
    -> Selection
  {
    let edit = plan.edits[key.edit]
    guard key.stack == .decoder, edit.tokens.reachesGenerated else {
      let length = max(context.promptCount, range.upperBound)
      let positions = try edit.tokens.resolve(in: context, stack: key.stack, length: length)
      noticeIfIdle(edit, key, context, positions)
      noticeIfUnread(edit, site, context, positions)
      return Selection(positions: positions, horizon: .max)
    }
    // Which generated tokens it names depends on nothing that comes after them, so look ahead and seldom again.
    let horizon = max(2 * max(context.promptCount, range.upperBound), 256)
    return Selection(positions: try edit.tokens.resolve(in: context, length: horizon), horizon: horizon)
  }

  private func noticeIfIdle(
    _ edit: SteeringPlan.PlannedEdit, _ key: Selection.Key, _ context: TokenContext, _ positions: [Int]
  ) {
    guard positions.isEmpty else { return }
    // Text stays as it is without an image; that is what MoReS promises, so it is no warning.
    let level: Notice.Level = edit.tokens.isImageOnly && context.images.isEmpty ? .info : .warning
    let reason = level == .info ? "the prompt has no image" : "sample \(key.sample) has no such token"
    notices.post(Notice(level, "`\(edit.tokens)` selects nothing, so `\(edit.description)` changes nothing: \(reason)"))
  }

  /// After the last block's attention only a position's own logits can still change; an answer is read from the last
  /// position's and those of generated tokens.
  private func noticeIfUnread(
    _ edit: SteeringPlan.PlannedEdit, _ site: Site, _ context: TokenContext, _ positions: [Int]
  ) {
    // Edits of image tokens were noticed when they were bound.
    guard plan.programs[site]?.isPastLastMixing == true, !edit.tokens.isImageOnly, let last = positions.last,
      last < context.promptCount - 1
    else { return }
    notices.post(
      Notice(
        .warning,
        "`\(edit.description)` does not act at the last prompt token, and `\(site.path)` reaches no later one: "
          + "it changes no answer there"))
  }

  /// The first index whose position is at least `bound`.
  private func lowerIndex(_ positions: [Int], _ bound: Int) -> Int {
    var low = 0
    var high = positions.count
    while low < high {
      let middle = (low + high) / 2
      if positions[middle] < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
