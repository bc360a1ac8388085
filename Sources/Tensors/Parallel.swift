import Kernels

/// Runs `body` over pieces of 0..<count on the pool of threads. A piece must not depend on another, nor its result on how the
/// work was cut.
public func inParallel(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
  withoutActuallyEscaping(body) { body in
    var job = ParallelJob(body: body)
    withUnsafeMutablePointer(to: &job) { sk_parallel(runParallelJob, $0, Int64(count), Int64(max(grain, 1))) }
  }
}

private struct ParallelJob {
  let body: (Range<Int>) -> Void
}

private func runParallelJob(_ context: UnsafeMutableRawPointer?, _ begin: Int64, _ end: Int64) {
  guard let context else { return }
  context.assumingMemoryBound(to: ParallelJob.self).pointee.body(Int(begin)..<Int(end))
}

/// The pool of threads that all kernels share. Results do not depend on its size.
public enum ThreadPool {
  /// Threads in use, the calling one included; 1 to 256.
  public static var count: Int {
    get { Int(sk_threads()) }
    set { sk_set_threads(Int32(clamping: newValue)) }
  }
}
