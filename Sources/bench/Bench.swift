import COpenBLAS
import Glibc
import Kernels
import Models

/// What share of the machine's own ceilings the kernels reach, each share from one run: the multiply-adds of a linear map
/// against bare multiply-adds, the reading of a matrix-vector product against bare reading.
@main struct Bench {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case "sweep": return try SweepBench().run()
    case "tokenizers":
      guard arguments.count == 3 else { fatalError("bench tokenizers FILE TEXT") }
      return try TokenizerBench(file: arguments[1], text: arguments[2]).run()
    case "training":
      guard arguments.count == 4, let threads = Int(arguments[2]), let steps = Int(arguments[3]) else {
        fatalError("bench training FOLDER THREADS STEPS")
      }
      return try TrainingBench(folder: arguments[1], threads: threads, steps: steps).run()
    case "models":
      guard arguments.count == 4, let threads = Int(arguments[2]), let compute = Compute(rawValue: arguments[3]) else {
        fatalError("bench models FOLDER THREADS f32|bf16")
      }
      return try ModelBench(folder: arguments[1], threads: threads, compute: compute).run()
    default: break
    }
    openblas_set_num_threads(1)
    let level = String(cString: sk_level_name(sk_level()))
    let core = String(cString: openblas_get_corename())
    let all = sk_processors()
    print("\(level), \(all) processors; OpenBLAS kernels: \(core)")
    for threads in Set([1, all]).sorted() {
      sk_set_threads(threads)
      print(threads == 1 ? "1 thread" : "\(threads) threads")
      let bench = Bench()
      bench.products(threads)
      bench.derivatives()
      bench.reading()
    }
  }

  private let n = 2048
  private let k = 2048
  private let names: [(sk_dtype, String, Int)] = [(SK_F32, "f32 ", 4), (SK_F16, "f16 ", 2), (SK_BF16, "bf16", 2)]

  /// The share of peak that linear maps of a prompt reach.
  private func products(_ threads: Int32) {
    let operations = sk_peak_operations(2_000_000)
    let peak = operations / seconds { _ = sk_peak_operations(2_000_000) }
    print("  multiply-add peak \(tenths(peak / 1e9)) GFLOP/s")
    for m in [32, 256] {
      let (x, weight) = (numbers(m * k), numbers(n * k))
      var out = [Float](repeating: 0, count: m * n)
      let work = 2.0 * Double(m * n * k)
      for (type, name, width) in names {
        var stored = [UInt8](repeating: 0, count: n * k * width)
        sk_from_f32(&stored, type, weight, Int64(n * k))
        let time = seconds {
          sk_linear(
            &out, Int64(n), x, Int64(k), stored, Int64(k), type, nil, SK_F32, Int64(m), Int64(n), Int64(k))
        }
        report("linear \(m)×\(n)×\(k) \(name)", work / time, of: peak, "GFLOP/s")
      }
      if threads == 1 {
        let time = seconds {
          cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, Int32(m), Int32(n), Int32(k), 1, x, Int32(k), weight, Int32(k), 0,
            &out, Int32(n))
        }
        report("cblas_sgemm \(m)×\(n)×\(k)  ", work / time, of: peak, "GFLOP/s")
      }
    }
  }

  /// The share of peak that the products of reverse mode reach: gradients of inputs, of weights, and of attention.
  private func derivatives() {
    let operations = sk_peak_operations(2_000_000)
    let peak = operations / seconds { _ = sk_peak_operations(2_000_000) }
    for (m, n, k) in [(512, 2048, 2048), (512, 96, 96)] {
      let (dy, x, weight) = (numbers(m * n), numbers(m * k), numbers(n * k))
      var (dx, dweight) = ([Float](repeating: 0, count: m * k), [Float](repeating: 0, count: n * k))
      let (rows, high, wide) = (Int64(m), Int64(n), Int64(k))
      let work = 2.0 * Double(m * n * k)
      for (type, name, width) in names {
        var stored = [UInt8](repeating: 0, count: n * k * width)
        sk_from_f32(&stored, type, weight, high * wide)
        let time = seconds { sk_matmul(&dx, wide, dy, high, stored, wide, type, rows, wide, high) }
        report("dy·W \(m)×\(n)×\(k) \(name)", work / time, of: peak, "GFLOP/s")
      }
      let time = seconds { sk_matmul_tn(&dweight, wide, dy, high, x, wide, rows, high, wide, false) }
      report("dyᵀ·x \(m)×\(n)×\(k)", work / time, of: peak, "GFLOP/s")
    }
    for (tokens, feature, heads, shared) in [(128, 24, 4, 4), (600, 64, 14, 2), (600, 128, 8, 8)] {
      attention(tokens, feature, heads, shared, peak)
    }
  }

  /// Five products of [query, key, feature] for each head, of which causal attention needs little more than half.
  private func attention(_ tokens: Int, _ feature: Int, _ heads: Int, _ shared: Int, _ peak: Double) {
    let (wide, narrow) = (heads * feature, shared * feature)
    let operands = numbers(2 * tokens * (wide + narrow))
    var gradients = [Float](repeating: 0, count: tokens * (wide + 2 * narrow))
    let time = operands.withUnsafeBufferPointer { operands in
      gradients.withUnsafeMutableBufferPointer { gradients in
        guard let query = operands.baseAddress, let dquery = gradients.baseAddress else { return 0.0 }
        let (key, dkey) = (query + 2 * tokens * wide, dquery + tokens * wide)
        let list = (0..<heads).map { index -> sk_attention_gradient in
          let own = index * feature
          let common = index / (heads / shared) * feature
          var head = sk_attention_gradient()
          (head.forward.query, head.forward.key) = (query + own, key + common)
          head.forward.value = key + tokens * narrow + common
          head.dmixed = query + tokens * wide + own
          (head.dquery, head.dkey, head.dvalue) = (dquery + own, dkey + common, dkey + tokens * narrow + common)
          (head.forward.query_stride, head.forward.key_stride) = (Int64(wide), Int64(narrow))
          (head.forward.value_stride, head.dmixed_stride) = (Int64(narrow), Int64(wide))
          (head.dquery_stride, head.dkey_stride, head.dvalue_stride) = (Int64(wide), Int64(narrow), Int64(narrow))
          (head.forward.queries, head.forward.keys) = (Int64(tokens), Int64(tokens))
          (head.forward.key_width, head.forward.value_width) = (Int64(feature), Int64(feature))
          (head.forward.scale, head.forward.causal) = (0.1, true)
          return head
        }
        return seconds { sk_attention_backward(list, Int64(heads), Int64(heads / shared)) }
      }
    }
    let work = 5.0 * Double(heads * tokens * (tokens + 1) * feature)
    report("attention backward \(tokens) tokens, \(heads)×\(feature)", work / time, of: peak, "GFLOP/s")
  }

  /// The share of memory bandwidth that decoding reaches: a weight of 128 MiB, larger than any cache here.
  private func reading() {
    let (rows, columns) = (16384, 4096)
    let bytes = rows * columns * 2
    let weight = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    defer { weight.deallocate() }
    // 1.0 in bf16; in f32 and f16 ordinary numbers, too.
    weight.initializeMemory(as: UInt16.self, repeating: 0x3f80, count: bytes / 2)
    let x = numbers(columns)
    var out = [Float](repeating: 0, count: rows)
    let ceiling = Double(bytes) / seconds { sk_read_lines(weight, Int64(bytes / 64)) }
    print("  read \(tenths(ceiling / 1e9)) GB/s")
    for (type, name, width) in names {
      let count = bytes / columns / width
      let time = seconds {
        sk_linear(
          &out, Int64(rows), x, Int64(columns), weight, Int64(columns), type, nil, SK_F32, 1, Int64(count),
          Int64(columns))
      }
      report("matrix-vector \(count)×\(columns) \(name)", Double(bytes) / time, of: ceiling, "GB/s")
    }
  }

  private func report(_ name: String, _ rate: Double, of ceiling: Double, _ unit: String) {
    print("  \(name)  \(tenths(rate / 1e9)) \(unit), \(Int((100 * rate / ceiling).rounded())) %")
  }

  /// The best of five runs.
  private func seconds(_ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    let best = (0..<5).map { _ in clock.measure(body) }.min() ?? .zero
    return Double(best.components.seconds) + Double(best.components.attoseconds) * 1e-18
  }

  private func numbers(_ count: Int) -> [Float] {
    var state: UInt32 = 1
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(state >> 8) * 0x1p-23 - 1
    }
  }

  private func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
