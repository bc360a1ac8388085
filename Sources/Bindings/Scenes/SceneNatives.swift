import Interpreter
import Scenes

extension NativeTable {
  /// The bodies of `stdlib/scenes.steer`.
  mutating func addScenes() {
    let library = SceneLibrary()
    self["scenes"] = { call in
      let split = call.value("split").isNull ? nil : try call.split("split")
      let count = call.value("count").isNull ? nil : try call.int("count", atLeast: 0)
      let seed = try call.int("seed")
      let pool = split.map { library.data(seed).pool($0) } ?? ScenePool(seed: UInt64(bitPattern: Int64(seed)))
      return .object(ScenesObject(pool, count: count ?? split.map { SceneData.count($0) } ?? 10_000))
    }
    self["attributes"] = { _ in
      .record(Attribute.allCases.map { ($0.rawValue, .list($0.values.map { .string($0) })) })
    }
    self["question_set"] = { call in
      let kind: QuestionSetOptions.Kind = try call.named("name")
      return .object(try QuestionSetOptions(kind, call.record("options").fields).questionSet(library))
    }
    self["mix"] = { call in
      let pool = try call.object("pool", as: ScenesObject.self, expected: "scenes, such as scenes(split: \"train\")")
      let seed = try call.int("seed")
      let mix = try Mix(
        pool.pool, scenes: pool.range, seed: UInt64(bitPattern: Int64(seed)), shares: call.shares("shares"))
      let count = call.value("count").isNull ? nil : try call.int("count", atLeast: 0)
      return .object(DataSetObject("mix(seed: \(seed))", count: count) { .object(QuestionObject(mix[$0])) })
    }
    addPhrasings()
    addControl(library)
  }

  private mutating func addPhrasings() {
    self["phrasings"] = { _ in .list(Phrasing.all.map { .string($0.name) }) }
    self["phrase"] = { call in
      let attribute = try Attribute.named(call.string("attribute"))
      let value = attribute.values[try attribute.label(of: call.string("value"))]
      return .string(try Phrasing.named(call.string("phrasing")).question(value, of: attribute))
    }
    self["prompted"] = { call in
      let item = try call.object("c", as: QuestionObject.self, expected: "a conflict, an item of `conflicts`")
      guard let conflict = item.item.conflict else {
        throw call.wrongValue(
          "c", "must be a conflict, an item of `conflicts`; this question has no text to contradict")
      }
      let instruction = try Conflict.Instruction(named: call.string("toward"))
      let style: Conflict.Style = try call.named("style")
      let shots = try call.int("shots", atLeast: 1)
      return .object(
        QuestionObject(.init(conflict, instruction, conflict.prompt(instruction, style: style, shots: shots))))
    }
  }

  private mutating func addControl(_ library: SceneLibrary) {
    self["misclassification"] = { call in
      try call.counterfactuals(Counterfactual(call.string("c")), library)
    }
    self["misalignment"] = { call in
      try call.counterfactuals(Counterfactual(call.string("c"), as: call.string("to")), library)
    }
    self["indeterminate"] = { call in
      let attribute = try Attribute.named(call.string("attribute"))
      let data = library.data(try call.int("seed"))
      return .object(
        QuestionSetObject("indeterminate(\"\(attribute.rawValue)\")") { data.indeterminate($0, attribute) })
    }
  }
}

extension NativeCall {
  fileprivate func counterfactuals(_ counterfactual: Counterfactual, _ library: SceneLibrary) throws -> Value {
    let phrasing = try Phrasing.named(string("phrasing"))
    let data = library.data(try int("seed"))
    let target = counterfactual.target.map { ", to: \"\($0)\"" } ?? ""
    return .object(
      QuestionSetObject("\(name)(\"\(counterfactual.word)\"\(target))") {
        data.counterfactuals($0, counterfactual, phrasing)
      })
  }

  /// One of the cases of an enumeration, by name.
  fileprivate func named<T: CaseIterable & RawRepresentable<String>>(_ parameter: String) throws -> T {
    let name = try string(parameter)
    guard let found = T(rawValue: name) else {
      let known = T.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      throw wrongValue(parameter, "must be one of \(known), found \"\(name)\"")
    }
    return found
  }

  fileprivate func split(_ parameter: String) throws -> Split { try named(parameter) }

  /// The standard shares, with those replaced that are given.
  fileprivate func shares(_ parameter: String) throws -> [Mix.Kind: Double] {
    var shares = Mix.standard
    for (name, value) in try record(parameter).fields {
      guard let kind = Mix.Kind(rawValue: name), shares[kind] != nil else { throw SceneError.unknownKind(name) }
      guard let share = value.doubleValue else {
        throw wrongValue(parameter, "must hold numbers; `\(name)` is \(value.typePhrase)")
      }
      shares[kind] = share
    }
    return shares
  }
}
