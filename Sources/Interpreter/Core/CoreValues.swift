extension NativeTable {
  /// What concerns values of every type: `print`, `type`, `len`.
  mutating func addCoreValues() {
    self["print"] = { call in
      let values = try call.elements("values")
      if values.count == 1, case .object(let object) = values[0], object.kind == .host {
        call.session.output(object.rendered(.full))
      } else {
        call.session.output(values.map(\.displayed).joined(separator: " "))
      }
      return .null
    }
    self["type"] = { call in .string(call[0].typeName) }
    self["len"] = { call in
      if let record = call[0].object as? RecordObject { return .int(record.names.count) }
      guard let count = call[0].object?.count else {
        throw call.wrongType("values", expected: "a list, range, text or record")
      }
      return .int(count)
    }
  }
}
