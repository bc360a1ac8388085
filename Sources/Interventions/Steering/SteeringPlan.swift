import Autodiff
import Models
import Tensors

/// Bound interventions made ready to run on one model: for every site, what is done there and in which order.
/// Operators that scripts define run on the thread of the pass; a plan must not run on two threads at once then.
final class SteeringPlan: @unchecked Sendable {
  let edits: [PlannedEdit]
  /// What is done during runs. A weight stands for the linear map that it is of.
  let programs: [Site: Program]
  /// The sites that have programs: points of the forward pass in its order, then linear maps.
  let sites: [Site]
  /// What is done to weights, once.
  let weightPrograms: [(site: Site, program: Program)]
  /// How many strengths are functions of the sample.
  let slotCount: Int
  /// The virtual positions that edits add to prompts, and to images in the vision tower, as selectors.
  let additions: [TokenSelector]
  let imageAdditions: [TokenSelector]

  struct PlannedEdit {
    let tokens: TokenSelector
    let description: String
    let operation: String
    /// Whether it acts at every position and its operator looks at what a linear map reads.
    let readsInput: Bool
    /// Whether its operator looks at virtual rows of the vision tower.
    let readsImages: Bool
  }

  struct Program {
    let entry: SiteCatalog.Entry
    let steps: [Step]
    /// All edits in the steps.
    let edits: [Int]
    /// The edits among them whose operators refer to a position, and to which.
    let references: [(edit: Int, selector: TokenSelector)]
    /// Whether an edit here reaches no later token.
    let isPastLastMixing: Bool
  }

  indirect enum Step {
    case edit(Int, any PreparedOperator, PlannedStrength)
    /// The inner steps' effect times a strength; the edits say which rows they may touch.
    case scaled(PlannedStrength, [Step], edits: [Int])

    var edits: [Int] {
      switch self {
      case .edit(let edit, _, _): [edit]
      case .scaled(_, _, let edits): edits
      }
    }

    /// Whether it treats every row by itself.
    var isRowwise: Bool {
      switch self {
      case .edit(_, let operation, _): operation is any RowOperator
      case .scaled(_, let steps, _): steps.allSatisfy(\.isRowwise)
      }
    }

    var references: [(edit: Int, selector: TokenSelector)] {
      switch self {
      case .edit(let edit, let operation, _):
        (operation as? any ReferringOperator).map { [(edit, $0.reference)] } ?? []
      case .scaled(_, let steps, _): steps.flatMap(\.references)
      }
    }
  }

  enum PlannedStrength {
    case constant(Float)
    /// Asked for once per sample and kept under this slot.
    case function(slot: Int, Strength)
  }

  /// Whether every edit from the last block on does to a position what it would do to it alone.
  let treatsLastPositionsAlone: Bool

  /// Whether an edit looks at what the vision tower made of images.
  var readsImages: Bool { programs.values.contains { $0.edits.contains { edits[$0].readsImages } } }

  /// Whether there are edits before the decoder, which a prompt without images does not reach.
  var editsImages: Bool { programs.keys.contains { $0.stack != .decoder } }

  /// A parameter's value in a plan, given the intervention, the edit in it and the parameter as the intervention has it.
  typealias ParameterValue = (_ intervention: Int, _ edit: Int, Site, NamedTensor) -> Variable

  /// - Parameter value: what stands for each parameter; by default its own value, as a constant.
  init(
    _ interventions: [Intervention], _ catalog: SiteCatalog,
    value: @escaping ParameterValue = { Variable($3.tensor) }
  ) throws {
    var builder = Builder(catalog: catalog, value: value)
    for (place, intervention) in interventions.enumerated() {
      builder.intervention = place
      builder.firstEdit = builder.edits.count
      guard intervention.isBound else { throw InterventionError.unbound(intervention: intervention.description) }
      for (place, steps) in try builder.steps(intervention.node) { builder.programs[place, default: []] += steps }
    }
    edits = builder.edits
    slotCount = builder.slotCount
    var programs: [Site: Program] = [:]
    var weightPrograms: [(site: Site, program: Program)] = []
    for (place, steps) in builder.programs where !steps.isEmpty {
      guard let entry = catalog[place.site] else { continue }
      let program = Program(
        entry: place.isMap ? entry.rowsOfMap : entry, steps: steps, edits: steps.flatMap(\.edits),
        references: steps.flatMap(\.references), isPastLastMixing: catalog.isPastLastMixing(place.site))
      if place.site.point.isWeight, !place.isMap {
        weightPrograms.append((place.site, program))
      } else {
        programs[place.site] = program
      }
    }
    sites = (catalog.entries + catalog.weights).map(\.site).filter { programs[$0] != nil }
    self.programs = programs
    let edits = edits
    treatsLastPositionsAlone = programs.allSatisfy { site, program in
      !(catalog.isPastLastMixing(site) || site.point.isWeight)
        || program.references.isEmpty && program.steps.allSatisfy(\.isRowwise)
          && !program.edits.contains { edits[$0].readsInput || edits[$0].readsImages }
    }
    additions = Self.additions(programs, edits, .decoder)
    imageAdditions = Self.additions(programs, edits, .vision)
    self.weightPrograms = weightPrograms.sorted { $0.site.path < $1.site.path }
  }

  /// Where steps act: at a site, or, for a weight, at what its linear map gives in every pass.
  private struct Place: Hashable {
    let site: Site
    let isMap: Bool
  }

  private struct Builder {
    let catalog: SiteCatalog
    let value: ParameterValue
    var intervention = 0
    /// The first edit of this intervention among all.
    var firstEdit = 0
    var edits: [PlannedEdit] = []
    var programs: [Place: [Step]] = [:]
    var slotCount = 0

    mutating func steps(_ node: Intervention.Node) throws -> [Place: [Step]] {
      switch node {
      case .edit(let edit): return try steps(edit)
      case .sequence(let parts):
        var all: [Place: [Step]] = [:]
        for part in parts { for (place, steps) in try steps(part) { all[place, default: []] += steps } }
        return all
      case .scaled(let strength, let inner):
        let first = edits.count
        let own = try steps(inner)
        let touched = Array(first..<edits.count)
        let slot = newSlot(strength)
        var all: [Place: [Step]] = [:]
        for (place, steps) in own where !steps.isEmpty {
          let planned = try plan(strength, slot: slot, at: place)
          switch planned {
          case .constant(0): continue
          case .constant(1): all[place] = steps
          default: all[place] = [.scaled(planned, steps, edits: place.isMap ? steps.flatMap(\.edits) : touched)]
          }
        }
        return all
      }
    }

    private mutating func steps(_ edit: Edit) throws -> [Place: [Step]] {
      let number = edits.count
      let reads = edit.operation.readsInput
      let isMap = reads && (edit.binding ?? []).contains { $0.site.point.isWeight }
      edits.append(
        PlannedEdit(
          tokens: edit.tokens, description: edit.description, operation: edit.operation.source, readsInput: isMap,
          readsImages: reads && !isMap))
      let slot = slotCount
      slotCount += 1
      var all: [Place: [Step]] = [:]
      for own in edit.binding ?? [] {
        guard let entry = catalog[own.site] else {
          throw InterventionError.noSite(pattern: own.site.path, reason: "the model does not have it", nearest: [])
        }
        let values = own.parameters.map { ($0.name, value(intervention, number - firstEdit, own.site, $0)) }
        let operation = try edit.operation.prepare(
          for: entry, parameters: Dictionary(values) { first, _ in first })
        let place = Place(site: own.site, isMap: isMap)
        let strength = try plan(operation.strength, slot: slot, at: place)
        if case .constant(let value) = strength, value == operation.neutralStrength { continue }
        all[place, default: []].append(.edit(number, operation, strength))
      }
      return all
    }

    private mutating func newSlot(_ strength: Strength) -> Int {
      defer { slotCount += 1 }
      return slotCount
    }

    private func plan(_ strength: Strength, slot: Int, at place: Place) throws -> PlannedStrength {
      let site = place.site
      if strength.dependsOnSample {
        guard !site.point.isWeight || place.isMap else {
          throw InterventionError.misfit(
            operation: "the strength \(strength.source)", site: site.path,
            reason: "it depends on the sample, and a weight is the same for all samples")
        }
        return .function(slot: slot, strength)
      }
      let nobody = SampleContext(index: 0, tokens: TokenContext(tokens: [], promptCount: 0, images: []))
      return .constant(try strength.value(at: site, nobody))
    }
  }
}

extension SiteCatalog.Entry {
  /// What a linear map gives, as the rows of a site.
  fileprivate var rowsOfMap: Self { Self(site, [SiteCatalog.Dimension("token"), axes[0]]) }
}
