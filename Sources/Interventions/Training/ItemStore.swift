import Models
import Tensors

/// The items of a data set in the form a training needs, made once each.
///
/// Pixels are what is large; an item beyond the room for them is made again whenever it is needed.
final class ItemStore {
  let data: TrainingData
  private let model: Model
  private var kept: [Int: TrainingItem] = [:]
  private var lengths: [Int: Int] = [:]
  private var room: Int

  init(_ data: TrainingData, _ model: Model, bytes: Int) {
    self.data = data
    self.model = model
    room = bytes
  }

  /// - Throws: `TrainingError.item` for one that the model cannot read or answer.
  subscript(_ index: Int) -> TrainingItem {
    get throws {
      if let item = kept[index] { return item }
      let item = try data.item(index)
      if lengths[index] == nil { try check(item, index) }
      lengths[index] = item.prompt.ids.count + item.answer.count
      let size = item.prompt.images.reduce(item.prompt.ids.count * 64) { $0 + $1.count * $1.dtype.byteCount }
      if size <= room {
        room -= size
        kept[index] = item
      }
      return item
    }
  }

  /// Tokens of its prompt and answer.
  func length(_ index: Int) throws -> Int {
    if let length = lengths[index] { return length }
    return try self[index].prompt.ids.count + self[index].answer.count
  }

  private func check(_ item: TrainingItem, _ index: Int) throws {
    let vocabulary = model.configuration.decoder.vocabulary
    if let id = item.answer.first(where: { !(0..<vocabulary).contains($0) }) {
      throw TrainingError.item(
        index, reason: "the answer's token \(id) is outside the vocabulary, which has \(vocabulary)")
    }
    do {
      try model.check(item.fed)
    } catch {
      throw TrainingError.item(index, reason: "\(error)")
    }
  }
}
