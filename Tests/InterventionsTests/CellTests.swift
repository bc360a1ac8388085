import Models
import Testing

@testable import Interventions

/// What selectors mean where four patches are one position, and the tower takes patches in windows: a picture of 42 × 70
/// pixels, 6 × 10 patches of 7, 3 × 5 cells in windows of two.
@Suite struct CellTests {
  private var context: TokenContext {
    typealias Area = TokenContext.PatchArea
    let tile = TokenContext.Tile(
      area: Area(rows: 0..<6, columns: 0..<10), patchSize: 7, classTokens: 0, dropped: 0,
      joined: PatchJoin(rows: 2, columns: 2), window: 2)
    let tokens = (0..<18).map { place in
      let role: TokenContext.Role = place < 2 ? .system : place < 17 ? .image : .text
      return TokenContext.Token(id: 0, role: role, text: "", characters: nil)
    }
    return TokenContext(
      tokens: tokens, promptCount: 18, images: [TokenContext.ImageTokens(positions: 2..<17, tiles: [tile])])
  }

  private func resolve(_ source: String, _ stack: Site.Stack = .decoder) throws -> [Int] {
    try TokenSelector(source).resolve(in: context, stack: stack)
  }

  @Test func positionsAreCells() throws {
    #expect(try resolve(".image") == Array(2..<17))
    #expect(try resolve(".image", .projector) == Array(0..<15))
    #expect(try resolve(".image.row[1]") == Array(7..<12))
    #expect(try resolve(".image.column[-1]", .projector) == [4, 9, 14])
    #expect(try resolve(".image.roi([28, 14, 42, 28])") == [9])
  }

  @Test func rowsOfTheTowerArePatches() throws {
    #expect(try resolve(".image", .vision) == Array(0..<60))
    #expect(try resolve(".image.row[0]", .vision) == [0, 1, 4, 5, 16, 17, 20, 21, 32, 33])
    #expect(try resolve(".image.roi([0, 0, 14, 14])", .vision) == [0, 1, 2, 3])
    #expect(try resolve(".image.roi([28, 14, 42, 28])", .vision) == Array(24..<28))
    #expect(try resolve(".image.roi([63, 35, 70, 42])", .vision) == [59])
  }
}
