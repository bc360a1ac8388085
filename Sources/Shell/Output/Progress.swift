import Dispatch
import Synchronization

/// The line on standard error that tells how far long work is: shown after a second, on a terminal only.
///
/// Work inside work (training inside a sweep) shows from the outside in; the time left is that of the outermost.
final class ProgressLine: Sendable {
  private let console: Console
  private let state = Mutex(State())

  struct Work: Sendable {
    var label: String
    var total: Int
    var done = 0
    var note = ""
    var began: ContinuousClock.Instant
  }

  private struct State {
    var works: [Work] = []
    var began: ContinuousClock.Instant?
    var timer: Timer?
  }

  /// Dispatch's timers are safe on any thread, though not declared so.
  private struct Timer: @unchecked Sendable {
    let source: any DispatchSourceTimer
  }

  init(console: Console) { self.console = console }

  // MARK: The chunk that runs

  /// From now on the line may appear.
  func start() {
    guard console.isErrorTerminal else { return }
    let timer = Timer(source: DispatchSource.makeTimerSource(queue: .global()))
    timer.source.schedule(deadline: .now() + 1, repeating: .milliseconds(100))
    timer.source.setEventHandler { [self] in draw() }
    state.withLock { state in
      state.works = []
      state.began = .now
      state.timer = timer
    }
    timer.source.resume()
  }

  func stop() {
    let timer = state.withLock { state in
      defer { (state.timer, state.began, state.works) = (nil, nil, []) }
      return state.timer
    }
    timer?.source.cancel()
    console.showProgress("")
  }

  private func draw() {
    // Drawn under the lock, so that nothing appears after `stop`.
    state.withLock { state in
      guard let began = state.began else { return }
      let width = (Terminal.size(of: 2)?.columns ?? 80) - 1
      console.showProgress(Self.line(state.works, began: began, now: .now, width: width))
    }
  }

  /// `sweep 3/24 · train 120/400 · loss 0.231 · 45/s · 1:40 left`
  static func line(
    _ works: [Work], began: ContinuousClock.Instant, now: ContinuousClock.Instant, width: Int
  ) -> String {
    var parts = works.flatMap { work in
      ["\(work.label) \(work.done)/\(work.total)"] + (work.note.isEmpty ? [] : [work.note])
    }
    if let inner = works.last, inner.done > 0 {
      let rate = Double(inner.done) / max(seconds(now - inner.began), 1e-3)
      parts.append("\(Duration.written(rate: rate))/s")
    }
    if let outer = works.first, outer.done > 0 {
      let left = seconds(now - outer.began) / Double(outer.done) * Double(outer.total - outer.done)
      parts.append("\(Duration.seconds(left).written) left")
    } else {
      parts.append((now - began).written)
    }
    var line = parts.joined(separator: " · ")
    while Terminal.columns(of: line) > width { line.removeLast() }
    return line
  }

  private static func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }
}

extension Duration {
  /// `0.82 ms`, `3.2 s`, `1:40`, `2:03:05`
  var written: String {
    let seconds = self / .seconds(1)
    if seconds < 1e-3 { return "\(Self.decimals(seconds * 1e6, 0)) µs" }
    if seconds < 1 { return "\(Self.decimals(seconds * 1e3, seconds < 0.1 ? 2 : 0)) ms" }
    if seconds < 60 { return "\(Self.decimals(seconds, 1)) s" }
    let whole = Int(seconds.rounded())
    let tail = "\(Self.twoDigits(whole / 60 % 60)):\(Self.twoDigits(whole % 60))"
    return whole < 3600 ? String(tail.first == "0" ? tail.dropFirst() : tail[...]) : "\(whole / 3600):\(tail)"
  }

  fileprivate static func written(rate: Double) -> String { decimals(rate, rate < 10 ? 1 : 0) }

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

  /// `value` with `digits` behind the point, without Foundation.
  private static func decimals(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite, value < 1e15 else { return "∞" }
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int((value * Double(scale)).rounded())
    guard digits > 0 else { return String(scaled) }
    let fraction = String(scaled % scale)
    return "\(scaled / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}

extension ProgressLine {
  /// Takes what long work says of itself: the outermost first, each known by its label.
  func report(_ label: String, _ done: Int, of total: Int, note: String = "") {
    state.withLock { state in
      if let position = state.works.firstIndex(where: { $0.label == label }) {
        state.works.removeSubrange((position + 1)...)
      } else {
        state.works.append(Work(label: label, total: total, began: .now))
      }
      let last = state.works.count - 1
      state.works[last].done = done
      state.works[last].total = total
      state.works[last].note = note
      if done >= total { state.works.removeLast() }
    }
  }
}
