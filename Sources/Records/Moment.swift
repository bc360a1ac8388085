import Glibc

/// Points in time, as people and files write them.
enum Moment {
  /// Seconds since 1970.
  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// `2026-11-21 15:04:05`, where the user lives.
  static func local(_ seconds: Double) -> String {
    text(seconds, "%Y-%m-%d %H:%M:%S") { localtime_r($0, $1) }
  }

  /// `2026-11-21T15:04:05Z`
  static func universal(_ seconds: Double) -> String { text(seconds, "%Y-%m-%dT%H:%M:%SZ") { gmtime_r($0, $1) } }

  private static func text(
    _ seconds: Double, _ format: String,
    _ convert: (UnsafePointer<time_t>, UnsafeMutablePointer<tm>) -> UnsafeMutablePointer<tm>?
  ) -> String {
    // Beyond this no calendar has a year for it.
    guard seconds.isFinite, abs(seconds) < 1e12 else { return "" }
    var time = time_t(seconds.rounded(.down))
    var parts = tm()
    guard convert(&time, &parts) != nil else { return "" }
    return String(
      decoding: [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
        count = buffer.withMemoryRebound(to: CChar.self) { strftime($0.baseAddress, $0.count, format, &parts) }
      }, as: UTF8.self)
  }

  /// `0.42 s`, `3 min 20 s`, `2 h 5 min`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "" }
    if seconds < 10 { return "\((seconds * 100).rounded() / 100) s" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole / 60 % 60) min"
  }
}
