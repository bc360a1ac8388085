/// A tensor as a reader sees it: a line that sums it up, then a corner of its numbers.
extension Tensor: CustomStringConvertible {
  /// `tensor [token: 34, model: 96] f32  min -3.1  mean 0.02  max 4.7  nan 0`
  public func describe() -> String {
    let head = "tensor \(shape) \(dtype.rawValue)"
    if count == 0 { return head + "  empty" }
    if dtype == .bool {
      let trues = withUnsafeBytes { $0.reduce(0) { $0 + ($1 != 0 ? 1 : 0) } }
      return head + "  true \(trues) of \(count)"
    }
    if shape.rank == 0 { return head + "  " + element(0) }
    return head
      + (dtype == .f64 ? withElements(as: Double.self, summary) : withElements(as: Float.self, summary))
  }

  private func summary<Element: Real>(_ row: UnsafeBufferPointer<Element>) -> String {
    var (least, most, sum) = (Element.infinity, -Element.infinity, 0.0)
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
    let number = { (value: Element) in known == 0 ? "nan" : NumberText.short(Double(value)) }
    let mean = Element(sum / Double(max(known, 1)))
    let infinite = infinities == 0 ? "" : "  inf \(infinities)"
    return "  min \(number(least))  mean \(number(mean))  max \(number(most))  nan \(nans)" + infinite
  }

  public var description: String { text(width: 80) }

  /// The summary and a corner of the numbers, in lines of at most `width` characters.
  public func text(width: Int = 80) -> String {
    if shape.rank == 0 || count == 0 { return describe() }
    return ([describe()] + TensorTable(self, width: max(width, 20)).lines()).joined(separator: "\n")
  }

  /// One element in full: integers exactly, floats in the fewest digits that give them back.
  private func element(_ index: Int) -> String {
    switch dtype {
    case .i64: withUnsafeBytes { String($0.bindMemory(to: Int.self)[index]) }
    case .f64: withDoubles { String($0[index]) }
    default: withElements(as: Float.self) { String($0[index]) }
    }
  }
}
