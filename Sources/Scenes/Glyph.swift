/// Digits of five by seven dots.
enum Glyph {
  static let width = 5
  static let height = 7

  /// Rows from the top; the highest of five bits is the leftmost dot.
  private static let rows: [[UInt8]] = [
    [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
    [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
    [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111],
    [0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110],
    [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
    [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
    [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
    [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000],
    [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
    [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
  ]

  /// How much ink lies at a place in the digit's own grid, whose dots are 1 wide and begin at 0: between the centres of
  /// dots the ink is interpolated.
  static func ink(_ digit: Int, x: Double, y: Double) -> Double {
    let left = (x - 0.5).rounded(.down)
    let top = (y - 0.5).rounded(.down)
    let (right, bottom) = (x - 0.5 - left, y - 0.5 - top)
    let (column, row) = (Int(left), Int(top))
    let upper = dot(digit, column, row) * (1 - right) + dot(digit, column + 1, row) * right
    let lower = dot(digit, column, row + 1) * (1 - right) + dot(digit, column + 1, row + 1) * right
    return upper * (1 - bottom) + lower * bottom
  }

  private static func dot(_ digit: Int, _ column: Int, _ row: Int) -> Double {
    guard (0..<width).contains(column), (0..<height).contains(row), rows.indices.contains(digit) else { return 0 }
    return rows[digit][row] >> UInt8(width - 1 - column) & 1 == 1 ? 1 : 0
  }
}
