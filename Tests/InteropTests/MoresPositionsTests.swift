import Checkpoints
import Interventions
import Models
import Testing

@testable import Interop

/// What `mores_pos_configs.json` says of tokens, against the positions that the released code computes.
@Suite struct MoresPositionsTests {
  private func read(
    _ text: String, _ modality: String = "vis", tokens: Int? = 16, isShared: Bool = true
  ) throws -> MoresPositions {
    let json = """
      {"intervention_positions": "\(text)", "intervene_modality": "\(modality)", "mores_share_weights": \(isShared)
       \(tokens.map { ", \"img_embed_token_len\": \($0)" } ?? "")}
      """
    let source = FileSource(
      name: "folder", files: [MoresFormat.positions: FileBytes(Array(json.utf8), name: MoresFormat.positions)])
    return try #require(try MoresPositions.read(source).first)
  }

  private func tokens(_ own: MoresPositions, _ index: Int = 0, of count: Int = 2) throws -> String {
    try own.tokens(index: index, of: count).description
  }

  /// `interval = (n − 1) // (k − 1)`, positions `i · interval`: the last may lie before the image's end.
  @Test(arguments: [(16, 3, 7), (16, 2, 15), (576, 9, 71), (729, 9, 91), (9, 9, 1), (17, 16, 1)])
  func uniformPositionsGoInWholeSteps(_ own: (tokens: Int, count: Int, step: Int)) throws {
    let found = try read("uniform\(own.count)", tokens: own.tokens)
    #expect(try tokens(found) == ".image(0).every(\(own.step)).first(\(own.count))")
    let written = MoresPositions.text(of: try found.tokens(index: 0, of: 1), imageTokens: own.tokens)
    #expect(written?.text == "uniform\(own.count)" && written?.modality == "vis")
  }

  @Test func uniformPositionsWithoutACountReachTheEnd() throws {
    let found = try read("uniform4", tokens: nil)
    #expect(try tokens(found) == ".image(0).spaced(4)")
    #expect(found.notes.contains { $0.contains("img_embed_token_len is missing") })
  }

  @Test(arguments: [
    ("f4+l5", "vis", ".image(0).first(4) + .image(0).last(5)"),
    ("f1+l1", "text", ".text.first(1) + .text.last(1)"),
    ("f2+l3", "vis+text", "(.image(0) + .text).first(2) + (.image(0) + .text).last(3)"),
    // Half of the image at most; of a text nobody knows the length.
    ("f9+l2", "vis", ".image(0).first(8) + .image(0).last(2)"),
    ("f1+l12", "vis", ".image(0).first(1) + .image(0).last(8)"),
    ("f9+l2", "text", ".text.first(9) + .text.last(2)"),
  ]) func endsOfAStretch(_ own: (text: String, modality: String, tokens: String)) throws {
    #expect(try tokens(read(own.text, own.modality)) == own.tokens)
  }

  /// The first half of the interventions at the first tokens, the other at the last.
  @Test func endsOfTheirOwn() throws {
    let own = try read("f2+l3", isShared: false)
    let found = try (0..<4).map { try tokens(own, $0, of: 4) }
    #expect(found == [".image(0).first(2)", ".image(0).first(2)", ".image(0).last(3)", ".image(0).last(3)"])
    #expect(throws: InteropError.self) { try own.tokens(index: 0, of: 3) }
    let image: TokenSelector = .imageNumber(0)
    #expect(MoresPositions.ends(image.first(2), image.last(3), imageTokens: 16)?.text == "f2+l3")
    #expect(MoresPositions.ends(image.first(2), TokenSelector.text.last(3), imageTokens: 16) == nil)
    #expect(MoresPositions.ends(image.last(3), image.first(2), imageTokens: 16) == nil)
  }

  /// What the released code would read as other positions is not written.
  @Test func onlyWhatReadsAsTheSameIsWritten() throws {
    let image: TokenSelector = .image
    func text(_ tokens: TokenSelector) -> String? { MoresPositions.text(of: tokens, imageTokens: 16)?.text }
    #expect(text(image.first(8)) == "f8+l0" && text(image.first(9)) == nil && text(image.last(9)) == nil)
    #expect(text(TokenSelector.text.last(9)) == "f0+l9")
    #expect(text(image.every(7).first(3)) == "uniform3" && text(image.every(6).first(3)) == nil)
    #expect(text(TokenSelector.text.every(7).first(3)) == nil && text(image) == nil && text(.last) == nil)
    #expect(text(.imageNumber(1).first(2)) == nil)
  }

  @Test(arguments: [
    ("f4l5", "vis"), ("l5+f4", "vis"), ("f-1+l2", "vis"), ("uniform1", "vis"), ("uniform", "vis"), ("uniform4", "text"),
    ("f1+l1", "audio"), ("f99999999999999999999+l1", "text"), ("f4+l5+f1", "vis"),
  ]) func othersAreRefused(_ own: (text: String, modality: String)) {
    #expect(throws: CheckpointError.self) { try read(own.text, own.modality) }
  }

  @Test(arguments: ["f9+l8", "uniform17"]) func positionsBeyondTheImageAreRefused(_ text: String) {
    #expect(throws: InteropError.self) { try read(text) }
  }
}
