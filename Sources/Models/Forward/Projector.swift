/// Vision features to decoder embeddings through one or several linear maps.
struct Projector: Sendable {
  let configuration: ProjectorConfiguration
  let maps: [Linear]
  /// The learned vector that ends a line of patches, where there is one.
  let endOfLine: Weight?

  /// - Parameter features: `[token, model]`, with the rows that `pass` is laid out for.
  /// - Returns: `[token, model]` in the decoder's width.
  func forward(_ features: Buffer, _ pass: Pass) throws -> Buffer {
    try pass.visit(.features, rows: features.pointer, width: configuration.input)
    var from = features
    for (map, points) in zip(maps, configuration.maps) {
      let to = Buffer(pass.rows * map.output)
      try pass.apply(map, points.weight, to.pointer, from.pointer)
      if let site = points.site {
        configuration.activation.apply(to.pointer, count: pass.rows * map.output)
        try pass.visit(site, rows: to.pointer, width: map.output)
      }
      from = to
    }
    try pass.visit(.output, rows: from.pointer, width: configuration.output)
    return from
  }
}
