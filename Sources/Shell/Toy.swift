import CEditline
import Glibc

final class Toy: EditingLanguage {
  func depth(_ s: String) -> Int {
    var d = 0, q = false
    for c in s {
      if c == "\"" { q.toggle() } else if !q { if "([{".contains(c) { d += 1 } else if ")]}".contains(c) { d -= 1 } }
    }
    return d
  }
  func isComplete(_ s: String) -> Bool { depth(s) <= 0 && !s.hasSuffix("|>") }
  func indent(after s: String) -> Int { 2 * max(0, depth(s)) }
  func highlights(of s: String) -> [Highlight] {
    var r: [Highlight] = []
    for (i, b) in s.utf8.enumerated() where b >= 48 && b < 58 { r.append(Highlight(lower: i, upper: i + 1, style: .number)) }
    return r
  }
  func completions(of chunk: String, at cursor: Int) -> Completions {
    let before = String(decoding: Array(chunk.utf8)[..<cursor], as: UTF8.self)
    let word = String(before.reversed().prefix { $0.isLetter || $0 == "_" }.reversed())
    return Completions(
      start: cursor - word.utf8.count,
      candidates: ["load", "layers", "model", "trace", "train"].filter { $0.hasPrefix(word) }.map { .init(text: $0, suffix: "(") })
  }
}

public func toyMain() {
  _ = steer_locale()
  steer_terminal_keep()
  steer_signals_install(1)
  let toy = Toy()
  guard let editor = LineEditor(language: toy, history: History(path: History.defaultPath), colored: Terminal.environment("NO_COLOR") == nil) else { exit(70) }
  var n = 1
  while true {
    switch editor.read(prompt: "\(n)› ") {
    case .chunk(let s):
      editor.history.append(s)
      steer_terminal_busy()
      if s == "loop" {
        while steer_interrupts() == 0 { usleep(10000) }
        Terminal.write("stopped\n")
      } else { Terminal.write("=> \(s)\n") }
      n += 1
    case .abandoned: continue
    case .end:
      Terminal.write("bye\r\n")
      return
    }
  }
}
