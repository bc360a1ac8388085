import Testing

@testable import Tensors

struct RandomTests {
  static let key = RandomKey(seed: 42)

  /// The known answer of the Random123 distribution (kat_vectors): Philox4x32-10, counter and key all ones.
  @Test func philoxGivesTheKnownAnswer() {
    let zero = RandomKey(seed: 0).philox(0, 0)
    #expect(zero == (0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
  }

  @Test func aPrefixDoesNotDependOnTheLength() throws {
    let long = try Self.key.normal([Axis("n", 10_001)]).bits
    for count in [1, 2, 3, 5, 4096, 10_000] {
      #expect(try Self.key.normal([Axis("n", count)]).bits == Array(long[..<count]))
    }
  }

  @Test func foldedKeysDiffer() throws {
    let keys = [
      Self.key, Self.key.fold(0), Self.key.fold(1), Self.key.fold("0"), Self.key.fold("1"), Self.key.fold(""),
    ]
    #expect(Set(keys).count == keys.count)
    #expect(Self.key.fold("layer").fold(3) == Self.key.fold("layer").fold(3))
  }

  /// Bounds are five standard errors of 200 000 draws.
  @Test func momentsAreRight() throws {
    let n = Axis("n", 200_000)
    let (u, z) = (try Self.key.uniform([n]), try Self.key.normal([n], mean: 2, deviation: 3))
    #expect(try abs(u.mean().item() - 0.5) < 5 * 0.2887 / 447)
    #expect(try u.minimum().item() >= 0 && u.maximum().item() < 1)
    #expect(try abs(z.mean().item() - 2) < 5 * 3 / 447)
    #expect(try abs(z.variance().item() - 9) < 5 * 9 * 1.4142 / 447)
    let fourth = try ((z - Tensor(2)) / Tensor(3)).square().square().mean().item()
    #expect(abs(fourth - 3) < 5 * 9.8 / 447)
  }

  @Test func integersAreEven() throws {
    let draws = try Self.key.integers([Axis("n", 60_000)], in: -2..<4).integers()
    for value in -2..<4 {
      #expect(abs(draws.count { $0 == value } - 10_000) < 5 * 92)
    }
    #expect(draws.allSatisfy { (-2..<4).contains($0) })
    let all = try Self.key.integers([Axis("n", 10)], in: Int.min..<Int.max).integers()
    #expect(Set(all).count == 10)
  }

  @Test func aPermutationHoldsEveryPosition() throws {
    for size in [0, 1, 2, 1000] {
      #expect(try Self.key.permutation(Axis("n", size)).integers().sorted() == Array(0..<size))
    }
    // Each of three positions comes first about equally often.
    var firsts = [0, 0, 0]
    for i in 0..<3000 { firsts[try Self.key.fold(UInt64(i)).permutation(Axis("n", 3)).integers()[0]] += 1 }
    #expect(firsts.allSatisfy { abs($0 - 1000) < 130 })
    let chosen = try Self.key.choice(of: 9, Axis("n", 4)).integers()
    #expect(Set(chosen).count == 4 && chosen.allSatisfy { (0..<9).contains($0) })
  }

  @Test(arguments: [(1, 7), (4, 96), (96, 4), (20, 20), (0, 5)]) func orthogonalIsOrthonormal(rows: Int, columns: Int)
    throws
  {
    let matrix = try Self.key.orthogonal(Axis("rank", rows), Axis("model", columns))
    // Double precision inside; the entries are rounded once.
    #expect(try matrix.orthonormalityError(over: rows <= columns ? "model" : "rank") < 3e-7)
  }
}
