/// What is wrong with a model folder, a prompt, or what is asked of a model. Problems inside a single file of the
/// folder are `CheckpointError`s.
public enum ModelError: Error, Equatable {
  case unknownModelType(String, known: [String], file: String)
  /// `names` are all the names that were looked for.
  case missingTensor(names: [String], file: String)
  case wrongShape(tensor: String, found: [Int], expected: [Int], file: String)
  case wrongType(tensor: String, found: String, expected: String, file: String)
  /// A folder with more GGUF files than one model's.
  case severalModels(folder: String, languages: [String], towers: [String])
  /// A checkpoint with low-rank matrices beside the weights that they change.
  case unmergedLoRA(tensor: String, file: String)
  /// A low-rank matrix of another rank than `config.json` says.
  case lowRank(tensor: String, found: Int, expected: Int, file: String)
  /// A tensor that the model has no use for, in a file that holds nothing else.
  case unreadTensor(tensor: String, file: String)
  /// A vision tower of another depth than the configuration's.
  case towerDepth(tensor: String, found: Int, expected: Int, file: String)
  case noSuchSite(Site)
  case notReached(Site)
  case unknownSiteName(String)
  /// A name of another library whose activation is not what lies at our nearest site.
  case otherSite(String, nearest: Site, reason: String)
  case weightIsNoActivation(Site)
  case noSuchWeight(Site, reason: String)
  case weightShape(Site, expected: [Int], found: String)
  /// A value that the storage type cannot hold.
  case outOfRange(Site, dtype: String)
  case cannotSave(path: String, reason: String)
  case activationShape(Site, expected: String, found: String)
  case emptyPrompt
  case promptTooLong(tokens: Int, maximum: Int)
  case tokenOutOfRange(id: Int, vocabulary: Int)
  case unknownWords([String])
  case placeholderInText(String)
  case noVision
  case noImageProcessor(folder: String)
  case imageSize(found: [Int], expected: [Int])
  /// A picture whose sides are no multiples of what becomes one row of the features: `cell`, rows and columns of pixels.
  case imageCells(found: [Int], channels: Int, cell: [Int])
  /// A placeholder for a video.
  case video(token: String)
  /// An image in several tiles, for a model that takes one.
  case tiledImage(cells: Int)
  case imageTokens(found: Int, expected: Int, images: Int)
  /// An image's placeholders do not follow each other.
  case splitImage(Int)
  case unknownTemplate(String, known: [String])
  /// The template lays out another number of images than there are.
  case templateImages(template: String, found: Int, expected: Int)
  /// The template leaves out what the user said in a turn, counted from 1.
  case templateOmits(template: String, turn: Int)
  case generationOption(name: String, found: String, expected: String)
  case notFinite(sample: Int, position: Int)
  case interrupted
}

extension ModelError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownModelType(let type, let known, let file):
      "\(file): model_type is \"\(type)\"; known are \(known.joined(separator: ", "))"
    case .missingTensor(let names, let file):
      "\(file): the tensor \(names.first ?? "") is missing"
        + (names.count > 1 ? " (also looked for \(names.dropFirst().joined(separator: ", ")))" : "")
    case .wrongShape(let tensor, let found, let expected, let file):
      "\(file): the tensor \(tensor) has the shape \(found), but the configuration needs \(expected)"
    case .wrongType(let tensor, let found, let expected, let file):
      "\(file): the tensor \(tensor) is stored as \(found), expected \(expected)"
    case .severalModels(let folder, let languages, let towers):
      languages.isEmpty
        ? "\(folder): \(towers.joined(separator: ", ")) is a vision tower; the language model's GGUF file is not there"
        : "\(folder): several GGUF files are there (\((languages + towers).joined(separator: ", "))); give the one that is "
          + "meant, and its vision tower as mmproj"
    case .unmergedLoRA(let tensor, let file):
      "\(file): the tensor \(tensor) is a part of a low-rank adapter that is not merged into its weight; merge it first, "
        + "as peft's merge_and_unload does"
    case .lowRank(let tensor, let found, let expected, let file):
      "\(file): the tensor \(tensor) has rank \(found), but lora_r is \(expected); config.json must give lora_r and lora_alpha "
        + "as in training"
    case .unreadTensor(let tensor, let file):
      "\(file): the tensor \(tensor) is no part of the model that config.json describes; is the file another model's?"
    case .towerDepth(let tensor, let found, let expected, let file):
      "\(file): the tower has \(found) blocks, the last with \(tensor); expected are \(expected), or one more, which is not "
        + "read (num_hidden_layers of vision_config in config.json)"
    case .noSuchSite(let site): "the model has no site \(site.path)"
    case .unknownSiteName(let name):
      "\"\(name)\" is neither a site nor a known name of another library's; names look like .layers[3].output, "
        + "blocks.3.hook_resid_post, model.layers.3.mlp or layer.3.block_output"
    case .otherSite(let name, let nearest, let reason):
      "\"\(name)\" is no site of this model: \(reason); the nearest is .\(nearest.path)"
    case .notReached(let site): "no prompt reaches \(site.path) with rows to read; has it an image?"
    case .weightIsNoActivation(let site):
      "\(site.path) is a weight, not an activation: it does not depend on a prompt, and no forward pass shows it"
    case .noSuchWeight(let site, let reason):
      "the model has no weight \(site.path)" + (reason.isEmpty ? "" : ": " + reason)
    case .weightShape(let site, let expected, let found):
      "the weight \(site.path) has the sizes \(expected); it cannot be replaced by \(found)"
    case .outOfRange(let site, let dtype):
      "the weight \(site.path) has values that \(dtype) cannot hold; save it as f32"
    case .cannotSave(let path, let reason): "\(path): the model cannot be saved there: \(reason)"
    case .activationShape(let site, let expected, let found):
      "the activation at \(site.path) is \(expected); it cannot be replaced by \(found)"
    case .emptyPrompt: "the prompt has no tokens"
    case .promptTooLong(let tokens, let maximum):
      "the prompt takes \(tokens) tokens and the model was made for at most \(maximum); shorten the text"
    case .tokenOutOfRange(let id, let vocabulary):
      "the token id \(id) is not in the vocabulary; ids run from 0 to \(vocabulary - 1)"
    case .unknownWords(let words):
      words.count == 1
        ? "the model's vocabulary has no word \"\(words[0])\""
        : "the model's vocabulary lacks the words \(words.map { "\"\($0)\"" }.joined(separator: ", "))"
    case .placeholderInText(let token):
      "the text contains \(token), which stands for image patches; give images beside the text instead"
    case .noVision: "the model has no vision tower; it takes text only"
    case .noImageProcessor(let folder):
      "\(folder): neither processor_config.json nor preprocessor_config.json is there, so images cannot be prepared"
    case .imageSize(let found, let expected):
      "the prepared image is \(found.map(String.init).joined(separator: " × ")) (channels, rows, columns), but the "
        + "vision tower takes \(expected.map(String.init).joined(separator: " × "))"
    case .imageCells(let found, let channels, let cell):
      "the prepared image is \(found.map(String.init).joined(separator: " × ")) (channels, rows, columns), but the "
        + "vision tower takes \(channels) channels and sides that are multiples of "
        + "\(cell.map(String.init).joined(separator: " and ")) pixels"
    case .video(let token):
      "the prompt contains \(token), which stands for a video; videos are not supported, give single images instead"
    case .tiledImage(let cells):
      "the image is prepared as a picture and \(cells) cells of it, but the model takes pictures whole"
    case .imageTokens(let found, let expected, let images):
      "the prompt has \(found) image tokens, but \(images) image\(images == 1 ? "" : "s") need \(expected)"
    case .splitImage(let count): "the \(count) image tokens of an image must follow each other"
    case .unknownTemplate(let name, let known):
      "there is no prompt template \"\(name)\"; known are \(known.joined(separator: ", "))"
    case .templateImages(let template, let found, let expected):
      "the template \(template) lays out \(found) image\(found == 1 ? "" : "s"), but the conversation has \(expected); "
        + "name another template"
    case .templateOmits(let template, let turn):
      "the template \(template) leaves out the text of turn \(turn); name another template"
    case .generationOption(let name, let found, let expected): "\(name) must be \(expected), found \(found)"
    case .notFinite(let sample, let position):
      "the logits of sample \(sample) at position \(position) are not finite, so no token can be chosen"
    case .interrupted: "interrupted"
    }
  }
}
