import Checkpoints
import Datasets
import Interpreter

/// Where the items of a data set come from, made when they are asked for: a file, or what was done to another stage.
protocol DataStage: AnyObject {
  /// Nil behind the last item.
  func item(at position: Int) throws -> Value?
  /// How many there are. Where finding out fails, the failure stands at the place of its item: it counts as one, and `item`
  /// throws.
  var count: Int { get }
  /// Whether there is an item of this number, or a failure in its place.
  func has(_ position: Int) -> Bool
  /// Whether the count is known without making items.
  var knowsCount: Bool { get }
}

/// The records of a file.
final class RecordStage: DataStage {
  private let reader: any RecordReader
  private let images: String?
  private let rows: ParquetRecords?
  private let isReadByColumn: Bool

  /// - Parameter images: the folder that the field `image` of a record names a file of; nil where it is left as it is.
  init(_ reader: any RecordReader, images: String?) {
    self.reader = reader
    self.images = images
    rows = reader as? ParquetRecords
    isReadByColumn = rows?.isReadByColumn == true
  }

  var count: Int { reader.count }
  var knowsCount: Bool { true }
  func has(_ position: Int) -> Bool { reader.contains(position) }

  func item(at position: Int) throws -> Value? {
    if let rows, images == nil || isReadByColumn {
      guard rows.contains(position) else { return nil }
      if isReadByColumn { return .object(ParquetRecordObject(rows, position, images: images)) }
      return .record(zip(rows.columns, try rows.values(at: position)).map { ($0, Value($1)) })
    }
    guard let record = try reader.record(at: position) else { return nil }
    let fields = zip(record.keys, record.values).map { ($0, Value($1)) }
    if reader is ImageFolder, case .string(let path)? = record["image"] {
      return .object(PicturedRecordObject(RecordObject(fields), path: path))
    }
    guard let images, let value = record["image"], value != .null else { return .record(fields) }
    guard case .string(let name) = value else {
      throw DatasetError(
        reader.place(of: position), .value(name: "image", expected: "the name of a file", found: value.summary))
    }
    return .object(PicturedRecordObject(RecordObject(fields), path: images.isEmpty ? name : "\(images)/\(name)"))
  }
}

/// The items of a data set that is not read from a file, or of a list.
final class SetStage: DataStage {
  private let set: Object
  private unowned let session: Session
  let count: Int
  var knowsCount: Bool { true }
  func has(_ position: Int) -> Bool { position < count }

  init(_ set: Object, _ session: Session) {
    self.set = set
    self.session = session
    count = set.count ?? 0
  }

  func item(at position: Int) throws -> Value? {
    position < count ? try set.element(at: position, in: session) : nil
  }
}

/// What a function makes of each item.
final class MapStage: DataStage {
  private let source: any DataStage
  private let function: Value
  private unowned let session: Session

  init(_ source: any DataStage, _ function: Value, _ session: Session) {
    self.source = source
    self.function = function
    self.session = session
  }

  var count: Int { source.count }
  var knowsCount: Bool { source.knowsCount }
  func has(_ position: Int) -> Bool { source.has(position) }

  func item(at position: Int) throws -> Value? {
    try source.item(at: position).map { try session.call(function, $0) }
  }
}

/// The items for which a function is true; which these are is found as far as it is asked, and only their numbers are kept.
final class FilterStage: DataStage {
  private let source: any DataStage
  private let holds: (Value) throws -> Bool
  private var kept: [Int] = []
  private var looked = 0
  private var isDone = false
  private unowned let session: Session

  init(_ source: any DataStage, _ session: Session, _ holds: @escaping (Value) throws -> Bool) {
    self.source = source
    self.session = session
    self.holds = holds
  }

  var knowsCount: Bool { isDone }

  var count: Int {
    while !isDone {
      do { _ = try item(at: kept.count) } catch { return kept.count + 1 }
    }
    return kept.count
  }

  func has(_ position: Int) -> Bool {
    do { return try item(at: position) != nil } catch { return position <= kept.count }
  }

  func item(at position: Int) throws -> Value? {
    while position >= kept.count, !isDone {
      try session.checkInterrupt()
      guard let item = try source.item(at: looked) else {
        isDone = true
        break
      }
      let isKept = try holds(item)
      if isKept { kept.append(looked) }
      looked += 1
      if isKept, kept.count == position + 1 { return item }
    }
    return position < kept.count ? try source.item(at: kept[position]) : nil
  }
}

/// The items from one number up to another.
final class PartStage: DataStage {
  private let source: any DataStage
  private let lower: Int
  private let upper: Int

  init(_ source: any DataStage, _ lower: Int, _ upper: Int = .max) {
    self.source = source
    self.lower = lower
    self.upper = upper
  }

  var count: Int {
    // A part that ends inside the whole needs no count of it.
    if upper != .max, upper > lower, source.has(upper - 1) { return upper - lower }
    return max(min(upper, source.count) - lower, 0)
  }
  var knowsCount: Bool { source.knowsCount }

  func has(_ position: Int) -> Bool {
    let (place, overflow) = lower.addingReportingOverflow(position)
    return !overflow && place < upper && source.has(place)
  }

  func item(at position: Int) throws -> Value? {
    let (place, overflow) = lower.addingReportingOverflow(position)
    return !overflow && place < upper ? try source.item(at: place) : nil
  }
}

/// The items in another order.
final class OrderStage: DataStage {
  private let source: any DataStage
  private let order: [Int]

  init(_ source: any DataStage, _ order: [Int]) {
    self.source = source
    self.order = order
  }

  var count: Int { order.count }
  var knowsCount: Bool { true }
  func has(_ position: Int) -> Bool { position < order.count }

  func item(at position: Int) throws -> Value? {
    position < order.count ? try source.item(at: order[position]) : nil
  }
}

/// Lists of so many items; the last may be shorter.
final class BatchStage: DataStage {
  private let source: any DataStage
  private let size: Int

  init(_ source: any DataStage, _ size: Int) {
    self.source = source
    self.size = size
  }

  var count: Int { (source.count + size - 1) / size }
  var knowsCount: Bool { source.knowsCount }

  func has(_ position: Int) -> Bool {
    let (start, overflow) = position.multipliedReportingOverflow(by: size)
    return !overflow && source.has(start)
  }

  func item(at position: Int) throws -> Value? {
    let (start, overflow) = position.multipliedReportingOverflow(by: size)
    guard !overflow else { return nil }
    var items: [Value] = []
    while items.count < size, let item = try source.item(at: start + items.count) { items.append(item) }
    return items.isEmpty ? nil : .list(items)
  }
}
