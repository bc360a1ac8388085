/// The tokens that are cut out of a text, put together from the files beside `vocab.json`.
///
/// As in transformers 5: `added_tokens_decoder` in `tokenizer_config.json` says all, with the tokens of named roles. Where
/// it is missing, as in older folders, `added_tokens.json` gives further tokens and `special_tokens_map.json` the roles.
struct ListedTokens {
  /// `tokenizer_config.json`, with the roles that `special_tokens_map.json` and the class give.
  let settings: Field
  private(set) var tokens: [AddedTokens.Added] = []
  private var places: [UTF8Key: Int] = [:]
  /// One more than the largest id among them.
  private var next = 0

  private static let roles = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"].map { "\($0)_token" }

  /// - Parameters:
  ///   - config: `tokenizer_config.json`.
  ///   - roles: `special_tokens_map.json`.
  ///   - added: `added_tokens.json`.
  init(_ config: Field, roles: Field?, added: Field?, family: MergeFileFamily, _ vocabulary: Vocabulary) throws {
    let listed = config["added_tokens_decoder"]
    let isWhole = listed.exists
    var entries = try config.object()
    var file = config.file
    if !isWhole, let roles {
      for (key, value) in try roles.object().entries { entries[key] = value }
      file += " with special_tokens_map.json"
    }
    var named = Set<UTF8Key>()
    for case .string(let text) in entries.values { named.insert(UTF8Key(text)) }
    for (field, text) in family.tokens where entries[field] == nil { entries[field] = .string(text) }
    settings = Field(.object(entries), file: file)
    var found: [AddedTokens.Added] = []
    if isWhole {
      for key in try listed.object().keys {
        guard let id = Int(key), (0...Int(Int32.max)).contains(id) else { throw listed[key].mustBe("under a token id") }
        found.append(try AddedTokens.token(listed[key], id: id))
      }
    } else if let added {
      for value in try roles?.object().values ?? [] {
        if let text = Self.content(of: value) { named.insert(UTF8Key(text)) }
      }
      for text in try added.object().keys {
        let id = try added[text].integer(in: 0...Int(Int32.max))
        guard !text.isEmpty else { throw CheckpointError(added.file, .tokenizer(.emptyToken(id: id))) }
        let isSpecial = named.contains(UTF8Key(text))
        found.append(AddedTokens.Added(id: id, content: text, isSpecial: isSpecial, isNormalized: !isSpecial))
      }
    }
    let origin = isWhole ? config.file : added?.file ?? file
    let limit = Vocabulary.largestId(for: vocabulary.count + found.count)
    for token in found.sorted(by: { $0.id < $1.id }) {
      guard token.id <= limit else {
        let count = vocabulary.count + found.count
        throw CheckpointError(origin, .tokenizer(.idTooLarge(token: token.content, id: token.id, tokens: count)))
      }
      try append(token, vocabulary, file: origin)
    }
    for field in try Self.specials(settings) { try appendSpecial(field, vocabulary) }
  }

  private static func content(of value: JSON) -> String? {
    guard case .object(let object) = value, case .string(let text)? = object["content"] else { return nil }
    return text
  }

  /// The fields that name a token: the known roles, other roles, then those without one.
  private static func specials(_ settings: Field) throws -> [Field] {
    let others = try settings.object().keys.filter { $0.hasSuffix("_token") && !roles.contains($0) }
    var fields = (roles + others).map { settings[$0] }
    for list in [settings["extra_special_tokens"], settings["additional_special_tokens"]] {
      if case .object(let object) = list.value {
        fields += object.keys.map { list[$0] }
      } else {
        fields += try list.array(or: [])
      }
    }
    // `add_bos_token` and the like are no tokens.
    return fields.filter { field in
      switch field.value {
      case .string, .object: true
      default: false
      }
    }
  }

  private mutating func append(_ token: AddedTokens.Added, _ vocabulary: Vocabulary, file: String) throws {
    if let id = vocabulary.id(of: token.content), id != token.id {
      throw CheckpointError(
        file, .tokenizer(.addedTokenMoved(token: token.content, added: token.id, vocabulary: id)))
    }
    // They come in the order of their ids.
    let other = vocabulary.text(of: token.id) ?? tokens.last.flatMap { $0.id == token.id ? $0.content : nil }
    if let other, !other.hasSameBytes(as: token.content) {
      throw CheckpointError(file, .tokenizer(.sharedId(id: token.id, first: other, second: token.content)))
    }
    if let place = places[UTF8Key(token.content)] {
      throw CheckpointError(
        file, .tokenizer(.sharedToken(token: token.content, first: tokens[place].id, second: token.id)))
    }
    keep(token)
  }

  private mutating func keep(_ token: AddedTokens.Added) {
    places[UTF8Key(token.content)] = tokens.count
    tokens.append(token)
    next = max(next, token.id + 1)
  }

  /// A token with a role: special if it is listed; otherwise one more, behind all others if the vocabulary lacks it.
  private mutating func appendSpecial(_ field: Field, _ vocabulary: Vocabulary) throws {
    let free = max(next, vocabulary.idLimit)
    var token: AddedTokens.Added
    if case .object = field.value {
      token = try AddedTokens.token(field, id: free)
      token.isSpecial = true
      token.isNormalized = try field["normalized"].bool(or: false)
    } else {
      token = AddedTokens.Added(id: free, content: try field.string())
      guard !token.content.isEmpty else { return }
    }
    if let place = places[UTF8Key(token.content)] {
      tokens[place].isSpecial = true
    } else {
      token.id = vocabulary.id(of: token.content) ?? free
      keep(token)
    }
  }
}
