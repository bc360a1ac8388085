import Tensors

/// Several named arrays in one `.npz` file.
public struct NumPyArchive: Sendable {
  /// The arrays' names, in the order of the file.
  public let names: [String]
  private let archive: ZipArchive
  private static let suffix = ".npy"

  /// Opens an archive, compressed or not. Arrays are read when they are asked for.
  /// - Throws: `ZipProblem`.
  public init(_ file: FileBytes) throws {
    archive = try ZipArchive(file)
    names = archive.members.map(\.name).filter { $0.hasSuffix(Self.suffix) }.map {
      String($0.dropLast(Self.suffix.count))
    }
  }

  /// One array.
  /// - Parameter axes: names for the axes, outermost first; without them they are `axis0`, `axis1`, …
  /// - Throws: `ArrayProblem.unknownArray` with close names; whatever is wrong with the array itself.
  public func tensor(named name: String, axes: [String]? = nil) throws -> Tensor {
    guard let member = archive.members.first(where: { $0.name.hasSameBytes(as: name + Self.suffix) }) else {
      let close = closestNames(to: name, among: names)
      throw CheckpointError(archive.file.name, .array(.unknownArray(name, close: close, present: names)))
    }
    return try NumPyArray.read(archive.bytes(of: member), axes: axes)
  }

  /// Saves tensors under their names, uncompressed, as `numpy.savez` does.
  public static func write(_ tensors: [(name: String, tensor: Tensor)], to path: String) throws {
    var names: Set<UTF8Key> = []
    for (name, _) in tensors where !names.insert(UTF8Key(name)).inserted {
      throw CheckpointError(path, .array(.duplicateName(name)))
    }
    do {
      try AtomicFile.write(to: path) { file in
        var zip = ZipWriter()
        for (name, tensor) in tensors {
          try NumPyHeader.bytes(for: tensor.dtype, shape: tensor.shape.sizes).withUnsafeBytes { header in
            try NumPyArray.withSavedBytes(of: tensor) { try zip.add(name + suffix, [header, $0], to: &file) }
          }
        }
        try zip.finish(&file)
      }
    } catch let problem as ZipProblem { throw CheckpointError(path, .zip(problem)) }
  }
}
