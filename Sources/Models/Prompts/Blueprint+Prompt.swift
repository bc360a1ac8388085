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
    let tile = try imageProcessor.process(image).only()
    let expected = [vision.channels, vision.imageSize, vision.imageSize]
    guard tile.pixels.shape.sizes == expected else {
      throw ModelError.imageSize(found: tile.pixels.shape.sizes, expected: expected)
    }
    return PreparedImage(pixels: tile.pixels, geometry: tile.geometry)
  }

  /// A prompt of ready token ids. With images, every image placeholder among them is one feature row of an image;
  /// without, a placeholder is a token like any other.
  ///
  /// - Throws: `ModelError` where placeholders and images do not fit each other, and for ids out of range.
  public func prompt(ids: [Int], images: [PreparedImage] = []) throws -> Prompt {
    if let id = ids.first(where: { !(0..<configuration.decoder.vocabulary).contains($0) }) {
      throw ModelError.tokenOutOfRange(id: id, vocabulary: configuration.decoder.vocabulary)
    }
    var builder = PromptBuilder(self, text: "")
    let isImage = ids.map { !images.isEmpty && $0 == configuration.imageToken }
    let first = tokenizer.special.beginning?.id
    for (index, id) in ids.enumerated() {
      builder.append(id, isImage[index] ? .image : index == 0 && id == first ? .system : .text)
    }
    guard !images.isEmpty else { return try checked(builder.prompt(images: [])) }
    guard let vision = configuration.vision else { throw ModelError.noVision }
    let places = ids.indices.filter { isImage[$0] }
    guard places.count == images.count * vision.featureRows else {
      throw ModelError.imageTokens(
        found: places.count, expected: images.count * vision.featureRows, images: images.count)
    }
    for (index, image) in images.enumerated() {
      let run = places[index * vision.featureRows..<(index + 1) * vision.featureRows]
      guard let start = run.first, let last = run.last, last - start + 1 == vision.featureRows else {
        throw ModelError.splitImage(vision.featureRows)
      }
      builder.note(image, at: start..<last + 1, vision)
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
