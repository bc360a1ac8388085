import Checkpoints
import Tensors

extension Blueprint {
  /// A prompt of images and a text, laid out by a conversation template.
  ///
  /// - Parameter template: nil for the model's own.
  /// - Throws: `ModelError` for words that the vocabulary lacks, a text with the image placeholder in it, images for
  ///   a model that sees none or that do not fit its tower, and a prompt that is too long.
  public func prompt(images: [PreparedImage] = [], text: String, template: Template? = nil) throws -> Prompt {
    try prompt(Conversation([.user(text, images: images)]), template: template)
  }

  /// A prompt of several turns, or with a system message. The answer to the last turn is what the model is asked for; a
  /// conversation that ends with the assistant's turn is laid out as it is.
  ///
  /// The texts of all turns have the role `text`; the system message, and what the template puts before the first turn's
  /// text, have the role `system`.
  ///
  /// - Parameter template: nil for the model's own.
  /// - Throws: as above; `CheckpointError` with line and column of the chat template where that refuses the conversation;
  ///   `ModelError.templateImages` and `templateOmits` for a template that lays out other images, or leaves out a text.
  public func prompt(_ conversation: Conversation, template: Template? = nil) throws -> Prompt {
    var builder = PromptBuilder(self, text: conversation.text)
    try builder.append(template ?? self.template, conversation)
    return try checked(builder.prompt(images: conversation.images))
  }

  /// The same with images that are still to be prepared.
  public func prompt(images: [Image], text: String, template: Template? = nil) throws -> Prompt {
    try prompt(images: images.map(prepare), text: text, template: template)
  }

  /// An image as this model's vision tower takes it.
  public func prepare(_ image: Image) throws -> PreparedImage {
    guard let vision = configuration.vision else { throw ModelError.noVision }
    guard let imageProcessor else { throw ModelError.noImageProcessor(folder: origin) }
    let prepared = PreparedImage(try imageProcessor.process(image))
    for tile in prepared.tiles { _ = try vision.grid(of: tile.pixels.shape.sizes) }
    return prepared
  }

  /// A prompt of ready token ids. With images, every image placeholder among them is one feature row of an image;
  /// without, a placeholder is a token like any other.
  ///
  /// - Throws: `ModelError` where placeholders and images do not fit each other, and for ids out of range.
  public func prompt(ids: [Int], images: [PreparedImage] = []) throws -> Prompt {
    if let video = configuration.videoToken, ids.contains(video) {
      throw ModelError.video(token: tokenizer.token(video) ?? "\(video)")
    }
    let isImage = ids.map { !images.isEmpty && $0 == configuration.imageToken }
    let strange = ids.indices.first { !isImage[$0] && !(0..<configuration.decoder.vocabulary).contains(ids[$0]) }
    if let id = strange.map({ ids[$0] }) {
      throw ModelError.tokenOutOfRange(id: id, vocabulary: configuration.decoder.vocabulary)
    }
    var builder = PromptBuilder(self, text: "")
    let first = tokenizer.special.beginning?.id
    for (index, id) in ids.enumerated() {
      builder.append(id, isImage[index] ? .image : index == 0 && id == first ? .system : .text)
    }
    guard !images.isEmpty else { return try checked(builder.prompt(images: [])) }
    let layouts = try images.map { try ImageLayout($0, configuration) }
    let places = ids.indices.filter { isImage[$0] }
    let expected = layouts.reduce(0) { $0 + $1.features.count }
    guard places.count == expected else {
      throw ModelError.imageTokens(found: places.count, expected: expected, images: images.count)
    }
    var next = 0
    for layout in layouts {
      let count = layout.features.count
      guard places[next + count - 1] - places[next] + 1 == count else { throw ModelError.splitImage(count) }
      builder.note(layout.tokens(at: places[next]))
      next += count
    }
    return try checked(builder.prompt(images: images))
  }

  /// - Throws: `ModelError.emptyPrompt`, `promptTooLong`.
  private func checked(_ prompt: Prompt) throws -> Prompt {
    guard !prompt.ids.isEmpty else { throw ModelError.emptyPrompt }
    guard prompt.ids.count <= configuration.decoder.maximumPositions else {
      throw ModelError.promptTooLong(tokens: prompt.ids.count, maximum: configuration.decoder.maximumPositions)
    }
    return prompt
  }
}
