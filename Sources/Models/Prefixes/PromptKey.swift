/// A model itself rather than its like; holding it keeps its place in memory from another one.
struct ModelIdentity: Hashable {
  let model: Model

  static func == (left: Self, right: Self) -> Bool { left.model === right.model }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(model)) }
}

/// All that an unsteered run of a prompt depends on.
struct PromptKey: Hashable {
  let model: ModelIdentity
  let ids: [Int]
  /// Where the images stand, and which of their rows stand there.
  let places: [Int]
  let features: [[Int]]
  let images: [ImageDigest]

  init(_ prompt: Prompt, _ model: Model) {
    self.model = ModelIdentity(model: model)
    ids = prompt.ids
    places = prompt.context.images.map(\.positions.lowerBound)
    features = prompt.context.images.map(\.features)
    images = prompt.images.map { ImageDigest($0) }
  }
}
