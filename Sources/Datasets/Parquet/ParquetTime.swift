/// Dates and times as ISO 8601 writes them, in the proleptic Gregorian calendar.
enum ParquetTime {
  enum Unit: Int, Equatable {
    case milli = 1
    case micro, nano

    var perSecond: Int64 { [1000, 1_000_000, 1_000_000_000][rawValue - 1] }
    var digits: Int { 3 * rawValue }
  }

  /// - Parameter day: days since 1970.
  static func text(day: Int) -> String {
    // Eras of 400 years, which are all alike; years begin in March, so that the leap day is the last.
    let days = day + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let inside = days - era * 146_097
    let year = (inside - inside / 1460 + inside / 36_524 - inside / 146_096) / 365
    let rest = inside - (365 * year + year / 4 - year / 100)
    let month = (5 * rest + 2) / 153
    let monthNumber = month < 10 ? month + 3 : month - 9
    let number = year + era * 400 + (monthNumber <= 2 ? 1 : 0)
    let sign = number < 0 ? "-" : ""
    return "\(sign)\(padded(abs(number), 4))-\(padded(monthNumber, 2))-\(padded(rest - (153 * month + 2) / 5 + 1, 2))"
  }

  /// `14:03:09.250`; no fraction where it is zero.
  static func text(time: Int64, _ unit: Unit) -> String {
    let (seconds, fraction) = (Int(time / unit.perSecond), Int(time % unit.perSecond))
    guard time >= 0, seconds < 86_400 else { return "\(time)" }
    let clock = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
    return fraction == 0 ? clock : "\(clock).\(padded(fraction, unit.digits))"
  }

  /// `2024-02-29T14:03:09.250Z`, the Z where the file says that the time is UTC's.
  static func text(timestamp: Int64, _ unit: Unit, isUTC: Bool) -> String {
    let perDay = unit.perSecond * 86_400
    let rest = timestamp % perDay
    let (day, time) = rest < 0 ? (timestamp / perDay - 1, rest + perDay) : (timestamp / perDay, rest)
    return "\(text(day: Int(day)))T\(text(time: time, unit))\(isUTC ? "Z" : "")"
  }

  /// The timestamps of older writers, which have no zone.
  static func text(julian day: Int, nanoseconds: Int64) -> String {
    "\(text(day: day - 2_440_588))T\(text(time: nanoseconds, .nano))"
  }

  private static func padded(_ number: Int, _ digits: Int) -> String {
    let text = "\(number)"
    return String(repeating: "0", count: max(digits - text.count, 0)) + text
  }
}
