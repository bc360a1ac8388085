import Glibc

/// How the learning rate goes over a training's steps, as a share of its peak.
///
/// Warm-up rises in a straight line and reaches the peak at its last step. After it the shapes are those of
/// transformers' `get_*_schedule_with_warmup`; its warm-up is one step behind, so that its first step does nothing.
public struct Schedule: Sendable, Equatable {
  public enum Shape: Sendable, Equatable {
    case constant
    /// Down to the floor in a straight line.
    case linear
    /// Down to the floor along half a wave.
    case cosine
    /// As many waves of equal length, each from the peak (Loshchilov and Hutter 2017).
    case restarts(Int)
  }

  public enum WarmUp: Sendable, Equatable {
    case steps(Int)
    /// A share of all steps, rounded up.
    case share(Double)
  }

  public let shape: Shape
  public let warmUp: WarmUp
  /// What a falling shape ends at, as a share of the peak.
  public let floor: Double

  public init(_ shape: Shape, warmUp: WarmUp = .steps(0), floor: Double = 0) {
    self.shape = shape
    self.warmUp = warmUp
    self.floor = floor
  }

  /// The share of the peak at one step, counted from 0, of `total`.
  public func factor(at step: Int, of total: Int) -> Double {
    let rising = warmUpSteps(of: total)
    if step < rising { return Double(step + 1) / Double(rising) }
    let progress = min(1, Double(step - rising) / Double(max(1, total - rising)))
    switch shape {
    case .constant: return 1
    case .linear: return down(1 - progress)
    case .cosine: return down(halfWave(progress))
    case .restarts(let count):
      return down(progress >= 1 ? 0 : halfWave((Double(max(1, count)) * progress).truncatingRemainder(dividingBy: 1)))
    }
  }

  public func warmUpSteps(of total: Int) -> Int {
    switch warmUp {
    case .steps(let steps): min(max(0, steps), total)
    case .share(let share): min(max(0, Int((share * Double(total)).rounded(.up))), total)
    }
  }

  private func halfWave(_ progress: Double) -> Double { 0.5 * (1 + cos(Double.pi * progress)) }
  private func down(_ share: Double) -> Double { floor + (1 - floor) * share }
}
