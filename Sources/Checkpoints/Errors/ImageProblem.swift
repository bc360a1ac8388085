/// What is wrong with an image file, or with what is asked of an image.
public enum ImageProblem: Error, Equatable, Sendable {
  /// None of the formats that are read. `looksLike` names another one that the first bytes are known for.
  case unknownFormat(looksLike: String?)
  case empty(width: Int, height: Int)
  case tooLarge(width: Int, height: Int)
  /// More pixels than a file of this many bytes can hold.
  case unlikely(width: Int, height: Int, byteCount: Int)
  case truncated(format: String)
  case damaged(format: String, reason: String)
  case noProcessor(type: String, read: [String])
  /// One side is more than `ratio` times the other.
  case tooLong(width: Int, height: Int, ratio: Int)
  /// The sides are no multiples of `side`.
  case patches(width: Int, height: Int, side: Int)
  /// Cut into cells where one picture was wanted.
  case tiled(rows: Int, columns: Int)
}

extension ImageProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownFormat(let looksLike):
      "this is \(looksLike ?? "not an image in a format that is read"); read are PNG, JPEG, WebP and GIF"
    case .empty(let width, let height): "the image is \(width) × \(height) pixels; there is nothing in it"
    case .tooLarge(let width, let height):
      "the image is \(width) × \(height) pixels; at most \(Image.maximumSide) a side and \(Image.maximumPixelCount) in all "
        + "are read, so make it smaller first"
    case .unlikely(let width, let height, let byteCount):
      "it claims \(width) × \(height) pixels in \(byteCount) bytes, which no picture needs; fetch or save the file again"
    case .truncated(let format): "this \(format) image is truncated; fetch the file again"
    case .damaged(let format, let reason): "this \(format) image is damaged: \(reason)"
    case .noProcessor(let type, let read):
      "image_processor_type is \"\(type)\", which is not read yet; read are \(listing(read))"
    case .tooLong(let width, let height, let ratio):
      "the image is \(width) × \(height) pixels; one side may be at most \(ratio) times the other, so cut it first"
    case .patches(let width, let height, let side):
      "the image is \(width) × \(height) pixels; both must be multiples of \(side), the side of the squares that it is "
        + "cut into, so set do_resize to true or resize it first"
    case .tiled(let rows, let columns):
      "the image processor cuts the picture into \(rows) × \(columns) tiles; one was expected"
    }
  }
}
