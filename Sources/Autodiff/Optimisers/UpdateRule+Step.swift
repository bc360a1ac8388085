import Kernels
import Tensors

extension UpdateRule {
  /// One step of one parameter.
  ///
  /// - Parameters:
  ///   - parameter: f32, as the gradient and everything in the state; all of one shape.
  ///   - scale: what the gradient is multiplied by first, as clipping asks.
  ///   - decay: decoupled from the gradient by `adamW`, added to it by the others.
  ///   - state: of this rule; is moved on by one step.
  /// - Returns: the parameter's new value; the old one stays as it is.
  public func step(
    _ parameter: Tensor, _ gradient: Tensor, scale: Double = 1, rate: Double, decay: Double = 0,
    state: inout OptimiserState
  ) -> Tensor {
    precondition(parameter.shape.sizes == gradient.shape.sizes, "a gradient has its parameter's shape")
    precondition(state.memory.count == memory.count, "the state is another rule's")
    state.steps += 1
    switch self {
    case .adamW(let beta1, let beta2, let epsilon), .adam(let beta1, let beta2, let epsilon):
      var options = sk_adam_options(
        learning_rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: decay, gradient_scale: scale,
        step: Int64(state.steps), decoupled: isDecoupled)
      return update(parameter, gradient, &state) { out, memory, p, g, count in
        sk_adam(out, memory[0], memory[1], p, g, count, &options)
      }
    case .sgd(let momentum, let nesterov):
      var options = sk_sgd_options(
        learning_rate: rate, momentum: momentum, weight_decay: decay, gradient_scale: scale, nesterov: nesterov)
      return update(parameter, gradient, &state) { out, memory, p, g, count in
        sk_sgd(out, memory.first, p, g, count, &options)
      }
    }
  }

  private var isDecoupled: Bool {
    guard case .adamW = self else { return false }
    return true
  }

  private typealias Kernel = (
    _ out: UnsafeMutablePointer<Float>, _ memory: [UnsafeMutablePointer<Float>], _ parameter: UnsafePointer<Float>,
    _ gradient: UnsafePointer<Float>, _ count: Int64
  ) -> Void

  /// Runs a kernel on copies of the memory: a state that somebody else holds, a checkpoint for instance, stays what it is.
  private func update(
    _ parameter: Tensor, _ gradient: Tensor, _ state: inout OptimiserState, _ kernel: Kernel
  ) -> Tensor {
    let storages = state.memory.map { old in
      let storage = Storage(byteCount: old.count * MemoryLayout<Float>.stride)
      old.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { storage.pointer.copyMemory(from: base, byteCount: bytes.count) }
      }
      return storage
    }
    let updated = Tensor(parameter.shape) { out in
      parameter.withFloats { p in
        gradient.withFloats { g in
          guard let out = out.baseAddress, let p = p.baseAddress, let g = g.baseAddress else { return }
          let memory = storages.map { $0.pointer.assumingMemoryBound(to: Float.self) }
          kernel(out, memory, p, g, Int64(parameter.count))
        }
      }
    }
    state.memory = storages.map { Tensor(shape: parameter.shape, dtype: .f32, storage: $0) }
    return updated
  }
}
