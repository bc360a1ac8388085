import Models
import Tensors

@testable import Interventions

/// One site's activation of a batch, kept in arrays: what a forward pass would show a listener.
final class FakeActivation: SiteActivation {
  let site: Site
  private let contexts: [TokenContext]
  private let ranges: [Range<Int>]
  private let axes: [[Axis]]
  private var buffers: [UnsafeMutableBufferPointer<Float>]
  /// How often a listener replaced a whole activation.
  private(set) var replacements = 0

  /// - Parameter values: row-major values of each sample.
  init(
    _ site: Site, _ contexts: [TokenContext], _ ranges: [Range<Int>], heads: Int? = nil, width: Int,
    _ values: [[Float]]
  ) {
    self.site = site
    self.contexts = contexts
    self.ranges = ranges
    axes = ranges.map { range in
      guard let heads else { return [Axis("token", range.count), Axis("model", width)] }
      return [Axis("head", heads), Axis("query", range.count), Axis("key", width)]
    }
    buffers = values.map { values in
      let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: values.count)
      _ = buffer.initialize(fromContentsOf: values)
      return buffer
    }
  }

  deinit { for buffer in buffers { buffer.deallocate() } }

  var sampleCount: Int { contexts.count }
  func context(_ sample: Int) -> TokenContext { contexts[sample] }
  func positions(_ sample: Int) -> Range<Int> { ranges[sample] }
  func tensor(_ sample: Int) -> Tensor { Tensor(axes[sample], Array(buffers[sample])) }
  func replace(_ sample: Int, with tensor: Tensor) {
    replacements += 1
    tensor.withFloats { _ = buffers[sample].update(fromContentsOf: $0) }
  }
  func rows(_ sample: Int) -> (base: UnsafeMutablePointer<Float>, count: Int, width: Int)? {
    guard axes[sample].count == 2, let base = buffers[sample].baseAddress else { return nil }
    return (base, axes[sample][0].size, axes[sample][1].size)
  }

  func values(_ sample: Int = 0) -> [Float] { Array(buffers[sample]) }
  /// The rows of one sample.
  func rowsOf(_ sample: Int = 0, width: Int) -> [[Float]] {
    let all = values(sample)
    return stride(from: 0, to: all.count, by: width).map { Array(all[$0..<$0 + width]) }
  }
}

/// Deterministic values between −1 and 1.
func noise(_ count: Int, _ seed: UInt64) -> [Float] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / Float(1 << 23) - 1
  }
}

let testFingerprint = fingerprint("llava 3×8/0a/0b")

func fingerprint(_ text: String) -> ModelFingerprint {
  guard let fingerprint = ModelFingerprint(text) else { fatalError("not a fingerprint: \(text)") }
  return fingerprint
}

/// Binds, plans and shows one activation of every position; returns it after the edit.
func apply(
  _ intervention: Intervention, at site: Site = Site(.decoder, layer: 1, .output),
  context: TokenContext = sampleContext(), values: [Float]? = nil, board: NoticeBoard = NoticeBoard()
) throws -> FakeActivation {
  let bound = try intervention.bind(sampleCatalog(), fingerprint: testFingerprint, key: testKey)
  let session = SteeringSession(try SteeringPlan([bound], sampleCatalog()), notices: board)
  let count = SequenceMap(context, site.stack).length
  let activation = FakeActivation(
    site, [context], [0..<count], width: 8, [values ?? noise(count * 8, 1)])
  if session.sites.contains(site) { try session.visit(activation) }
  return activation
}
