extension ImageProcessor.Cells {
  /// The picture on the best canvas, cut into cells.
  func cut(_ picture: PlacedImage, _ filter: ResampleFilter) throws -> (parts: [PlacedImage], tiling: ImageTiling) {
    let (width, height) = (picture.image.width, picture.image.height)
    let canvas = best(width: width, height: height)
    let fitted = canvas.fitting(width: width, height: height)
    let (x, y) = ((canvas.width - fitted.width) / 2, (canvas.height - fitted.height) / 2)
    let placed = try picture.resized(width: fitted.width, height: fitted.height, filter)
    let (rows, columns) = (canvas.height / side, canvas.width / side)
    let parts = try (0..<rows * columns).map {
      try placed.cropped(x: $0 % columns * side - x, y: $0 / columns * side - y, width: side, height: side)
    }
    let tiling = ImageTiling(
      rows: rows, columns: columns, width: canvas.width, height: canvas.height,
      picture: (x..<x + fitted.width, y..<y + fitted.height))
    return (parts, tiling)
  }

  /// The canvas that keeps most of the picture's pixels, and among those the one that wastes fewest of its own.
  ///
  /// - Paper: LLaVA-NeXT's `select_best_resolution`. Where several are equally good, the first in order wins.
  func best(width: Int, height: Int) -> Canvas {
    var best = canvases[0]
    var (mostKept, leastWasted) = (0, Int.max)
    for canvas in canvases {
      let scale = min(Double(canvas.width) / Double(width), Double(canvas.height) / Double(height))
      let fitted = (Int(Double(width) * scale), Int(Double(height) * scale))
      let kept = min(fitted.0 * fitted.1, width * height)
      let wasted = canvas.width * canvas.height - kept
      if kept > mostKept || (kept == mostKept && wasted < leastWasted) {
        (mostKept, leastWasted, best) = (kept, wasted, canvas)
      }
    }
    return best
  }
}

extension ImageProcessor.Cells.Canvas {
  /// The largest size with a picture's proportions that lies on the canvas; the side that does not fill it is rounded up.
  func fitting(width pictureWidth: Int, height pictureHeight: Int) -> Self {
    let xScale = Double(width) / Double(pictureWidth)
    let yScale = Double(height) / Double(pictureHeight)
    return xScale < yScale
      ? Self(width: width, height: min(Int((Double(pictureHeight) * xScale).rounded(.up)), height))
      : Self(width: min(Int((Double(pictureWidth) * yScale).rounded(.up)), width), height: height)
  }
}
