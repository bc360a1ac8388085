import Testing

@testable import Shell

/// libedit's rule of where characters go.
@Suite struct ScreenLayoutTests {
  private func places(_ text: String, prompt: Int = 3, columns: Int) -> [[Int]] {
    let layout = ScreenLayout(of: Array(text.unicodeScalars), after: prompt, columns: columns)
    return (layout.places + [layout.end]).map { [$0.row, $0.column] }
  }

  @Test func fillsRows() {
    #expect(places("abc", columns: 5) == [[0, 3], [0, 4], [1, 0], [1, 1]])
    #expect(places("ab", columns: 5) == [[0, 3], [0, 4], [1, 0]])
    #expect(places("", prompt: 5, columns: 5) == [[1, 0]])
  }

  @Test func breaksLines() {
    #expect(places("a\n\nb", columns: 9) == [[0, 3], [0, 4], [1, 0], [2, 0], [2, 1]])
  }

  @Test func tabsGoToTheNextEighth() {
    #expect(places("\ta", columns: 20) == [[0, 3], [0, 8], [0, 9]])
  }

  @Test func controlCharactersTakeTwo() {
    #expect(places("\u{1}a", columns: 20) == [[0, 3], [0, 5], [0, 6]])
  }
}
