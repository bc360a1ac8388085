/// A picture on its way through a processor, together with where its pixels lie on the picture as given.
struct PlacedImage {
  private(set) var image: Image
  private(set) var geometry: ImageGeometry

  init(_ image: Image) {
    self.image = image
    geometry = ImageGeometry(
      originalWidth: image.width, originalHeight: image.height, width: image.width, height: image.height)
  }

  func resized(width: Int, height: Int, _ filter: ResampleFilter) throws -> PlacedImage {
    var result = self
    result.image = try image.resized(width: width, height: height, filter)
    result.geometry = moved(
      xScale: geometry.xScale * (Double(image.width) / Double(width)),
      yScale: geometry.yScale * (Double(image.height) / Double(height)), width: width, height: height)
    return result
  }

  /// What lies outside the picture gets the colour `outside`, black if it is empty.
  func cropped(x: Int, y: Int, width: Int, height: Int, outside: [UInt8] = []) throws -> PlacedImage {
    var result = self
    result.image = try image.cropped(x: x, y: y, width: width, height: height, outside: outside)
    result.geometry = moved(
      xScale: geometry.xScale, yScale: geometry.yScale, x: Double(x), y: Double(y), width: width, height: height)
    return result
  }

  /// Cut from the centre, or centred on black where the picture is smaller.
  func centered(width: Int, height: Int) throws -> PlacedImage {
    // Rounded down also where it is negative.
    try cropped(x: (image.width - width) >> 1, y: (image.height - height) >> 1, width: width, height: height)
  }

  /// Centred on a square of its longer side.
  func squared(on color: [UInt8]) throws -> PlacedImage {
    if image.width == image.height { return self }
    let side = max(image.width, image.height)
    let (x, y) = ((side - image.width) / 2, (side - image.height) / 2)
    return try cropped(x: -x, y: -y, width: side, height: side, outside: color)
  }

  private func moved(
    xScale: Double, yScale: Double, x: Double = 0, y: Double = 0, width: Int, height: Int
  ) -> ImageGeometry {
    ImageGeometry(
      originalWidth: geometry.originalWidth, originalHeight: geometry.originalHeight, width: width, height: height,
      xScale: xScale, yScale: yScale, xOffset: geometry.xOffset + x * geometry.xScale,
      yOffset: geometry.yOffset + y * geometry.yScale)
  }
}
