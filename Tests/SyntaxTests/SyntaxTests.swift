import Syntax
import Testing

@Test func theSentenceOfTheLanguageIsASiteOnTokensYieldsAnOperator() {
  let text = ".layers[1..4].output on .image.first(2) + .image.last(2) => mores(rank: 1)"
  let (expression, diagnostics) = Expression.parse(SourceText(name: "test", text))
  #expect(diagnostics.isEmpty)
  #expect(
    TreePrinter.print(expression)
      == "(=> (on (path .layers[(.. 1 4)] .output) (+ (path .image .first(2)) (path .image .last(2)))) "
      + "(call mores rank: 1))")
}
