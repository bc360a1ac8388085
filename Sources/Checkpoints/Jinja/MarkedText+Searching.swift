/// What Python's string methods find.
extension MarkedText {
  func starts(with other: MarkedText) -> Bool { scalars.starts(with: other.scalars) }

  func ends(with other: MarkedText) -> Bool {
    count >= other.count && scalars[(count - other.count)...].elementsEqual(other.scalars)
  }

  /// Where `other` starts first, at `from` or later.
  func find(_ other: MarkedText, from: Int = 0) -> Int? {
    guard let first = other.scalars.first else { return from <= count ? from : nil }
    var place = from
    while place + other.count <= count {
      guard let next = scalars[place...(count - other.count)].firstIndex(of: first) else { return nil }
      if scalars[next..<next + other.count].elementsEqual(other.scalars) { return next }
      place = next + 1
    }
    return nil
  }

  /// Where `other` starts last, ending at `end` or before.
  func findLast(_ other: MarkedText, before end: Int? = nil) -> Int? {
    var place = (end ?? count) - other.count
    while place >= 0 {
      if scalars[place..<place + other.count].elementsEqual(other.scalars) { return place }
      place -= 1
    }
    return nil
  }

  /// Without white space, or without any of `characters`, at the ends.
  func stripped(_ characters: MarkedText? = nil, start: Bool = true, end: Bool = true) -> MarkedText {
    func goes(_ scalar: Unicode.Scalar) -> Bool {
      characters.map { $0.scalars.contains(scalar) } ?? scalar.isPythonSpace
    }
    var (lower, upper) = (0, count)
    if start { while lower < upper, goes(scalars[lower]) { lower += 1 } }
    if end { while lower < upper, goes(scalars[upper - 1]) { upper -= 1 } }
    return lower == 0 && upper == count ? self : self[lower..<upper]
  }

  /// - Parameter limit: at most this many are replaced; negative for all.
  func replacing(_ old: MarkedText, with new: MarkedText, limit: Int = -1) -> MarkedText {
    var result = MarkedText([])
    var (place, done) = (0, 0)
    if old.isEmpty {
      while place <= count, limit < 0 || done < limit {
        result.append(new)
        if place < count { result.append(self[place..<place + 1]) }
        (place, done) = (place + 1, done + 1)
      }
      if place < count { result.append(self[place..<count]) }
      return result
    }
    while limit < 0 || done < limit, let next = find(old, from: place) {
      result.append(self[place..<next])
      result.append(new)
      (place, done) = (next + old.count, done + 1)
    }
    if place == 0 { return self }
    result.append(self[place..<count])
    return result
  }

  /// How often `other` occurs without overlap.
  func occurrences(of other: MarkedText) -> Int {
    guard !other.isEmpty else { return count + 1 }
    var (place, found) = (0, 0)
    while let next = find(other, from: place) { (place, found) = (next + other.count, found + 1) }
    return found
  }

  /// - Parameters:
  ///   - separator: not empty; nil for runs of white space.
  ///   - limit: at most this many cuts; negative for all.
  func split(_ separator: MarkedText?, limit: Int = -1, fromEnd: Bool = false) -> [MarkedText] {
    guard let separator else { return fromEnd ? splitAtSpaceFromEnd(limit) : splitAtSpace(limit) }
    var parts: [MarkedText] = []
    if fromEnd {
      var end = count
      while limit < 0 || parts.count < limit, let next = findLast(separator, before: end) {
        parts.append(self[next + separator.count..<end])
        end = next
      }
      return (parts + [self[0..<end]]).reversed()
    }
    var place = 0
    while limit < 0 || parts.count < limit, let next = find(separator, from: place) {
      parts.append(self[place..<next])
      place = next + separator.count
    }
    return parts + [self[place..<count]]
  }

  private func splitAtSpace(_ limit: Int) -> [MarkedText] {
    var parts: [MarkedText] = []
    var place = 0
    while true {
      while place < count, scalars[place].isPythonSpace { place += 1 }
      guard place < count else { return parts }
      if limit >= 0, parts.count >= limit { return parts + [self[place..<count].stripped(start: false)] }
      let start = place
      while place < count, !scalars[place].isPythonSpace { place += 1 }
      parts.append(self[start..<place])
    }
  }

  private func splitAtSpaceFromEnd(_ limit: Int) -> [MarkedText] {
    var parts: [MarkedText] = []
    var end = count
    while true {
      while end > 0, scalars[end - 1].isPythonSpace { end -= 1 }
      guard end > 0 else { return parts.reversed() }
      if limit >= 0, parts.count >= limit {
        return [self[0..<end].stripped(end: false)] + parts.reversed()
      }
      let stop = end
      while end > 0, !scalars[end - 1].isPythonSpace { end -= 1 }
      parts.append(self[end..<stop])
    }
  }

  /// The lines, as `str.splitlines` cuts them.
  func lines(keepingEnds: Bool = false) -> [MarkedText] {
    var lines: [MarkedText] = []
    var (start, place) = (0, 0)
    while place < count {
      guard scalars[place].isPythonLineBreak else {
        place += 1
        continue
      }
      let isPair = scalars[place] == "\r" && place + 1 < count && scalars[place + 1] == "\n"
      let next = place + (isPair ? 2 : 1)
      lines.append(self[start..<(keepingEnds ? next : place)])
      (start, place) = (next, next)
    }
    if start < count { lines.append(self[start..<count]) }
    return lines
  }
}

extension Unicode.Scalar {
  /// What Python's `str.isspace` and the `\s` of its regular expressions take for white space.
  var isPythonSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
  }

  var isPythonLineBreak: Bool {
    switch value {
    case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }
}
