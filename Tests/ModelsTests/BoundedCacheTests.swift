import Testing

@testable import Models

@Suite struct BoundedCacheTests {
  private final class Item {}

  @Test func staysWithinItsLimit() {
    let cache = BoundedCache<Int, Item>(byteLimit: 100)
    for key in 0..<50 {
      cache.insert(Item(), for: key, bytes: 30)
      #expect(cache.byteCount <= 100)
    }
    #expect(cache.count == 3)
    cache.insert(Item(), for: 99, bytes: 101)
    #expect(cache[99] == nil)
  }

  @Test func theLeastRecentlyUsedMakesRoom() {
    let cache = BoundedCache<Int, Item>(byteLimit: 3)
    for key in 0..<3 { cache.insert(Item(), for: key, bytes: 1) }
    // Many look-ups later 1 is the one that nobody asked for.
    for _ in 0..<20 { #expect(cache[0] != nil && cache[2] != nil) }
    cache.insert(Item(), for: 3, bytes: 1)
    #expect(cache[1] == nil)
    #expect(cache[0] != nil && cache[2] != nil && cache[3] != nil)
  }

  /// Of more than fits, a round finds what is there; plain least-recently-used would find nothing.
  @Test func goingRoundKeepsAPart() {
    let cache = BoundedCache<Int, Item>(byteLimit: 10)
    var found = 0
    for _ in 0..<20 {
      for key in 0..<15 {
        if cache[key] != nil { found += 1 } else { cache.insert(Item(), for: key, bytes: 1) }
      }
    }
    #expect(found == 19 * 10)
    // Another set of keys gets in after a while.
    for _ in 0..<20 { for key in 100..<105 where cache[key] == nil { cache.insert(Item(), for: key, bytes: 1) } }
    #expect((100..<105).allSatisfy { cache[$0] != nil })
  }

  @Test func whatGrowsIsCounted() {
    let cache = BoundedCache<Int, Item>(byteLimit: 10)
    let (item, other) = (Item(), Item())
    cache.insert(item, for: 0, bytes: 4)
    #expect(cache.grow(item, by: 5))
    #expect(cache.byteCount == 9)
    #expect(!cache.grow(item, by: 5))
    #expect(!cache.grow(other, by: 1))
    #expect(cache.byteCount == 9)
  }
}
