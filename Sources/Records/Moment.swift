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

  /// When a day begins where the user lives: `2026-11-21`. Nil for what is no day.
  static func start(ofDay text: String) -> Double? {
    let numbers = text.split(separator: "-", omittingEmptySubsequences: false)
    guard text.utf8.count == 10, numbers.map(\.utf8.count) == [4, 2, 2],
      numbers.allSatisfy({ $0.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) }),
      let year = Int32(numbers[0]), let month = Int32(numbers[1]), let day = Int32(numbers[2])
    else { return nil }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday, parts.tm_isdst) = (year - 1900, month - 1, day, -1)
    let seconds = mktime(&parts)
    // The calendar turns 31 February into a day of March.
    guard parts.tm_mon == month - 1, parts.tm_mday == day, parts.tm_year == year - 1900 else { return nil }
    return Double(seconds)
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
