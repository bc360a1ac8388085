/// What a row turns by: a point in time and on a picture's grid. For text all three are the same number.
struct RotaryPosition {
  let time: Int
  let row: Int
  let column: Int

  init(time: Int, row: Int, column: Int) {
    self.time = time
    self.row = row
    self.column = column
  }

  init(_ place: Int) { self.init(time: place, row: place, column: place) }

  /// The largest of the three.
  var largest: Int { max(time, row, column) }

  /// One of the three.
  enum Axis: Int { case time, row, column }

  subscript(axis: Axis) -> Int {
    switch axis {
    case .time: time
    case .row: row
    case .column: column
    }
  }
}

/// Where the places of one sequence stand for rotary embedding.
///
/// With M-RoPE (Wang 2024) the cells of a picture share one time and have a row and a column each, counted from where the
/// picture begins; what follows goes on after the largest of these numbers. Places that are no picture's, virtual ones
/// among them, count on by one, also those that are generated.
struct MultimodalPositions {
  private struct Picture {
    let places: Range<Int>
    let columns: Int
    /// What its first cell has in all three, and what the place behind it has.
    let start: Int
    let next: Int
  }

  private let pictures: [Picture]

  /// Every place is its own position.
  static let plain = MultimodalPositions()

  private init() { pictures = [] }

  init(_ context: TokenContext, _ decoder: DecoderConfiguration) {
    guard decoder.rotaries.contains(where: { $0.coordinates != .sequence }) else {
      self = .plain
      return
    }
    var found: [Picture] = []
    for image in context.images.sorted(by: { $0.positions.lowerBound < $1.positions.lowerBound }) {
      guard let cells = image.cells else { continue }
      let before = found.last.map { $0.next - $0.places.upperBound } ?? 0
      let start = image.positions.lowerBound + before
      found.append(
        Picture(
          places: image.positions, columns: cells.columns, start: start, next: start + max(cells.rows, cells.columns)))
    }
    pictures = found
  }

  subscript(place: Int) -> RotaryPosition {
    guard let picture = pictures.last(where: { $0.places.lowerBound <= place }) else { return RotaryPosition(place) }
    guard place < picture.places.upperBound else {
      return RotaryPosition(picture.next + place - picture.places.upperBound)
    }
    let cell = place - picture.places.lowerBound
    return RotaryPosition(
      time: picture.start, row: picture.start + cell / picture.columns, column: picture.start + cell % picture.columns)
  }
}

extension TokenContext.ImageTokens {
  /// The rows and columns of an image of one tile whose positions are its cells, row by row; nil for other images.
  fileprivate var cells: (rows: Int, columns: Int)? {
    guard tiles.count == 1, let tile = tiles.first else { return nil }
    let (rows, columns) = (tile.area.rows.count / tile.joined.rows, tile.area.columns.count / tile.joined.columns)
    return rows * columns == positions.count && columns > 0 ? (rows, columns) : nil
  }
}
