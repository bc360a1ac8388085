import Glibc

/// Draws through the gnuplot program. The script goes in on standard input and the picture comes out on standard
/// output, which is the new file itself: no path and no data pass through a command line or a temporary file.
public struct Gnuplot: Sendable {
  public enum Format: String, Sendable { case png, svg }

  /// The program's name, looked up in PATH, or its path.
  public var executable: String
  /// Seconds after which a drawing is given up.
  public var timeout: Double

  public init(executable: String = "gnuplot", timeout: Double = 60) {
    self.executable = executable
    self.timeout = timeout
  }

  /// Whether the program can be found.
  public var isInstalled: Bool {
    if executable.contains("/") { return access(executable, X_OK) == 0 }
    let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    return folders.split(separator: ":").contains { access("\($0)/\(executable)", X_OK) == 0 }
  }

  func draw(
    _ commands: String, as format: Format, to path: String, size: (width: Int, height: Int), interrupted: () -> Bool
  ) throws(FigureError) {
    guard isInstalled else { throw .gnuplotMissing }
    let width = min(max(size.width, 100), 10_000)
    let height = min(max(size.height, 100), 10_000)
    let terminal =
      switch format {
      case .png: "set terminal pngcairo noenhanced font 'sans,12' size \(width),\(height)"
      case .svg: "set terminal svg noenhanced font 'sans,12' size \(width),\(height) background rgb 'white'"
      }
    let file = try AtomicFile(for: path)
    let script = "set encoding utf8\n\(terminal)\n\(commands)\nunset output\n"
    let process = try Subprocess(executable: executable, arguments: ["-d"], output: file.descriptor, for: path)
    let result = try process.run(input: Array(script.utf8), timeout: timeout, interrupted: interrupted, for: path)
    // A script from standard input ends at the first error; warnings ("line 9: warning: …") do not count.
    let empty = lseek(file.descriptor, 0, SEEK_END) <= 0
    guard result.status == 0, !empty else {
      throw .gnuplotFailed(path: path, status: result.status, message: result.message)
    }
    try file.commit()
  }

  /// Text as a gnuplot string. In double quotes gnuplot runs what stands in backquotes and expands `@name`, and its
  /// single quotes cannot begin with a quote; so every ASCII character but letters and the space is written by its
  /// octal code. Digits too: gnuplot would take a digit that follows a code for a part of it.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.printable(unicode: true).unicodeScalars {
      if !scalar.isASCII || scalar == " " || scalar.properties.isAlphabetic {
        result.unicodeScalars.append(scalar)
      } else {
        let code = String(scalar.value, radix: 8)
        result += "\\" + String(repeating: "0", count: 3 - code.count) + code
      }
    }
    return result + "\""
  }

  /// A number as gnuplot reads it in data.
  static func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "NaN" }
}
