import Figures
import Interpreter
import Records

extension NativeTable {
  /// The bodies of `stdlib/runs.steer`, less `report`.
  mutating func addRuns(_ bench: Workbench) {
    self["runs"] = { call in
      let list = try bench.records.reading()?.list() ?? []
      return .object(TableObject(Table(list, metrics: try call.bool("metrics"))))
    }
    self["run"] = { call in
      guard let store = try bench.records.reading() else { throw RunError.noRuns }
      return .object(RunObject(try store.run(call.int("id"))))
    }
  }
}
