/// The colours of figures.
enum Palette {
  /// Colours of series, in the terminal's 256 and as RGB: apart in hue and lightness also for the colour-blind (after
  /// Okabe and Ito's set).
  static let series: [(terminal: Int, rgb: String)] = [
    (75, "#0072b2"), (214, "#e69f00"), (72, "#009e73"), (174, "#cc79a7"), (166, "#d55e00"), (117, "#56b4e9"),
    (227, "#b8a800"), (250, "#666666"),
  ]

  /// The same hues, light enough for a dark page.
  static let onDark = [
    "#4aa8e8", "#f0b43c", "#35c79b", "#dc9cc2", "#f08a4b", "#8fd0f7", "#d9cc4a", "#a3a7ad",
  ]

  static func terminalColor(_ index: Int) -> Int { series[index % series.count].terminal }
  static func rgb(_ index: Int) -> String { series[index % series.count].rgb }

  /// Dark to light through blue, green and yellow, even steps of lightness.
  static let ramp = [17, 18, 19, 25, 31, 37, 36, 71, 77, 113, 149, 185, 191, 227, 228, 230]
  /// Blue over grey to red, for values on both sides of a centre.
  static let diverging = [18, 19, 26, 32, 74, 110, 152, 254, 224, 217, 210, 203, 160, 124, 88]

  /// The ramp's colour at a fraction from 0 to 1.
  static func color(_ fraction: Double, of colors: [Int]) -> Int {
    colors[index(fraction, count: colors.count)]
  }

  /// Which of `count` equal steps a fraction from 0 to 1 falls in.
  static func index(_ fraction: Double, count: Int) -> Int {
    fraction.isNaN ? 0 : Int(min(max(fraction, 0), 1) * Double(count) * 0.999_999)
  }

  /// Black or white, whichever is read more easily on a colour of the 6×6×6 cube or the grey ramp.
  static func ink(on background: Int) -> Int {
    guard (16...231).contains(background) else { return background >= 244 ? 16 : 231 }
    let cube = background - 16
    let luminance = 0.30 * Double(cube / 36) + 0.59 * Double(cube / 6 % 6) + 0.11 * Double(cube % 6)
    return luminance > 2.3 ? 16 : 231
  }

  /// Shades from empty to full.
  static func shades(unicode: Bool) -> [Character] { unicode ? Array(" ░▒▓█") : Array(" .:-=+*#%@") }

  /// Marks that tell series apart without colour.
  static func mark(_ index: Int, unicode: Bool) -> Character {
    let marks: [Character] = unicode ? Array("●+○×▲□◆▽") : Array("*+ox#=@%")
    return marks[index % marks.count]
  }

  /// Fillings that tell bars apart without colour.
  static func filling(_ index: Int, unicode: Bool) -> Character {
    let fillings: [Character] = unicode ? Array("█▒░▓") : Array("#=-+")
    return fillings[index % fillings.count]
  }
}
