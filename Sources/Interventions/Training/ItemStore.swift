import Models
import Tensors

/// The items of a data set in the form a training needs, made once each.
///
/// Pixels are what is large; an item beyond the room for them is made again whenever it is needed.
final class ItemStore {
  let data: TrainingData
  private let model: Model
  /// A prompt as it is run.
  private let layOut: (Prompt) throws -> Prompt
  private var kept: [Int: TrainingItem] = [:]
  private var lengths: [Int: Int] = [:]
  private var room: Int

  init(_ data: TrainingData, _ model: Model, bytes: Int, layOut: @escaping (Prompt) throws -> Prompt) {
    self.layOut = layOut
    self.data = data
    self.model = model
    room = bytes
  }

  /// - Throws: `TrainingError.item` for one that the model cannot read or answer.
  func callAsFunction(_ numbers: [Int]) throws -> [TrainingItem] {
    let missing = Set(numbers.filter { kept[$0] == nil }).sorted()
    var fresh: [Int: TrainingItem] = [:]
    for (number, item) in zip(missing, missing.isEmpty ? [] : try data.items(missing)) {
      let item = try item.with(prompt: layOut(item.prompt))
      if lengths[number] == nil { try check(item, number) }
      lengths[number] = item.prompt.ids.count + item.answer.count
      fresh[number] = item
      let size = item.prompt.images.reduce(item.prompt.ids.count * 64) { $0 + $1.count * $1.dtype.byteCount }
      guard size <= room else { continue }
      room -= size
      kept[number] = item
    }
    return numbers.compactMap { fresh[$0] ?? kept[$0] }
  }

  /// Tokens of its prompt and answer.
  func length(_ number: Int) throws -> Int {
    if let length = lengths[number] { return length }
    return try self([number]).reduce(0) { $0 + $1.prompt.ids.count + $1.answer.count }
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
