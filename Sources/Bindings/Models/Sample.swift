import Interpreter
import Interventions
import Models

/// One item of a data set as evaluation sees it: a prompt, and what is known about its answer.
struct Sample {
  /// What it was made from.
  let item: Value
  let prompt: PromptObject
  let answer: String?
  /// What its row of a table is called: the task or role, else the attribute or the kind of question.
  let group: String?
  /// How much each token of the answer counts in a loss, and the token that ends it.
  var weight = 1.0
  var endWeight = 1.0
}

extension Sample {
  /// From a prompt, or from anything with `question` and, where there is a picture, `image`.
  init(_ value: Value, in session: Session) throws {
    if let prompt = value.object as? PromptObject {
      self.init(item: value, prompt: prompt, answer: nil, group: nil)
      return
    }
    if let question = value.object as? BenchmarkRecordObject {
      self.init(
        item: value, prompt: PromptObject(images: try question.images(), text: question.record.prompt),
        answer: question.record.gold.first, group: nil)
      return
    }
    func field(_ names: String...) throws -> Value? {
      for name in names {
        if let found = try value.object?.member(name, in: session), !found.isNull { return found }
      }
      return nil
    }
    guard let question = try field("question", "text")?.stringValue else {
      throw ScriptError(
        .badArgument,
        "an item of a data set is a prompt or has a `question` (and `image`, `answer`), found \(value.typePhrase)")
    }
    let image = try field("image")
    if let image, !(image.object is ImageObject) {
      throw ScriptError(.badArgument, "the `image` of an item must be an image, found \(image.typePhrase)")
    }
    let answer = try field("answer")
    if let answer, answer.stringValue == nil {
      throw ScriptError(.badArgument, "the `answer` of an item must be a string, found \(answer.typePhrase)")
    }
    func number(_ name: String) throws -> Double {
      guard let value = try field(name) else { return 1 }
      guard let number = value.doubleValue, number >= 0, number.isFinite else {
        throw ScriptError(
          .badArgument, "the `\(name)` of an item must be a number from 0 on, found \(value.rendered(.short))")
      }
      return number
    }
    self.init(
      item: value,
      prompt: PromptObject(
        images: (image?.object as? ImageObject).map { [$0] } ?? [], text: question,
        region: try field("box").flatMap { PixelBox(corners: $0) }),
      answer: answer?.stringValue, group: try field("task", "role", "attribute", "kind")?.stringValue,
      weight: try number("weight"), endWeight: try number("end_weight"))
  }
}

extension NativeCall {
  /// The items of a data set argument. Within a sweep an item is made once.
  func samples(_ parameter: String, _ bench: Workbench? = nil) throws -> [Sample] {
    let set = value(parameter).object as? DataSetObject
    if let set, set.isEndless {
      throw wrongValue(parameter, "has no end; take some of it, such as `take(1000)`")
    }
    if let set, let sharing = bench?.sharing, let count = set.count, count > 0 {
      return try (0..<count).map { position in
        try sharing.sample(.numbered(set: ObjectIdentifier(set.root), set.range.lowerBound + position), of: set.root) {
          try Sample(set.element(at: position, in: session), in: session)
        }
      }
    }
    let samples = try elements(parameter).enumerated().map { place, item in
      do {
        guard let sharing = bench?.sharing, let object = item.object else { return try Sample(item, in: session) }
        return try sharing.sample(.object(ObjectIdentifier(object)), of: object) { try Sample(item, in: session) }
      } catch let error as ScriptError where error.code == .badArgument {
        throw wrongValue(parameter, "does not do: item \(place): \(error.message)")
      }
    }
    guard !samples.isEmpty else { throw wrongValue(parameter, "is empty; there is nothing to run") }
    return samples
  }

  /// A prompt, or a list of token ids.
  func prompt(_ parameter: String) throws -> PromptObject {
    let value = value(parameter)
    if let prompt = value.object as? PromptObject { return prompt }
    if let elements = value.listElements {
      let ids = elements.compactMap { element -> Int? in if case .int(let id) = element { id } else { nil } }
      if ids.count == elements.count { return PromptObject(images: [], text: "", ids: ids) }
    }
    if value.object is HostObject || value.object is RecordObject { return try Sample(value, in: session).prompt }
    throw wrongType(parameter, expected: "a prompt or a list of token ids")
  }
}

extension PixelBox {
  /// From a record or list of four numbers; nil where a `box` is something else.
  fileprivate init?(corners value: Value) {
    let corners = ((value.object as? RecordObject)?.values ?? value.listElements ?? []).compactMap(\.doubleValue)
    guard corners.count == 4, corners[0] < corners[2], corners[1] < corners[3] else { return nil }
    self.init(x0: corners[0], y0: corners[1], x1: corners[2], y1: corners[3])
  }
}
