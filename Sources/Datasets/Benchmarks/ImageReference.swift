import Checkpoints
import Glibc

/// A picture that a record shows, read when it is needed.
public struct ImageReference: Sendable {
  /// Its path, or the file it lies in and its number there.
  public let name: String
  private let source: Source

  private enum Source: Sendable {
    case file
    case pixels(@Sendable () throws -> Image)
  }

  /// An image file.
  public init(path: String) { (name, source) = (path, .file) }

  /// Pixels that lie in a larger file.
  init(_ name: String, pixels: @escaping @Sendable () throws -> Image) {
    self.name = name
    source = .pixels(pixels)
  }

  /// Whether its file is there.
  public var exists: Bool {
    guard case .file = source else { return true }
    return access(name, R_OK) == 0
  }

  public func read() throws -> Image {
    switch source {
    case .file: try Image(path: name)
    case .pixels(let read): try read()
    }
  }
}

extension Collection<BenchmarkRecord> {
  /// - Throws: `DatasetError.missingImages` when files of these records' images are not there: one error for all of them.
  public func checkImages(of benchmark: String) throws {
    var seen: Set<String> = []
    var missing: [String] = []
    for image in lazy.flatMap(\.images) where seen.insert(image.name).inserted && !image.exists {
      missing.append(image.name)
    }
    if !missing.isEmpty { throw DatasetError(benchmark, .missingImages(names: missing, total: seen.count)) }
  }
}
