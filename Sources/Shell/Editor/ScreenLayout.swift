/// Where libedit puts each scalar of the chunk: the rule of its `refresh.c`, without which nothing can be painted over it.
struct ScreenLayout {
  struct Place: Equatable {
    var row: Int
    var column: Int
  }

  /// Of each scalar, counted from the row the prompt starts on.
  private(set) var places: [Place] = []
  /// Behind the last scalar.
  private(set) var end: Place

  init(of text: [UnicodeScalar], after promptColumns: Int, columns: Int) {
    let columns = max(columns, 1)
    end = Place(row: promptColumns / columns, column: promptColumns % columns)
    places.reserveCapacity(text.count)
    for scalar in text { append(scalar, columns: columns) }
  }

  private mutating func append(_ scalar: UnicodeScalar, columns: Int) {
    if scalar == "\n" {
      places.append(end)
      end = Place(row: end.row + 1, column: 0)
      return
    }
    if scalar == "\t" {
      places.append(end)
      repeat { advance(1, columns: columns) } while end.column & 7 != 0
      return
    }
    let width = Terminal.columns(of: scalar)
    // A wide character does not straddle the margin.
    if width > 1 && end.column + width > columns { end = Place(row: end.row + 1, column: 0) }
    places.append(end)
    advance(width, columns: columns)
  }

  private mutating func advance(_ width: Int, columns: Int) {
    end.column += width
    if end.column >= columns { end = Place(row: end.row + 1, column: 0) }
  }

  /// The place of `index`, the end behind the last scalar.
  func place(of index: Int) -> Place { places.indices.contains(index) ? places[index] : end }
}
