import Datasets
import Interpreter

extension NativeTable {
  /// The bodies of `stdlib/data.steer`.
  mutating func addData() {
    self["data"] = { call in
      let images = call.value("images").isNull ? nil : try call.string("images")
      guard let path = call.value("source").stringValue else {
        guard let list = call.value("source").object as? ListObject else {
          throw call.wrongType("source", expected: "the path of a file or folder, or a list of records")
        }
        return .object(LazyDataObject("data", SetStage(list, call.session)))
      }
      let key = call.value("at").isNull ? nil : try call.string("at")
      let reader = try RecordFile.open(path, at: key)
      return .object(LazyDataObject(path, RecordStage(reader, images: images)))
    }
    self["shuffle"] = { call in
      let elements = try call.elements("values")
      return .list(try DataOrder.shuffled(elements.count, seed: call.int("seed")).map { elements[$0] })
    }
    self["batch"] = { call in
      let (elements, size) = (try call.elements("values"), try call.int("count", atLeast: 1))
      return .list(
        stride(from: 0, to: elements.count, by: size).map {
          .list(Array(elements[$0..<min($0 + size, elements.count)]))
        })
    }
  }
}
