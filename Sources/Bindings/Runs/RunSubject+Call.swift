import Glibc
import Interpreter
import Interventions
import Models
import Records

extension RunSubject {
  /// What a call is a run of.
  init(_ call: NativeCall, _ bench: Workbench) {
    let session = call.session
    let location = call.location
    let source = location?.source
    let used = session.usedSources.map { RunScript(name: $0.name, text: String(decoding: $0.bytes, as: UTF8.self)) }
    self.init(
      kind: call.name,
      script: bench.records.script?()
        ?? RunScript(
          name: source?.name ?? "", text: source.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""),
      used: used, call: location.map { $0.source.text($0.span) } ?? "",
      line: location.map { $0.source.position(of: $0.span.lower).line } ?? 0,
      inputs: session.globals().filter { $0.kind == "input" }.map { RunSetting($0.name, $0.value.rendered(.short)) },
      settings: call.settings, seed: session.seed,
      model: call.steeredModel.map { RunModel($0) } ?? bench.modelAtHand.map { RunModel($0) },
      data: call.dataArguments.map { RunData($0.parameter, $0.value, in: session, bench) }, folder: Self.workingFolder)
  }

  private static var workingFolder: String {
    guard let path = getcwd(nil, 0) else { return "" }
    defer { free(path) }
    return String(cString: path)
  }
}

extension NativeCall {
  /// Arguments that are data sets or lists of items.
  var dataArguments: [(parameter: String, value: Value)] {
    ["on", "held_out", "data"].compactMap { name in
      guard signature.parameters.contains(where: { $0.name == name }) else { return nil }
      let value = value(name)
      return value.object is PathObject || value.object is TokensObject || value.object == nil ? nil : (name, value)
    }
  }

  fileprivate var steeredModel: SteeredModel? {
    arguments.lazy.compactMap { ($0.object as? ModelObject)?.steered }.first
  }

  /// The arguments that were given and can be written down: numbers, texts, lists of them, interventions, a grid's columns.
  fileprivate var settings: [RunSetting] {
    signature.parameters.flatMap { parameter -> [RunSetting] in
      let value = value(parameter.name)
      if let grid = value.object as? RecordObject, parameter.role == .fields {
        return grid.fields.map { RunSetting($0.0, Self.short($0.1, session)) }
      }
      guard hasArgument(parameter.name), value.isWritable else { return [] }
      return [RunSetting(parameter.name, Self.short(value, session))]
    }
  }

  private static func short(_ value: Value, _ session: Session) -> String {
    let text = value.rendered(.short)
    return text.count > 2000 ? text.prefix(1999) + "…" : text
  }
}

extension Value {
  fileprivate var isWritable: Bool {
    switch self {
    case .null: false
    case .bool, .int, .float: true
    case .object(let object as ListObject):
      object.elements.count <= 100 && object.elements.allSatisfy { $0.object == nil || $0.stringValue != nil }
    case .object(let object): object is StringObject || object is InterventionObject || object is PathObject
    }
  }
}

extension RunModel {
  fileprivate init(_ steered: SteeredModel) {
    self.init(
      name: steered.base.origin, fingerprint: steered.base.fingerprint.description,
      interventions: steered.interventions.map(\.description))
  }

  fileprivate init(_ model: Model) { self.init(name: model.origin, fingerprint: model.fingerprint.description) }
}
