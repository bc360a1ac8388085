/// The four normalisation forms, as the `tokenizers` library's tables have them.
///
/// Only the parts of a text that a form can change are taken apart; each output scalar says how many scalars of the
/// input it replaces beyond its own, which is what offsets are kept by (`AlignedText.Change`).
struct UnicodeNormalization: @unchecked Sendable {
  enum Form: String, Sendable {
    case nfc = "NFC"
    case nfd = "NFD"
    case nfkc = "NFKC"
    case nfkd = "NFKD"

    var composes: Bool { self == .nfc || self == .nfkc }
    var isCompatible: Bool { self == .nfkc || self == .nfkd }
  }

  static let shared = UnicodeNormalization()

  private let canonical: [UInt32: [UInt32]]
  private let compatible: [UInt32: [UInt32]]
  private let composed: [UInt64: UInt32]
  private let classes: [UInt32: UInt8]
  let lowercase: [UInt32: [UInt32]]
  /// Bits for each code point: which forms it may not be in as it stands.
  private let flags: UnsafePointer<UInt8>

  private static let nfd: UInt8 = 1
  private static let nfkd: UInt8 = 2
  private static let mark: UInt8 = 4
  private static let joins: UInt8 = 8
  private static let excluded: UInt8 = 16
  private static let capital: UInt8 = 32

  private init() {
    canonical = Self.mapping(UnicodeData.canonical)
    compatible = Self.mapping(UnicodeData.compatible)
    lowercase = Self.mapping(UnicodeData.lowercase)
    classes = Self.mapping(UnicodeData.combining).mapValues { UInt8(truncatingIfNeeded: $0.first ?? 0) }
    let pairs = Self.mapping(UnicodeData.composed)
    var composed: [UInt64: UInt32] = [:]
    let flags = UnsafeMutablePointer<UInt8>.allocate(capacity: 0x110000)
    flags.initialize(repeating: 0, count: 0x110000)
    for point in canonical.keys { flags[Int(point)] |= Self.nfd | Self.nfkd | Self.excluded }
    for point in compatible.keys { flags[Int(point)] |= Self.nfkd }
    for (point, pair) in pairs where pair.count == 2 {
      composed[UInt64(pair[0]) << 32 | UInt64(pair[1])] = point
      flags[Int(point)] &= ~Self.excluded
      flags[Int(pair[1])] |= Self.joins
    }
    for point in 0xAC00..<0xAC00 + 11172 { flags[point] |= Self.nfd | Self.nfkd }
    for point in 0x1161...0x11C2 { flags[point] |= Self.joins }
    for point in lowercase.keys { flags[Int(point)] |= Self.capital }
    for point in classes.keys { flags[Int(point)] |= Self.mark }
    self.composed = composed
    self.flags = UnsafePointer(flags)
  }

  private static func mapping(_ data: StaticString) -> [UInt32: [UInt32]] {
    var numbers = PackedNumbers(data)
    var result: [UInt32: [UInt32]] = [:]
    var point: UInt32 = 0
    while let step = numbers.next(), let count = numbers.next() {
      point += step
      result[point] = (0..<count).compactMap { _ in numbers.next() }
    }
    return result
  }

  @inline(__always)
  func hasLowercase(_ scalar: UInt32) -> Bool { flags[Int(scalar)] & Self.capital != 0 }

  /// Puts a text into a form.
  func apply(_ form: Form, to text: inout AlignedText) {
    let stable = mask(form)
    guard let first = text.bytes.withUnsafeBufferPointer({ firstUnstable($0, from: 0, stable) }) else { return }
    var builder = AlignedText.Builder(text)
    var unstable: Int? = first
    while let start = unstable {
      // From the last scalar that nothing can join, up to the next such scalar.
      let (from, to) = text.bytes.withUnsafeBufferPointer { bytes in
        var from = start
        while from > builder.position {
          repeat { from -= 1 } while from > builder.position && bytes[from] & 0xC0 == 0x80
          if flags[Int(decodedScalar(bytes, at: from).value)] & (Self.mark | Self.joins) == 0 { break }
        }
        var to = start
        repeat {
          to += decodedScalar(bytes, at: to).length
        } while to < bytes.count
          && flags[Int(decodedScalar(bytes, at: to).value)] & (stable | Self.mark | Self.joins) != 0
        return (from, min(to, bytes.count))
      }
      builder.copy(upTo: from)
      builder.replace(upTo: to, with: changes(form, text.scalars(in: from..<to)))
      unstable = text.bytes.withUnsafeBufferPointer { firstUnstable($0, from: to, stable) }
    }
    text = builder.finished()
  }

  private func mask(_ form: Form) -> UInt8 {
    switch form {
    case .nfc: Self.mark | Self.joins | Self.excluded
    case .nfkc: Self.mark | Self.joins | Self.excluded | Self.nfkd
    case .nfd: Self.mark | Self.nfd
    case .nfkd: Self.mark | Self.nfkd
    }
  }

  private func firstUnstable(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ mask: UInt8) -> Int? {
    var next = start
    while next < bytes.count {
      if bytes[next] < 0x80 {
        next += 1
        continue
      }
      let (value, length) = decodedScalar(bytes, at: next)
      if flags[Int(value)] & mask != 0 { return next }
      next += length
    }
    return nil
  }

  private func decompose(_ scalar: UInt32, _ form: Form, _ body: (UInt32) -> Void) {
    if (0xAC00..<0xAC00 + 11172).contains(scalar) {
      let index = scalar - 0xAC00
      body(0x1100 + index / 588)
      body(0x1161 + index % 588 / 28)
      if index % 28 != 0 { body(0x11A7 + index % 28) }
    } else if let parts = form.isCompatible ? compatible[scalar] ?? canonical[scalar] : canonical[scalar] {
      parts.forEach(body)
    } else {
      body(scalar)
    }
  }

  private func compose(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if (0x1100..<0x1113).contains(first), (0x1161..<0x1176).contains(second) {
      return 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28
    }
    if (0xAC00..<0xAC00 + 11172).contains(first), (first - 0xAC00) % 28 == 0, (0x11A8..<0x11C3).contains(second) {
      return first + second - 0x11A7
    }
    return composed[UInt64(first) << 32 | UInt64(second)]
  }

  private func changes(_ form: Form, _ scalars: [UInt32]) -> [AlignedText.Change] {
    var parts: [(class: UInt8, change: AlignedText.Change)] = []
    var pending = 0
    func sortPending() {
      // Stable: marks of one class keep their order.
      for i in pending..<parts.count where i > pending {
        var j = i
        while j > pending, parts[j - 1].class > parts[j].class {
          parts.swapAt(j - 1, j)
          j -= 1
        }
      }
      pending = parts.count
    }
    for scalar in scalars {
      var step = 0
      decompose(scalar, form) { part in
        let kind = classes[part] ?? 0
        if kind == 0 { sortPending() }
        parts.append((kind, AlignedText.Change(scalar: part, step: step)))
        step = 1
      }
    }
    sortPending()
    return form.composes ? recomposed(parts) : parts.map(\.change)
  }

  /// Joins each starter with what follows it and is not blocked.
  private func recomposed(_ parts: [(class: UInt8, change: AlignedText.Change)]) -> [AlignedText.Change] {
    var result: [AlignedText.Change] = []
    var starter: AlignedText.Change?
    var marks: [AlignedText.Change] = []
    var lastClass: UInt8?
    for (kind, change) in parts {
      guard let current = starter else {
        if kind != 0 { result.append(change) } else { starter = change }
        continue
      }
      let isBlocked = lastClass.map { $0 >= kind } ?? false
      if !isBlocked, let joined = compose(current.scalar, change.scalar) {
        starter = AlignedText.Change(scalar: joined, step: current.step + change.step - 1)
      } else if kind == 0 {
        result.append(current)
        result += marks
        marks = []
        starter = change
        lastClass = nil
      } else {
        marks.append(change)
        lastClass = kind
      }
    }
    if let starter { result.append(starter) }
    return result + marks
  }
}
