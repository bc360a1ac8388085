import CEditline
import Interpreter

/// Ctrl-C on its way to the interpreter.
enum Signals {
  /// From now on an interrupt stops what the session evaluates.
  static func forward(to interruption: Interruption) {
    // Never released: a handler may run at any time until the process ends.
    let context = Unmanaged.passRetained(interruption).toOpaque()
    steer_interrupts_hook(
      { context in
        guard let context else { return }
        Unmanaged<Interruption>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.request() }
      }, context)
  }
}
