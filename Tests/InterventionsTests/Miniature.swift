import Checkpoints
import Foundation
import Models
import StandardLibrary
import Tensors
import TestSupport

@testable import Interventions

/// The embedded model and the pictures that its fixtures show.
struct Miniature {
  let model: Model
  private let sheet: Image

  init() throws {
    let files = EmbeddedFile.files(in: "minivlm").map { ($0.name, $0.bytes) }
    model = try Model.load(FileSource(name: "minivlm", embedded: Dictionary(uniqueKeysWithValues: files)))
    sheet = try Image(path: fixture("minivlm").appendingPathComponent("scenes.png").path)
  }

  /// A question about one of the sheet's pictures, or about none.
  func prompt(_ text: String, image: Int? = nil) throws -> Prompt {
    guard let image else { return try model.blueprint.prompt(text: text) }
    return try prompt(text, images: [image])
  }

  func prompt(_ text: String, images: [Int]) throws -> Prompt {
    let across = sheet.width / 48
    let pictures = try images.map {
      try sheet.cropped(x: $0 % across * 48, y: $0 / across * 48, width: 48, height: 48)
    }
    return try model.blueprint.prompt(images: pictures, text: text)
  }

  func steered(_ interventions: Intervention..., board: NoticeBoard = NoticeBoard()) throws -> SteeredModel {
    var steered = try SteeredModel(model, notices: board)
    for intervention in interventions { steered = try steered.with(intervention, key: testKey) }
    return steered
  }
}

extension Tensor {
  var bits: [UInt32] { floats().map(\.bitPattern) }
}
