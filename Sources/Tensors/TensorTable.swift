/// The corner of a tensor's numbers: the last two axes as a table, one table for each position of the outer axes, with the
/// edges of long axes and an ellipsis between.
struct TensorTable {
  private let tensor: Tensor
  private let width: Int
  private let rows: Axis?
  private let columns: Axis
  private let shownBlocks: [Int?]
  private let shownRows: [Int?]
  private let blockSize: Int
  private let format: NumberText

  private static let edge = 3, mostRows = 12, mostWrapped = 100, longestLabel = 14

  init(_ tensor: Tensor, width: Int) {
    let tensor = tensor.unpacked
    self.tensor = tensor
    self.width = width
    let axes = tensor.axes
    columns = axes[axes.count - 1]
    rows = axes.count > 1 ? axes[axes.count - 2] : nil
    blockSize = columns.size * (rows?.size ?? 1)
    shownBlocks = Self.edges(tensor.count / max(blockSize, 1), most: 4, first: 2, last: 1)
    shownRows = Self.edges(rows?.size ?? 1, most: Self.mostRows, first: Self.edge, last: Self.edge)
    // One form for all numbers that may be shown, so that the tables of one tensor look alike.
    var values: [Double] = []
    for case .some(let block) in shownBlocks {
      for case .some(let row) in shownRows {
        for case .some(let column) in Self.edges(columns.size, most: width, first: width / 4, last: width / 4) {
          values.append(tensor.value(at: block * blockSize + row * columns.size + column))
        }
      }
    }
    format = NumberText(for: values, dtype: tensor.dtype)
  }

  /// Positions to show; nil stands for those left out.
  private static func edges(_ count: Int, most: Int, first: Int, last: Int) -> [Int?] {
    count <= most
      ? Array(0..<count) : Array(0..<first).map { $0 } + [nil] + Array(count - last..<count).map { $0 }
  }

  func lines() -> [String] {
    if rows == nil { return columns.labels == nil ? wrapped() : labelled() }
    return shownBlocks.flatMap { block -> [String] in
      guard let block else { return ["…"] }
      let title = self.title(of: block)
      return (title.isEmpty ? [] : [title]) + table(block)
    }
  }

  /// `layer 3, head 0`
  private func title(of block: Int) -> String {
    var (rest, parts): (Int, [String]) = (block, [])
    for axis in tensor.axes.dropLast(2).reversed() {
      let index = rest % axis.size
      rest /= axis.size
      let label = axis.labels.map { " (\(clean($0.label(at: index))))" } ?? ""
      parts.insert("\(axis.name) \(index)\(label)", at: 0)
    }
    return parts.joined(separator: ", ")
  }

  // MARK: Two axes

  private func table(_ block: Int) -> [String] {
    let labels = shownRows.map { row in row.flatMap { rows?.labels?.label(at: $0) }.map(clean) ?? "" }
    let margin = (labels.map(\.count).max() ?? 0) + 2
    // Enough numbers for any width, from both ends; then as many as fit.
    let candidates = Self.edges(columns.size, most: width / 2, first: width / 4, last: width / 4)
    let texts = shownRows.map { row in row.map { numbers(block, $0, candidates) } ?? [] }
    let headings = candidates.map { $0.flatMap { columns.labels?.label(at: $0) }.map(clean) ?? "" }
    let widths = candidates.indices.map { i in
      max(texts.map { i < $0.count ? $0[i].count : 0 }.max() ?? 0, min(headings[i].count, 8))
    }
    let kept = fitting(widths, candidates, room: width - margin)
    var lines: [String] = []
    if columns.labels != nil {
      lines.append(
        line(
          "", margin, kept.map { $0.map { padded(String(headings[$0].prefix(max(widths[$0], 1))), widths[$0]) } ?? "…" }
        ))
    }
    for (i, row) in shownRows.enumerated() {
      let cells = kept.map { column in
        guard let column else { return "…" }
        return padded(row == nil ? "…" : texts[i][column], widths[column])
      }
      lines.append(line(labels[i], margin, cells))
    }
    return lines
  }

  /// Indices into `candidates` that fit, from both ends; nil where some are left out.
  private func fitting(_ widths: [Int], _ candidates: [Int?], room: Int) -> [Int?] {
    let needed = widths.reduce(0) { $0 + $1 + 2 }
    if !candidates.contains(nil), needed <= room { return candidates.indices.map { $0 } }
    var (first, last): ([Int], [Int]) = ([], [])
    var left = room - 3
    var (low, high) = (0, candidates.count - 1)
    while low <= high {
      let fromFront = first.count <= last.count
      let next = fromFront ? low : high
      if candidates[next] == nil || widths[next] + 2 > left { break }
      left -= widths[next] + 2
      if fromFront {
        first.append(next)
        low += 1
      } else {
        last.insert(next, at: 0)
        high -= 1
      }
    }
    return first.map { $0 } + [nil] + last.map { $0 }
  }

  private func line(_ label: String, _ margin: Int, _ cells: [String]) -> String {
    let text = padded(label, margin - 2) + "  " + cells.joined(separator: "  ")
    return String(text.reversed().drop { $0 == " " }.reversed())
  }

  // MARK: One axis

  /// A row, over several lines if it is not too long.
  private func wrapped() -> [String] {
    let shown = Self.edges(columns.size, most: Self.mostWrapped, first: width / 4, last: width / 4)
    let texts = numbers(0, 0, shown)
    let cell = texts.map(\.count).max() ?? 0
    if columns.size > Self.mostWrapped {
      let kept = fitting(texts.map { _ in cell }, shown, room: width - 2)
      return [line("", 2, kept.map { $0.map { padded(texts[$0], cell) } ?? "…" })]
    }
    let perLine = max(1, (width - 2) / (cell + 2))
    return stride(from: 0, to: texts.count, by: perLine).map { start in
      line("", 2, texts[start..<min(start + perLine, texts.count)].map { padded($0, cell) })
    }
  }

  /// One line for each position, with its label.
  private func labelled() -> [String] {
    let shown = Self.edges(columns.size, most: 40, first: 8, last: 8)
    let texts = numbers(0, 0, shown)
    let labels = shown.map { $0.flatMap { columns.labels?.label(at: $0) }.map(clean) ?? "" }
    let (margin, cell) = ((labels.map(\.count).max() ?? 0) + 2, texts.map(\.count).max() ?? 0)
    return shown.indices.map { line(labels[$0], margin, [padded(texts[$0], cell)]) }
  }

  // MARK: Numbers

  /// The texts of one row at these columns, in the form all shown numbers share.
  private func numbers(_ block: Int, _ row: Int, _ shown: [Int?]) -> [String] {
    let start = block * blockSize + row * columns.size
    if tensor.dtype == .i64 {
      return tensor.withUnsafeBytes { bytes in
        let all = bytes.bindMemory(to: Int.self)
        return shown.map { $0.map { String(all[start + $0]) } ?? "…" }
      }
    }
    let values = shown.map { $0.map { tensor.value(at: start + $0) } }
    return values.map { $0.map { format($0) } ?? "…" }
  }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// A label that stays on its line and is not too long.
  private func clean(_ label: String) -> String {
    let visible = label.map { $0 == "\n" ? "⏎" : $0 == "\t" ? "→" : $0 }
    return visible.count <= Self.longestLabel ? String(visible) : String(visible.prefix(Self.longestLabel - 1)) + "…"
  }
}

extension Tensor {
  /// One element.
  fileprivate func value(at index: Int) -> Double {
    withUnsafeBytes { bytes in
      let one = UnsafeRawBufferPointer(rebasing: bytes[index * dtype.byteCount..<(index + 1) * dtype.byteCount])
      switch dtype {
      case .f32: return Double(one.loadUnaligned(as: Float.self))
      case .f64: return one.loadUnaligned(as: Double.self)
      case .f16: return Double(one.loadUnaligned(as: Float16.self))
      case .bf16: return Double(Float(bitPattern: UInt32(one.loadUnaligned(as: UInt16.self)) << 16))
      case .i64: return Double(one.loadUnaligned(as: Int.self))
      case .bool: return one[0] != 0 ? 1 : 0
      case .blocks: return .nan
      }
    }
  }
}
