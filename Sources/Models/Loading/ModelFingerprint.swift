import Tensors

/// Which model this is, in a line: what an intervention was made for, and whether a model is still that one.
public struct ModelFingerprint: Hashable, Sendable {
  /// `llava 6×96`: family, decoder layers and width.
  public let kind: String
  /// A hash of everything in the configuration that the forward pass depends on.
  public let configuration: UInt64
  /// A hash of the tensors' names, types and shapes and of a sample of their bytes.
  public let weights: UInt64

  init(_ configuration: ModelConfiguration, _ tensors: [(name: String, tensor: Tensor)]) {
    kind = "\(configuration.family) \(configuration.decoder.layers)×\(configuration.decoder.block.width)"
    var hash = FNV1a()
    for line in Self.lines(of: configuration, at: "model").sorted() { hash.combine(line) }
    self.configuration = hash.value
    self.weights = Self.hash(tensors)
  }

  /// Every field that says something, as `model.decoder.block.width = 96`. What is nil, false or empty is left out: a field
  /// that is added later, and is one of these in the models that there were, leaves their fingerprints as they are.
  static func lines(of value: Any, at path: String) -> [String] {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: return mirror.children.first.map { lines(of: $0.value, at: path) } ?? []
    case .collection:
      return mirror.children.enumerated().flatMap { lines(of: $1.value, at: "\(path)[\($0)]") }
    case .set: return mirror.children.flatMap { lines(of: $0.value, at: "\(path)[]") }
    case .struct, .enum, .tuple:
      if mirror.children.isEmpty { return ["\(path) = \(value)"] }
      return mirror.children.flatMap { lines(of: $0.value, at: "\(path).\($0.label ?? "")") }
    default: return value as? Bool == false ? [] : ["\(path) = \(value)"]
    }
  }

  /// At most 4 KiB of each tensor, in pieces spread over it: training changes every piece, and a large model's
  /// file is not read through.
  private static func hash(_ tensors: [(name: String, tensor: Tensor)]) -> UInt64 {
    let (pieces, pieceSize) = (16, 256)
    var hash = FNV1a()
    // Parts of one tensor have one name and keep their order.
    let sorted = tensors.enumerated().sorted { ($0.element.name, $0.offset) < ($1.element.name, $1.offset) }
    for (name, tensor) in sorted.map(\.element) {
      hash.combine("\(name) \(tensor.dtype.rawValue) \(tensor.shape.sizes)")
      tensor.withUnsafeBytes { bytes in
        guard bytes.count > pieces * pieceSize else { return hash.combine(bytes) }
        for piece in 0..<pieces {
          let start = (bytes.count - pieceSize) / (pieces - 1) * piece
          hash.combine(UnsafeRawBufferPointer(rebasing: bytes[start..<start + pieceSize]))
        }
      }
    }
    return hash.value
  }

  /// What tells this model from `other`, in words that name both; nil when they are the same.
  public func difference(from other: ModelFingerprint) -> String? {
    if kind != other.kind { return "this is a \(kind) and that one a \(other.kind)" }
    if configuration != other.configuration { return "both are \(kind), but their configurations differ" }
    if weights != other.weights { return "both are \(kind) with the same configuration, but their weights differ" }
    return nil
  }
}

extension ModelFingerprint: CustomStringConvertible {
  /// `llava 6×96/8f0c5b1d22a90e47/1b6e40d0c2f7a935`
  public var description: String { "\(kind)/\(Self.digits(configuration))/\(Self.digits(weights))" }

  /// Reads what `description` writes; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, let configuration = UInt64(parts[1], radix: 16), let weights = UInt64(parts[2], radix: 16)
    else { return nil }
    (kind, self.configuration, self.weights) = (String(parts[0]), configuration, weights)
  }

  private static func digits(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// The FNV-1a hash: not against forgery, only to tell apart.
private struct FNV1a {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func combine(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  mutating func combine(_ text: String) {
    combine(text.utf8)
    combine([0])
  }
}
