import Models
import Testing

@testable import Interventions

struct TokenSelectorTests {
  // Positions: 0-2 system, 3-18 patches, 19-25 text, 26-27 template, 28-30 generated.
  static let found: [(source: String, positions: [Int])] = [
    (".all", Array(0..<28)),
    (".all + .generated", Array(0..<31)),
    (".image", Array(3..<19)),
    (".image(0)", Array(3..<19)),
    (".image(1)", []),
    (".system", [0, 1, 2]),
    (".text", Array(19..<26)),
    (".template", [26, 27]),
    (".generated", [28, 29, 30]),
    (".generated[1]", [29]),
    (".last", [27]),
    (".prefix(2)", [19, 20]),
    (".suffix(2)", [24, 25]),
    (".prefix(99)", Array(19..<26)),
    (".image.first(4)", [3, 4, 5, 6]),
    (".image.last(2)", [17, 18]),
    (".image.every(9)", [3, 12]),
    // numpy.round(numpy.linspace(0, 15, 9)) is 0 2 4 6 8 9 11 13 15.
    (".image.spaced(9)", [3, 5, 7, 9, 11, 12, 14, 16, 18]),
    (".image.spaced(1)", [11]),
    (".image[0..2]", [3, 4, 5]),
    (".image[0..12 by 4]", [3, 7, 11, 15]),
    (".image[-1]", [18]),
    (".image[0, 5]", [3, 8]),
    (".image[99]", []),
    (".image.row[1]", [7, 8, 9, 10]),
    (".image.column[-1]", [6, 10, 14, 18]),
    // A patch covers 24×12 pixels of the picture.
    (".image.roi([0, 0, 24, 12])", [3]),
    (".image.roi([0, 0, 25, 12.5])", [3, 4, 7, 8]),
    (".image.roi([0, 0, 25, 12.5], share: 0.5)", [3]),
    (".word(\"cat\")", [20]),
    (".word(\"the\")", [19, 23]),
    (".word(\"catalog\")", [24, 25]),
    (".word(\"dog\")", []),
    (".span(4..6)", [20]),
    (".span(21..27)", [24, 25]),
    (".text - .word(\"the\")", [20, 21, 22, 24, 25]),
    (".word(\"the\").within(.suffix(4))", [23]),
    ("(.system + .text).first(4)", [0, 1, 2, 19]),
    (".text - (.prefix(1) + .suffix(1))", Array(20..<25)),
    (".text - .prefix(1) + .prefix(1)", Array(19..<26)),
    (".first(2)", [0, 1]),
    (".last(2)", [26, 27]),
  ]

  @Test(arguments: found.indices) func findsPositions(_ index: Int) throws {
    let (source, positions) = Self.found[index]
    let selector = try TokenSelector(source)
    #expect(try selector.resolve(in: sampleContext(generated: 3)) == positions, "\(source)")
  }

  @Test(arguments: found.map(\.source)) func printsAsItsSource(_ source: String) throws {
    let selector = try TokenSelector(source)
    #expect(try TokenSelector(selector.description) == selector)
    if ![".first(2)", ".last(2)"].contains(source) { #expect(selector.description == source) }
  }

  @Test func severalImagesFollowOneAnother() throws {
    let context = sampleContext(images: 2)
    #expect(try TokenSelector(".image(1).first(2)").resolve(in: context) == [19, 20])
    #expect(try TokenSelector(".image.row[0]").resolve(in: context) == Array(3..<7) + Array(19..<23))
    // The vision tower's rows: class token, 16 patches, class token, 16 patches.
    #expect(try TokenSelector.cls.resolve(in: context, stack: .vision) == [0, 17])
    #expect(try TokenSelector(".image(1).first(2)").resolve(in: context, stack: .vision) == [18, 19])
    #expect(try TokenSelector(".image(1).first(2)").resolve(in: context, stack: .projector) == [16, 17])
    #expect(try TokenSelector.all.resolve(in: context, stack: .vision).count == 34)
  }

  @Test func aSampleMayHaveARegionOfItsOwn() throws {
    let context = sampleContext(generated: 1, region: PixelBox(x0: 0, y0: 0, x1: 25, y1: 12.5))
    for (source, positions) in [(".image.roi", [3, 4, 7, 8]), (".image.roi(share: 0.5)", [3])] {
      let selector = try TokenSelector(source)
      #expect(try selector.resolve(in: context) == positions)
      #expect(try selector.resolve(in: sampleContext()).isEmpty, "there is no region")
      #expect(selector.description == source)
      #expect(selector.readsRegion)
    }
    #expect(try TokenSelector(".image.roi").resolve(in: context, stack: .projector) == [0, 1, 4, 5])
    #expect(try !TokenSelector(".image.roi([0, 0, 24, 12])").readsRegion)
  }

  @Test func aTextPromptHasNoImageTokens() throws {
    #expect(try TokenSelector.image.resolve(in: sampleContext(image: false)).isEmpty)
    #expect(try TokenSelector.all.resolve(in: sampleContext(image: false), stack: .vision).isEmpty)
  }

  @Test(arguments: [".text", ".last", ".word(\"cat\")", ".generated", ".image + .prefix(1)", ".span(0..2)"])
  func textAtAVisionSiteIsAnError(_ source: String) throws {
    let selector = try TokenSelector(source)
    #expect { try selector.resolve(in: sampleContext(), stack: .vision) } throws: {
      "\($0)".contains("only image patches and class tokens")
    }
  }

  @Test func aDroppedClassTokenIsAnError() {
    #expect { try TokenSelector.cls.resolve(in: sampleContext()) } throws: { "\($0)".contains("drops the class token") }
  }

  @Test func nonAsciiTextIsCountedInCharacters() throws {
    // `naïve` has 6 UTF-8 bytes; the second token covers `ve café`'s first word end.
    let text = "naïve café"
    let tokens = [("naï", 0..<4), ("ve", 4..<6), (" café", 6..<12)].enumerated().map {
      TokenContext.Token(id: $0.offset, role: .text, text: $0.element.0, characters: $0.element.1)
    }
    let context = TokenContext(tokens: tokens, promptCount: 3, images: [], userText: text)
    #expect(try TokenSelector.span(3..<5).resolve(in: context) == [1])
    #expect(try TokenSelector.word("café").resolve(in: context) == [2])
    #expect(try TokenSelector.word("caf").resolve(in: context) == [])
    #expect(try TokenSelector.word("naïve").resolve(in: context) == [0, 1])
  }

  @Test(arguments: [
    (".imag", "did you mean `image`"), (".image.frist(2)", "did you mean `first`"), (".word(3)", "one string"),
    (".prefix", "one count"), (".text(3)", "takes nothing"), (".image.roi([1, 2])", "four pixel"),
    (".image.roi([5, 0, 1, 2])", "x0 < x1"), (".image.every(0)", "at least 1"), (".image.first(-1)", "one count"),
    ("", "name is expected"), (".image.first(2", "missing"), (".image ?", "not expected"), (".word(\"a", "not closed"),
    (".image[1..4 by 0]", "stride"), (".span(4..1)", "range of characters"), (".image[\"a\"]", "an index is"),
    (String(repeating: "(", count: 99) + ".image", "nested"),
  ])
  func badSourceTeaches(_ source: String, _ words: String) {
    #expect { try TokenSelector(source) } throws: { "\($0)".contains(words) }
  }

  @Test func extremeNumbersSelectWithoutTrapping() throws {
    for step in [
      PathStep("", .index([.range(IndexRange(5, .max, by: .max))])), PathStep("", .index([.integer(.min)])),
      PathStep("first", .call([.integer(.max)])), PathStep("every", .call([.integer(.max)])),
      PathStep("spaced", .call([.integer(.max)])), PathStep("row", .index([.range(IndexRange(.min, .max, by: .max))])),
    ] {
      #expect(throws: Never.self) { try TokenSelector.image.refining(step).resolve(in: sampleContext()) }
    }
    #expect(try TokenSelector.span(0..<Int.max).resolve(in: sampleContext()) == Array(19..<26))
  }

  @Test func knowsWhatNeedsTheEnd() throws {
    #expect(try TokenSelector(".generated.last(2)").needsTheEnd)
    #expect(try TokenSelector("(.last + .generated)[-1]").needsTheEnd)
    #expect(try !TokenSelector(".generated.first(2)").needsTheEnd)
    #expect(try !TokenSelector(".image.last(2) + .generated").needsTheEnd)
  }

  @Test func marksAPrompt() throws {
    let marked = try MarkedPrompt(sampleContext(), try TokenSelector(".image.first(2) + .word(\"sat\")"))
    #expect(marked.selectedCount == 3)
    #expect(
      marked.summary
        == "<bos> user : ‹image 16: 2 selected› the  cat [ sat]  near  the  cat alog assistant :")
    #expect(marked.pieces[4].text == "0,1")
  }

  @Test func slicesAnAxisThatKnowsItsTokens() throws {
    let context = sampleContext(generated: 2)
    let labels = TokenLabels(context: context, stack: .decoder, positions: Array(0..<30), length: 30)
    #expect(try labels.indices(.generated) == [28, 29])
    let sliced = try #require(labels.selecting([5, 20, 28]) as? TokenLabels)
    #expect(try sliced.indices(.image) == [0])
    #expect(try sliced.indices(.text + .generated) == [1, 2])
    #expect(sliced.label(at: 0) == "image 0,2")
    #expect(sliced.label(at: 1) == " cat")
  }
}
