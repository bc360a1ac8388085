import COpenBLAS
import Glibc
import Kernels

/// What share of the machine's own ceilings the kernels reach, each share from one run: the multiply-adds of a linear map
/// against bare multiply-adds, the reading of a matrix-vector product against bare reading.
@main struct Bench {
  static func main() {
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
