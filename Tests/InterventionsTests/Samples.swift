import Interventions
import Models

/// `<bos> user : ‹16 patches› the cat sat near the catalog assistant :` with `catalog` in two sub-word tokens, as a
/// sub-word tokenizer gives it; then `generated` more tokens.
func sampleContext(image: Bool = true, images: Int = 1, generated: Int = 0, region: PixelBox? = nil) -> TokenContext {
  var tokens: [TokenContext.Token] = []
  func add(_ text: String, _ role: TokenContext.Role, _ characters: Range<Int>? = nil) {
    tokens.append(TokenContext.Token(id: tokens.count, role: role, text: text, characters: characters))
  }
  for word in ["<bos>", "user", ":"] { add(word, .system) }
  var placed: [TokenContext.ImageTokens] = []
  for _ in 0..<(image ? images : 0) {
    let start = tokens.count
    for _ in 0..<16 { add("<image>", .image) }
    // A 96×48 picture squeezed to 48×48: a patch covers 24×12 original pixels.
    placed.append(
      TokenContext.ImageTokens(
        positions: start..<tokens.count, columns: 4, rows: 4, patchSize: 12, scale: (2, 1), classTokens: 1))
  }
  let text = "the cat sat near the catalog"
  var offset = 0
  for (word, length) in [("the", 3), (" cat", 4), (" sat", 4), (" near", 5), (" the", 4), (" cat", 4), ("alog", 4)] {
    add(word, .text, offset..<offset + length)
    offset += length
  }
  for word in ["assistant", ":"] { add(word, .template) }
  let promptCount = tokens.count
  for number in 0..<generated { add("g\(number)", .generated) }
  return TokenContext(tokens: tokens, promptCount: promptCount, images: placed, userText: text, region: region)
}

/// The sites of a miniature: two vision blocks of which the projector reads the first, a projector, three blocks.
func sampleCatalog(width: Int = 8) -> SiteCatalog {
  typealias Dimension = SiteCatalog.Dimension
  var entries: [SiteCatalog.Entry] = []
  func add(_ stack: Site.Stack, _ layer: Int?, _ point: Site.Point, _ axes: [Dimension]) {
    entries.append(SiteCatalog.Entry(Site(stack, layer: layer, point), axes))
  }
  let rows = [Dimension("token"), Dimension("model", width)]
  let weights = [Dimension("head", 2), Dimension("query"), Dimension("key")]
  for (stack, layers) in [(Site.Stack.vision, 2), (.projector, 0), (.decoder, 3)] {
    if stack == .projector {
      add(stack, nil, .output, rows)
      continue
    }
    add(stack, nil, .embeddings, rows)
    for layer in 0..<layers {
      add(stack, layer, .input, rows)
      add(stack, layer, .weights, weights)
      add(stack, layer, .mixed, [Dimension("head", 2), Dimension("token"), Dimension("feature", width / 2)])
      add(stack, layer, .attentionOutput, rows)
      add(stack, layer, .mlpOutput, rows)
      add(stack, layer, .output, rows)
    }
  }
  add(.decoder, nil, .norm, rows)
  add(.decoder, nil, .logits, [Dimension("token"), Dimension("vocab", 20)])
  return SiteCatalog(entries, unread: [Site(.vision, layer: 1, .output)])
}
