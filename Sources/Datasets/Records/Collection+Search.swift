extension RandomAccessCollection where Index == Int {
  /// The last index whose element is one of those that `isEarly` holds for, which are the first ones; the first index where there
  /// are none.
  func lastIndex(whileEarly isEarly: (Element) -> Bool) -> Int {
    var (low, high) = (startIndex, endIndex)
    while high - low > 1 {
      let middle = (low + high) / 2
      if isEarly(self[middle]) { low = middle } else { high = middle }
    }
    return low
  }
}
