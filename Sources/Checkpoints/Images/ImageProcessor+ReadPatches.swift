/// What Qwen2-VL's configurations say: the patches and the number of pixels, in the words of several versions.
extension ImageProcessor {
  static func patches(_ config: Field) throws -> PatchLayout {
    PatchLayout(
      side: try config["patch_size"].integer(in: 1...1024, or: 14),
      merge: try config["merge_size"].integer(in: 1...64, or: 2),
      frames: try config["temporal_patch_size"].integer(in: 1...64, or: 2))
  }

  /// `min_pixels` and `max_pixels`, beside `size` or in it, or `size` with `shortest_edge` and `longest_edge`: all mean
  /// numbers of pixels. What stands beside `size` wins, as in transformers.
  static func smartSize(_ config: Field) throws -> Size {
    let counts = 1...Image.maximumPixelCount
    let size = config["size"]
    func count(_ beside: String, _ within: String, or fallback: Int) throws -> Int {
      let places = [config[beside], size[within], size[beside]]
      guard let place = places.first(where: \.exists) else { return fallback }
      return try place.integer(in: counts)
    }
    if size.exists { _ = try size.object() }
    let least = try count("min_pixels", "shortest_edge", or: 56 * 56)
    let most = try count("max_pixels", "longest_edge", or: 28 * 28 * 1280)
    guard least <= most else {
      throw CheckpointError(
        config.file,
        .json(
          .field(path: "min_pixels", expected: "at most max_pixels, which is \(most)", found: "\(least)")))
    }
    let layout = try patches(config)
    return .multiples(of: layout.side * layout.merge, pixels: least...most)
  }
}
