import Testing

@testable import Interop

@Suite struct ForeignFileTests {
  @Test func formatsHaveNamesOfTheirOwn() {
    let names = ForeignFormats.all.map { $0.name }
    #expect(Set(names).count == names.count)
  }
}
