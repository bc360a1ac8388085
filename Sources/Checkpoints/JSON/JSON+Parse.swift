extension JSON {
  /// How much is accepted before anything is built from it.
  public struct Limits: Sendable {
    /// Objects and arrays inside each other.
    public var depth = 128
    public var byteCount = 1 << 28
    public init(depth: Int = 128, byteCount: Int = 1 << 28) {
      self.depth = depth
      self.byteCount = byteCount
    }
  }

  /// Reads the one JSON value that `file` holds.
  /// - Throws: `JSONProblem.syntax` with line and column.
  public static func parse(_ file: FileBytes, limits: Limits = Limits()) throws -> JSON {
    try file.withBytes { try parse($0, file: file.name, limits: limits) }
  }

  /// Reads JSON that is part of a file, such as a header; positions count from the start of `bytes`.
  public static func parse(_ bytes: UnsafeRawBufferPointer, file: String, limits: Limits = Limits()) throws -> JSON {
    var parser = JSONParser(bytes: bytes, limits: limits)
    do { return try parser.document() } catch let failure as JSONParser.Failure {
      throw CheckpointError(file, .json(.syntax(at: parser.position(of: failure.offset), failure.problem)))
    }
  }

  public static func parse(_ text: String, file: String) throws -> JSON {
    var text = text
    return try text.withUTF8 { try parse(UnsafeRawBufferPointer($0), file: file) }
  }
}
