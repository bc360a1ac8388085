import Autodiff
import Interpreter
import Interventions

extension TrainingOptions {
  /// From the arguments of `train`.
  init(_ call: NativeCall, _ bench: Workbench) throws {
    self.init()
    length = try call.length(usual: .epochs(1))
    batch = try call.int("batch", atLeast: 1)
    accumulate = try call.int("accumulate", atLeast: 1)
    rule = try call.rule()
    rate = try call.number("lr")
    schedule = try call.schedule()
    decay = try call.number("decay")
    decaysVectors = try call.bool("decay_vectors")
    clip = call.value("clip").isNull ? nil : try call.number("clip")
    constraint = try call.choice("constraint")
    heldOutEvery = try call.optionalInt("every")
    patience = try call.optionalInt("patience")
    watched = try call.choice("watch")
    checkpoint = call.value("checkpoint").isNull ? nil : try call.string("checkpoint")
    checkpointEvery = try call.optionalInt("checkpoint_every")
    resume = call.value("resume").isNull ? nil : try call.string("resume")
    if call.value("held_out").isNull, let given = ["every", "patience"].first(where: { !call.value($0).isNull }) {
      throw call.wrongValue(given, "needs `held_out` items to measure on")
    }
    key = bench.nextKey()
  }
}

extension AnswerOptions {
  /// From the arguments of `train`.
  init(_ call: NativeCall) throws {
    self.init()
    normalisation = try call.choice("loss")
    dropout = Float(try call.number("dropout"))
    dropped = try call.choice("drop")
    checkpointed = try call.bool("recompute")
  }
}

extension NativeCall {
  func optionalInt(_ parameter: String) throws -> Int? {
    value(parameter).isNull ? nil : try int(parameter)
  }

  /// What `steps` or `epochs` say.
  func length(usual: TrainingOptions.Length) throws -> TrainingOptions.Length {
    let (steps, epochs) = (value("steps"), value("epochs"))
    guard steps.isNull || epochs.isNull else {
      throw wrongValue("epochs", "says how long to train, and so does `steps`; give one of them")
    }
    if !steps.isNull { return .steps(try int("steps")) }
    return epochs.isNull ? usual : .epochs(try number("epochs"))
  }

  private enum Optimiser: String, CaseIterable { case adamw, adam, sgd }

  fileprivate func rule() throws -> UpdateRule {
    let kind: Optimiser = try choice("optimiser")
    let betas = try numbers("betas")
    guard betas.count == 2 else { throw wrongValue("betas", "must be two numbers, found \(betas.count)") }
    let epsilon = try number("eps")
    return switch kind {
    case .adamw: .adamW(beta1: betas[0], beta2: betas[1], epsilon: epsilon)
    case .adam: .adam(beta1: betas[0], beta2: betas[1], epsilon: epsilon)
    case .sgd: .sgd(momentum: try number("momentum"), nesterov: try bool("nesterov"))
    }
  }

  private enum Falling: String, CaseIterable { case constant, linear, cosine }

  /// What `schedule`, `cycles`, `warmup` and `floor` say.
  func schedule() throws -> Schedule {
    let kind: Falling = try choice("schedule")
    let cycles = try int("cycles", atLeast: 1)
    guard cycles == 1 || kind == .cosine else {
      throw wrongValue("cycles", "restarts the schedule \"cosine\"; \"\(kind.rawValue)\" has none")
    }
    let shape: Schedule.Shape =
      switch kind {
      case .constant: .constant
      case .linear: .linear
      case .cosine: cycles > 1 ? .restarts(cycles) : .cosine
      }
    // 0.03 is a share of all steps, 30 so many steps.
    let warmUp: Schedule.WarmUp
    if case .int(let steps) = value("warmup") {
      warmUp = .steps(steps)
    } else {
      warmUp = .share(try number("warmup"))
    }
    return Schedule(shape, warmUp: warmUp, floor: try number("floor"))
  }
}
