/// A tensor as a reader sees it: a line that sums it up, then a corner of its numbers.
extension Tensor: CustomStringConvertible {
  /// `tensor [token: 34, model: 96] f32  min -3.1  mean 0.02  max 4.7  nan 0`
  public func describe() -> String {
    let head = "tensor \(shape) \(dtype.rawValue)"
    if count == 0 { return head + "  empty" }
    let values = to(.f32)
    if dtype == .bool {
      let trues = values.withFloats { $0.reduce(0) { $0 + ($1 != 0 ? 1 : 0) } }
      return head + "  true \(trues) of \(count)"
    }
    if shape.rank == 0 { return head + "  " + element(0) }
    return values.withFloats { row in
      var (least, most, sum) = (Float.infinity, -Float.infinity, 0.0)
      var (nans, infinities) = (0, 0)
      for value in row {
        if value.isNaN {
          nans += 1
          continue
        }
        if value.isInfinite { infinities += 1 }
        if value < least { least = value }
        if value > most { most = value }
        sum += Double(value)
      }
      let known = row.count - nans
      let number = { (value: Float) in known == 0 ? "nan" : NumberText.short(value) }
      let mean = Float(sum / Double(max(known, 1)))
      let infinite = infinities == 0 ? "" : "  inf \(infinities)"
      return head + "  min \(number(least))  mean \(number(mean))  max \(number(most))  nan \(nans)" + infinite
    }
  }

  public var description: String { text(width: 80) }

  /// The summary and a corner of the numbers, in lines of at most `width` characters.
  public func text(width: Int = 80) -> String {
    if shape.rank == 0 || count == 0 { return describe() }
    return ([describe()] + TensorTable(self, width: max(width, 20)).lines()).joined(separator: "\n")
  }

  /// One element in full: integers exactly, floats in the fewest digits that give them back.
  private func element(_ index: Int) -> String {
    if dtype == .i64 { return withUnsafeBytes { String($0.bindMemory(to: Int.self)[index]) } }
    return to(.f32).withFloats { String($0[index]) }
  }
}
