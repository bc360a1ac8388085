/// How a parameter follows its gradient. The arithmetic is torch.optim's: numbers of the rule in f64, elements in f32.
/// The defaults are torch's too.
public enum UpdateRule: Sendable, Equatable {
  /// Adam with decay decoupled from the gradient (Loshchilov and Hutter 2019, algorithm 2).
  case adamW(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
  /// Kingma and Ba 2015; decay is added to the gradient.
  case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
  /// Gradient descent; decay is added to the gradient. Nesterov's momentum as torch reckons it.
  case sgd(momentum: Double = 0, nesterov: Bool = false)

  /// What it remembers of a parameter beside the number of steps, one tensor of the parameter's shape each.
  public var memory: [String] {
    switch self {
    case .adamW, .adam: ["first", "second"]
    case .sgd(let momentum, _): momentum == 0 ? [] : ["velocity"]
    }
  }

  /// What is wrong with its numbers, or nil.
  public var fault: String? {
    switch self {
    case .adamW(let beta1, let beta2, let epsilon), .adam(let beta1, let beta2, let epsilon):
      if !(0..<1).contains(beta1) || !(0..<1).contains(beta2) { return "betas lie in 0..<1, found \(beta1), \(beta2)" }
      return epsilon >= 0 ? nil : "epsilon is at least 0, found \(epsilon)"
    case .sgd(let momentum, let nesterov):
      if !(momentum >= 0 && momentum.isFinite) { return "momentum is at least 0, found \(momentum)" }
      return nesterov && momentum == 0 ? "nesterov needs a momentum above 0" : nil
    }
  }
}
