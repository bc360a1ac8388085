import Checkpoints
import Models
import TestSupport

/// A question about one of the committed scenes, with the answer that transformers gives (scripts/fixtures/minivlm.py).
struct SceneQuestion {
  let image: Image?
  let text: String
  let answer: [Int]

  static func all() throws -> [SceneQuestion] {
    let sheet = try Image(path: fixture("minivlm/scenes.png").path)
    let file = try Field(FileBytes(path: fixture("minivlm/questions.json").path))
    return try file.array().map { field in
      let number = field["image"].exists ? try field["image"].integer(in: 0...) : nil
      return SceneQuestion(
        image: number.map { tile($0, of: sheet) }, text: try field["text"].string(),
        answer: try field["answer"].integers())
    }
  }

  func prompt(_ model: Model) throws -> Prompt {
    try model.blueprint.prompt(images: image.map { [$0] } ?? [], text: text)
  }

  /// The sheet holds scenes of 48 × 48 pixels, row by row.
  private static func tile(_ number: Int, of sheet: Image) -> Image {
    let (side, columns, bytes) = (48, sheet.width / 48, sheet.channels.rawValue)
    var pixels: [UInt8] = []
    for row in 0..<side {
      let start = ((number / columns * side + row) * sheet.width + number % columns * side) * bytes
      for pixel in 0..<side { pixels += sheet.pixels[start + pixel * bytes..<start + pixel * bytes + 3] }
    }
    return Image(width: side, height: side, pixels: pixels)
  }
}
