/// A field of terminal cells to draw points and lines on: with braille patterns, two dots wide and four high in each
/// cell, or with one mark to a cell.
struct Canvas {
  let width: Int
  let height: Int
  private let braille: Bool
  /// Braille dots of each cell, row by row.
  private var dots: [UInt8]
  private var marks: [Character?]
  /// Which series drew each cell last.
  private var owners: [Int]

  init(width: Int, height: Int, braille: Bool) {
    self.width = width
    self.height = height
    self.braille = braille
    dots = Array(repeating: 0, count: width * height)
    marks = Array(repeating: nil, count: width * height)
    owners = Array(repeating: 0, count: width * height)
  }

  /// A place on the canvas, 0 to 1 from the left and from the bottom.
  typealias Place = (x: Double, y: Double)

  /// Draws a line, in dots or in marks.
  mutating func line(from start: Place, to end: Place, series: Int, mark: Character) {
    let (fromX, fromY) = raster(start)
    let (toX, toY) = raster(end)
    let steps = max(abs(toX - fromX), abs(toY - fromY))
    for step in 0...steps {
      let part = steps == 0 ? 0 : Double(step) / Double(steps)
      let x = fromX + Int((Double(toX - fromX) * part).rounded())
      let y = fromY + Int((Double(toY - fromY) * part).rounded())
      plot(x, y, series: series, mark: mark)
    }
  }

  /// Draws one dot, or one mark where the canvas has no dots.
  mutating func point(_ place: Place, series: Int, mark: Character) {
    let (x, y) = raster(place)
    plot(x, y, series: series, mark: mark)
  }

  /// Sets a mark, over any dots.
  mutating func mark(_ place: Place, series: Int, mark: Character) {
    let cell = cell(Int((place.x * Double(width - 1)).rounded()), Int(((1 - place.y) * Double(height - 1)).rounded()))
    marks[cell] = mark
    owners[cell] = series
  }

  private func raster(_ place: Place) -> (Int, Int) {
    let columns = braille ? width * 2 : width
    let rows = braille ? height * 4 : height
    return (Int((place.x * Double(columns - 1)).rounded()), Int(((1 - place.y) * Double(rows - 1)).rounded()))
  }

  private func cell(_ x: Int, _ y: Int) -> Int { min(max(y, 0), height - 1) * width + min(max(x, 0), width - 1) }

  private mutating func plot(_ x: Int, _ y: Int, series: Int, mark: Character) {
    if braille {
      let cell = cell(x / 2, y / 4)
      // U+2800 numbers its dots down the columns, with the fourth row added later.
      let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
      dots[cell] |= bits[y & 3][x & 1]
      owners[cell] = series
    } else {
      let cell = cell(x, y)
      marks[cell] = mark
      owners[cell] = series
    }
  }

  /// One row of cells as text, coloured by series.
  func row(_ y: Int, on terminal: Terminal) -> String {
    var result = ""
    var run = ""
    var owner = -1
    func flush() { result += owner < 0 ? run : terminal.painted(run, foreground: Palette.terminalColor(owner)) }
    for x in 0..<width {
      let cell = y * width + x
      let glyph =
        marks[cell] ?? (dots[cell] == 0 ? " " : Character(Unicode.Scalar(0x2800 + UInt32(dots[cell])) ?? " "))
      let next = glyph == " " ? -1 : owners[cell]
      if next != owner {
        flush()
        run = ""
        owner = next
      }
      run.append(glyph)
    }
    flush()
    return result
  }
}
