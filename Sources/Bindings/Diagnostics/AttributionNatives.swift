import Checkpoints
import Interpreter
import Interventions
import Models
import Tensors

extension NativeTable {
  /// The bodies of `stdlib/diagnostics.steer` that differentiate an answer's score.
  mutating func addAttributions() {
    self["attribution_patching"] = { call in
      let model = try call.unsteered("m")
      let prompt = try call.prompt("p").prompt(for: model)
      let source = try call.prompt("source").prompt(for: model)
      let sites = try SitePattern(call.value("at")).activations(in: SiteCatalog(model.configuration))
      let score = try call.answerScore(model)
      let found = try call.running {
        try model.attributionPatching(prompt, from: source, at: sites, of: score, control: call.control)
      }
      let labels = LayerLabels(sites.compactMap(\.layer))
      let tensors = sites.compactMap { found[$0] }
      guard tensors.count > 1, labels.layers.count == sites.count else { return Value(tensors[0]) }
      return Value(try Tensor.stack(tensors, into: "layer").labelled("layer", labels))
    }
    self["integrated_gradients"] = { call in
      let model = try call.unsteered("m")
      let prompt = try call.prompt("p").prompt(for: model)
      let score = try call.answerScore(model)
      let baseline = try call.value("baseline").isNull ? nil : call.tensor("baseline")
      let steps = try call.int("steps", atLeast: 1)
      let found = try call.running {
        try model.integratedGradients(prompt, of: score, baseline: baseline, steps: steps, control: call.control)
      }
      return Value(try found.attribution.labelled("token", TokenLabels(prompt)))
    }
    self["saliency"] = { call in
      let model = try call.unsteered("m")
      let prompt = try call.prompt("p").prompt(for: model)
      let score = try call.answerScore(model)
      let timesInput = try call.bool("times_input")
      let heat = try call.running {
        try model.saliency(prompt, of: score, timesInput: timesInput, control: call.control)
      }
      guard let place = prompt.context.images.first?.tiles.first, let image = try call.prompt("p").images.first?.image
      else {
        return Value(heat)
      }
      return Value(heat.spread(over: image, place))
    }
    self["overlay"] = { call in
      let image = try call.object("image", as: ImageObject.self, expected: "an image").image
      let heat = try call.tensor("heat").to(.f32)
      guard heat.shape.sizes == [image.height, image.width] else {
        throw call.wrongValue(
          "heat", "is \(heat.shape); the image has \(image.height) rows and \(image.width) columns")
      }
      return .object(ImageObject(image.overlaid(with: heat, opacity: try call.number("opacity"))))
    }
  }
}

extension NativeCall {
  /// `answer`, `against` and `score` of an attribution.
  fileprivate func answerScore(_ model: Model) throws -> AnswerScore {
    func token(_ parameter: String) throws -> Int? {
      guard !value(parameter).isNull else { return nil }
      let text = try string(parameter)
      let tokens = try model.blueprint.tokenizer.encode(text, addSpecial: false)
      let unknown = tokens.unknownWords(in: text)
      guard unknown.isEmpty else { throw ModelError.unknownWords(unknown) }
      guard let first = tokens.first else {
        throw wrongValue(parameter, "is empty; the score is that of its first token")
      }
      return first.id
    }
    guard let answer = try token("answer") else { throw wrongType("answer", expected: "a string") }
    return AnswerScore(token: answer, against: try token("against"), kind: try choice("score"))
  }
}

extension Tensor {
  /// `[row, column]` of the processed image as pixels of the image it was made from; 0 where that was cut away.
  fileprivate func spread(over image: Image, _ place: TokenContext.Tile) -> Tensor {
    let (rows, columns) = (shape.sizes[0], shape.sizes[1])
    return Tensor(Shape([Axis("row", image.height), Axis("column", image.width)])) { out in
      withFloats { heat in
        for row in 0..<image.height {
          for column in 0..<image.width {
            let y = Int(((Double(row) + 0.5 - place.offset.y) / place.scale.y).rounded(.down))
            let x = Int(((Double(column) + 0.5 - place.offset.x) / place.scale.x).rounded(.down))
            let isInside = (0..<rows).contains(y) && (0..<columns).contains(x)
            out[row * image.width + column] = isInside ? heat[y * columns + x] : 0
          }
        }
      }
    }
  }
}

extension Image {
  /// A heat map over the picture: transparent at 0, yellow, then red at its largest value.
  fileprivate func overlaid(with heat: Tensor, opacity: Double) -> Image {
    let values = heat.floats()
    let largest = Double(values.max() ?? 0)
    var pixels = pixels
    let step = channels.rawValue
    for (place, value) in values.enumerated() where largest > 0 && value > 0 {
      let share = Double(value) / largest
      let alpha = min(max(opacity, 0), 1) * share
      for (channel, ink) in [255, 255 * (1 - share), 0].enumerated() {
        let old = Double(pixels[place * step + channel])
        pixels[place * step + channel] = UInt8((old + alpha * (ink - old)).rounded())
      }
    }
    return Image(width: width, height: height, channels: channels, pixels: pixels)
  }
}
