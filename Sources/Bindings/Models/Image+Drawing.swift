import Checkpoints

extension Image {
  /// The picture in a terminal of 24-bit colour: two pixels to a character, the upper one as the foreground.
  func drawn(columns: Int) -> String {
    guard width > 0, height > 0, columns > 0 else { return "" }
    let across = min(columns, width)
    let down = max(1, height * across / width)
    func color(_ column: Int, _ row: Int) -> (UInt8, UInt8, UInt8) {
      let place = (min(row, down - 1) * height / down * width + column * width / across) * channels.rawValue
      return (pixels[place], pixels[place + 1], pixels[place + 2])
    }
    var lines: [String] = []
    for row in stride(from: 0, to: down, by: 2) {
      var line = ""
      for column in 0..<across {
        let (upper, lower) = (color(column, row), color(column, row + 1))
        line += "\u{1B}[38;2;\(upper.0);\(upper.1);\(upper.2)m\u{1B}[48;2;\(lower.0);\(lower.1);\(lower.2)m▀"
      }
      lines.append(line + "\u{1B}[0m")
    }
    return lines.joined(separator: "\n")
  }
}
