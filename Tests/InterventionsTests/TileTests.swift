import Interventions
import Models
import Testing

/// What selectors mean for an image of several tiles: one whole picture and two cells of a wide one, of which the first
/// and the last row of patches are padding.
@Suite struct TileTests {
  /// A picture of 80 × 20 pixels. Whole it is 40 × 40, two patches of 20 down and across (a patch covers 40 × 10 pixels of
  /// it); on its canvas of two cells side by side it is as large as given, rows 1 and 2 of 4 show it.
  static var image: TokenContext.ImageTokens {
    typealias Area = TokenContext.PatchArea
    let shown = Area(rows: 1..<3, columns: 0..<8)
    func cell(_ column: Int) -> TokenContext.Tile {
      TokenContext.Tile(
        view: 1, area: Area(rows: 0..<4, columns: column..<column + 4), shown: shown, patchSize: 10,
        offset: (Double(column) * 10, -10), classTokens: 1, dropped: 1)
    }
    let whole = TokenContext.Tile(
      area: Area(rows: 0..<2, columns: 0..<2), patchSize: 20, scale: (2, 0.5), classTokens: 1, dropped: 1)
    var features = Array(0..<4)
    for row in 1..<3 {
      features += (0..<8).map { 4 + $0 / 4 * 16 + row * 4 + $0 % 4 } + [TokenContext.ImageTokens.endOfLine]
    }
    return TokenContext.ImageTokens(
      positions: 2..<2 + features.count, tiles: [whole, cell(0), cell(4)], features: features)
  }

  private var context: TokenContext {
    func token(_ text: String, _ role: TokenContext.Role) -> TokenContext.Token {
      TokenContext.Token(id: 0, role: role, text: text, characters: nil)
    }
    let image = Self.image
    let tokens =
      [token("<bos>", .system), token("user", .system)] + image.positions.map { _ in token("<image>", .image) }
      + [token("what", .text)]
    return TokenContext(tokens: tokens, promptCount: tokens.count, images: [image])
  }

  private func resolve(_ selector: TokenSelector, _ stack: Site.Stack = .decoder) throws -> [Int] {
    try selector.resolve(in: context, stack: stack)
  }

  @Test func anImageIsItsPatchesAndEndsOfLines() throws {
    #expect(try resolve(.image) == Array(2..<24))
    #expect(try resolve(.all) == Array(0..<25))
    #expect(try resolve(.all, .projector) == Array(0..<36))
    // Each tile has its class token in the tower.
    #expect(try resolve(.cls, .vision) == [0, 5, 22])
    #expect(try resolve(.image, .vision) == Array(1..<5) + Array(6..<22) + Array(23..<39))
    #expect(try resolve(.image, .projector) == Array(0..<36))
  }

  @Test func linesAreThoseThatShowThePicture() throws {
    let first = TokenSelector.refined(.image, .rows(.items([.one(0)])))
    // The whole picture's first row, and the canvas's second; neither end of line is a patch.
    #expect(try resolve(first) == [2, 3] + Array(6..<14))
    #expect(try resolve(first, .projector) == [0, 1] + Array(8..<12) + Array(24..<28))
    #expect(try resolve(first, .vision) == [1, 2] + Array(10..<14) + Array(27..<31))
    let last = TokenSelector.refined(.image, .columns(.items([.one(-1)])))
    #expect(try resolve(last) == [3, 5, 13, 22])
    #expect(try resolve(last, .projector) == [1, 3, 23, 27, 31, 35])
  }

  @Test func regionsAreCoveredByBothViews() throws {
    // The right half's upper part: one patch of the whole picture, one row of the second cell.
    let box = PixelBox(x0: 40, y0: 0, x1: 80, y1: 10)
    let region = TokenSelector.refined(.image, .roi(box, share: 0.5))
    #expect(try resolve(region) == [3] + Array(10..<14))
    #expect(try resolve(region, .projector) == [1] + Array(24..<28))
    // A box of one small patch covers an eighth of the large one that has it.
    let corner = TokenSelector.refined(.image, .roi(PixelBox(x0: 70, y0: 10, x1: 80, y1: 20), share: 0.5))
    #expect(try resolve(corner) == [22])
    #expect(try resolve(.refined(.image, .roi(PixelBox(x0: 70, y0: 10, x1: 80, y1: 20), share: 0.2))) == [5, 22])
  }

  @Test func labelsSayWhichView() throws {
    let labels = TokenLabels(context: context, stack: .decoder, positions: Array(0..<25), length: 25)
    #expect(labels.label(at: 2) == "image 0,0" && labels.label(at: 6) == "image detail 0,0")
    #expect(labels.label(at: 22) == "image detail 1,7" && labels.label(at: 14) == "<image>")
    let tower = TokenLabels(context: context, stack: .vision, positions: Array(0..<39), length: 39)
    #expect(tower.label(at: 5) == "class" && tower.label(at: 10) == "image detail 0,0")
  }

  @Test func addedRowsStandInEachTile() throws {
    let tokens = context.tokens.map { _ in 1 }
    let prompt = Prompt(ids: tokens, context: context, images: []).addingToImages([(name: ".virtual(2)", count: 2)])
    let added = try TokenSelector.virtual.resolve(in: prompt.context, stack: .vision)
    #expect(added == [1, 2, 8, 9, 27, 28])
    #expect(try TokenSelector.cls.resolve(in: prompt.context, stack: .vision) == [0, 7, 26])
    #expect(try TokenSelector.image.resolve(in: prompt.context, stack: .vision).count == 36)
    #expect(try TokenSelector.image.resolve(in: prompt.context, stack: .projector).count == 36)
  }

  /// Registers are no patches, and patches that are joined from the projector on count there as one.
  @Test func registersAndJoinedPatches() throws {
    typealias Area = TokenContext.PatchArea
    let area = Area(rows: 0..<2, columns: 0..<8)
    func context(_ tile: TokenContext.Tile) -> TokenContext {
      TokenContext(
        tokens: [], promptCount: 20, images: [.init(positions: 0..<tile.featureRows, tiles: [tile])])
    }
    let registers = context(
      TokenContext.Tile(area: area, patchSize: 7, classTokens: 1, registers: 2, dropped: 1))
    #expect(try TokenSelector.image.resolve(in: registers) == Array(2..<18))
    #expect(try TokenSelector.image.resolve(in: registers, stack: .vision) == Array(3..<19))
    #expect(try TokenSelector.cls.resolve(in: registers, stack: .vision) == [0])
    #expect(throws: InterventionError.self) { try TokenSelector.cls.resolve(in: registers) }
    // A tower without class token that leaves its first patch out.
    let short = context(TokenContext.Tile(area: area, patchSize: 7, classTokens: 0, dropped: 1))
    let first = TokenSelector.refined(.image, .columns(.items([.one(1)])))
    #expect(try first.resolve(in: short) == [0, 8] && first.resolve(in: short, stack: .vision) == [1, 9])
    #expect(throws: InterventionError.self) { try TokenSelector.cls.resolve(in: short, stack: .vision) }
    let joined = context(
      TokenContext.Tile(
        area: area, patchSize: 7, classTokens: 1, dropped: 1, joined: PatchJoin(rows: 1, columns: 4)))
    #expect(try TokenSelector.image.resolve(in: joined) == Array(0..<4))
    #expect(try first.resolve(in: joined) == [1, 3] && first.resolve(in: joined, stack: .vision) == [2, 10])
    let box = TokenSelector.refined(.image, .roi(PixelBox(x0: 28, y0: 7, x1: 56, y1: 14), share: 0.9))
    #expect(try box.resolve(in: joined) == [3] && box.resolve(in: joined, stack: .vision) == [13, 14, 15, 16])
  }
}
