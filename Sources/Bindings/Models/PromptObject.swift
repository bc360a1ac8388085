import Checkpoints
import Interpreter
import Interventions
import Models
import Scenes

/// A picture as a value.
final class ImageObject: HostObject {
  private let made: () -> Image
  /// The scene that it is the picture of.
  let scene: Scene?

  init(_ image: Image) {
    made = { image }
    scene = nil
  }

  /// The picture of a scene, painted when it is needed.
  init(_ scene: Scene) {
    made = { scene.image }
    self.scene = scene
  }

  var image: Image { made() }

  /// The same for all values that are this picture of a scene: what to keep by that follows from the picture alone.
  var key: ObjectIdentifier { scene.map { ObjectIdentifier($0) } ?? ObjectIdentifier(self) }

  override var typeName: String { "image" }

  override func member(_ name: String, in session: Session) throws -> Value? {
    switch name {
    case "width": .int(image.width)
    case "height": .int(image.height)
    default: nil
    }
  }

  override var memberNames: [String] { ["width", "height"] }

  override func isEqual(to other: Object) -> Bool { (other as? ImageObject)?.image == image }

  override func rendered(_ style: RenderingStyle) -> String {
    let line = "image \(image.width) × \(image.height)"
    guard style.form == .full, style.colored else { return line }
    return line + "\n" + image.drawn(columns: min(style.width, 48))
  }
}

/// A picture and a text, not yet tokenised: each model makes its own token sequence of it.
final class PromptObject: HostObject {
  let images: [ImageObject]
  let text: String
  /// What the assistant is told before everything else; nil for what the template says by itself.
  let system: String?
  /// What was said before.
  let earlier: [Exchange]
  let template: Template?
  /// Ready token ids in place of a text.
  let ids: [Int]?
  /// The part of the picture that it is about: what `.image.roi` without a box selects.
  let region: PixelBox?
  /// What models have made of it.
  private var made: [ObjectIdentifier: (model: Model, prompt: Prompt)] = [:]

  /// A question that was put before, and its answer.
  struct Exchange: Equatable {
    let images: [ImageObject]
    let text: String
    let answer: String

    static func == (left: Self, right: Self) -> Bool {
      left.text == right.text && left.answer == right.answer && left.images.map(\.image) == right.images.map(\.image)
    }
  }

  init(
    images: [ImageObject], text: String, template: Template? = nil, ids: [Int]? = nil, region: PixelBox? = nil,
    system: String? = nil, earlier: [Exchange] = []
  ) {
    self.images = images
    self.text = text
    self.system = system
    self.earlier = earlier
    self.template = template
    self.ids = ids
    self.region = region
  }

  override var typeName: String { "prompt" }

  /// Paints the scenes that prompts show, on all threads.
  static func paint(_ prompts: some Sequence<PromptObject>) {
    Scene.paint(prompts.flatMap { $0.allImages.compactMap(\.scene) })
  }

  /// Those of earlier turns too, in order.
  var allImages: [ImageObject] { earlier.flatMap(\.images) + images }

  /// The prompt as one model reads it.
  func prompt(for model: Model) throws -> Prompt {
    if let made = made[ObjectIdentifier(model)] { return made.prompt }
    var prompt: Prompt
    if let ids {
      prompt = try model.blueprint.prompt(ids: ids)
    } else {
      func prepared(_ images: [ImageObject]) throws -> [PreparedImage] {
        try images.map { try model.blueprint.prepare($0.image) }
      }
      let before = try earlier.flatMap { turn -> [Conversation.Turn] in
        [.user(turn.text, images: try prepared(turn.images)), .assistant(turn.answer)]
      }
      prompt = try model.blueprint.prompt(
        Conversation(system: system, before + [.user(text, images: try prepared(images))]), template: template)
    }
    if let region { prompt = prompt.about(region) }
    made[ObjectIdentifier(model)] = (model, prompt)
    return prompt
  }

  override func member(_ name: String, in session: Session) throws -> Value? {
    switch name {
    case "text": .string(text)
    case "image": images.first.map { .object($0) } ?? .null
    case "system": system.map { .string($0) } ?? .null
    case "turns": .list(earlier.map(\.value))
    default: nil
    }
  }

  override var memberNames: [String] { ["image", "text", "system", "turns"] }

  override func rendered(_ style: RenderingStyle) -> String {
    if let ids { return "prompt of \(ids.count) token ids" }
    let pictures = images.map { "‹image \($0.image.width) × \($0.image.height)› " }.joined()
    let before = earlier.isEmpty ? "" : " after \(earlier.count) turn\(earlier.count == 1 ? "" : "s")"
    return "prompt " + pictures + Value.string(text).rendered(.short) + before
  }

  override func isEqual(to other: Object) -> Bool {
    guard let other = other as? PromptObject else { return false }
    return other.text == text && other.ids == ids && other.template == template && other.region == region
      && other.images.map(\.image) == images.map(\.image) && other.system == system
      && other.earlier == earlier
  }
}

extension PromptObject.Exchange {
  /// The record that it is made of.
  var value: Value {
    let shown: [(String, Value)] =
      images.isEmpty
      ? [] : [("image", images.count == 1 ? .object(images[0]) : .list(images.map { .object($0) }))]
    return .record(shown + [("text", .string(text)), ("answer", .string(answer))])
  }
}

/// A prompt with the tokens that a selector names: what `m.mark(p, .word("cat"))` shows.
final class MarkedPromptObject: HostObject {
  let marked: MarkedPrompt
  let images: [ImageObject]

  init(_ marked: MarkedPrompt, images: [ImageObject]) {
    self.marked = marked
    self.images = images
  }

  override var typeName: String { "marked prompt" }

  override func member(_ name: String, in session: Session) throws -> Value? {
    switch name {
    case "positions": .list(marked.pieces.filter(\.selected).map { .int($0.position) })
    case "words": .list(marked.pieces.filter(\.selected).map { .string($0.text) })
    default: nil
    }
  }

  override var memberNames: [String] { ["positions", "words"] }
  override var count: Int? { marked.selectedCount }

  override func element(at position: Int, in session: Session) throws -> Value {
    .int(marked.pieces.filter(\.selected)[position].position)
  }

  override func rendered(_ style: RenderingStyle) -> String {
    let count = marked.selectedCount == 1 ? "1 token" : "\(marked.selectedCount) tokens"
    return "\(count) of \(marked.pieces.count): \(marked.summary)"
  }
}
