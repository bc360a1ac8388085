/// Where the elements of an array lie that is stored with strides, in row-major order.
struct StridedPlaces {
  private let shape: [Int]
  private let strides: [Int]
  private var index: [Int]
  private var offset: Int

  /// - Parameters:
  ///   - strides: how many elements one step along each axis is.
  ///   - offset: where the first element lies.
  init(_ shape: [Int], strides: [Int], from offset: Int = 0) {
    self.shape = shape
    self.strides = strides
    self.offset = offset
    index = Array(repeating: 0, count: shape.count)
  }

  /// The strides of an array whose first axis runs fastest.
  static func columnMajor(_ shape: [Int]) -> [Int] {
    var stride = 1
    return shape.map { size in
      defer { stride &*= size }
      return stride
    }
  }

  mutating func next() -> Int {
    defer {
      for axis in shape.indices.reversed() {
        index[axis] += 1
        offset += strides[axis]
        if index[axis] < shape[axis] { break }
        offset -= strides[axis] * shape[axis]
        index[axis] = 0
      }
    }
    return offset
  }
}
