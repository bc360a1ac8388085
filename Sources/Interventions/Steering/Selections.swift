import Models

/// What the selectors and strengths of a plan come to in the samples of one run: resolved once per sample, asked again
/// at every site and pass.
final class Selections {
  private let plan: SteeringPlan
  private let notices: NoticeBoard
  private var selections: [Selection.Key: Selection] = [:]
  private var strengths: [StrengthKey: Float] = [:]
  private var references: [Selection.Key: Int] = [:]

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
  }

  /// A strength's number for one sample.
  func value(
    of strength: SteeringPlan.PlannedStrength, at site: Site, _ sample: Int, _ context: () -> TokenContext
  ) throws -> Float {
    switch strength {
    case .constant(let value): return value
    case .function(let slot, let strength):
      let key = StrengthKey(slot: slot, sample: sample)
      if let known = strengths[key] { return known }
      let value = try strength.value(at: site, SampleContext(index: sample, tokens: context()))
      strengths[key] = value
      return value
    }
  }

  /// The positions in `range` that an edit selects; indices into the slice are places among all it selects.
  func chosen(
    _ edit: Int, at site: Site, _ sample: Int, in range: Range<Int>, _ context: () -> TokenContext
  ) throws -> ArraySlice<Int> {
    let key = Selection.Key(edit: edit, stack: site.stack, sample: sample)
    if selections[key].map({ $0.horizon < range.upperBound }) ?? true {
      selections[key] = try resolve(key, site, context(), range)
    }
    guard let positions = selections[key]?.positions else { return [] }
    return positions[lowerIndex(positions, range.lowerBound)..<lowerIndex(positions, range.upperBound)]
  }

  /// The position that an edit's operator refers to; nil in a sample where the edit selects nothing.
  ///
  /// - Throws: `InterventionError.reference` where the selector names none or several in the sample.
  func reference(
    _ selector: TokenSelector, of edit: Int, at site: Site, _ sample: Int, _ context: () -> TokenContext
  ) throws -> Int? {
    let key = Selection.Key(edit: edit, stack: site.stack, sample: sample)
    if let known = references[key] { return known }
    if selections[key] == nil { _ = try chosen(edit, at: site, sample, in: 0..<context().promptCount, context) }
    guard selections[key]?.positions.isEmpty == false else { return nil }
    let found = try selector.resolve(in: context(), stack: site.stack)
    guard found.count == 1 else {
      throw InterventionError.reference(
        operation: plan.edits[edit].operation, selector: selector.description, sample: sample, count: found.count)
    }
    references[key] = found[0]
    return found[0]
  }

  private func resolve(_ key: Selection.Key, _ site: Site, _ context: TokenContext, _ range: Range<Int>) throws
    -> Selection
  {
    let edit = plan.edits[key.edit]
    if edit.readsInput {
      // Every position there is, virtual ones too: a linear map knows no tokens.
      let horizon = max(2 * max(context.promptCount, range.upperBound), 256)
      return Selection(positions: Array(0..<horizon), horizon: horizon)
    }
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
    let idle = "`\(edit.tokens)` selects nothing, so `\(edit.description)` changes nothing"
    notices.post(Notice(level, "\(idle): \(reason)"), topic: "\(level) \(idle)")
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
