import Kernels
import Testing

@testable import Tensors

extension GlobalState {
  @Suite struct AttentionTests {
    /// Weights and mixed values of one head, by the pass that does it all.
    static func attention(
      _ q: Tensor, _ k: Tensor, _ v: Tensor, causal: Int?, window: Int, softcap: Float = 0,
      inSteps: Bool = false
    )
      -> [Tensor]
    {
      let (queries, keys) = (q.axes[0], k.axes[0])
      var mixed: Tensor?
      let weights = Tensor(Shape([queries, keys])) { w in
        mixed = Tensor(Shape([queries, v.axes[1]])) { out in
          withHead(q, k, v, causal, window, scale: 0.3) { head in
            head.softcap = softcap
            head.weights = w.baseAddress
            head.weights_stride = Int64(keys.size)
            head.mixed = out.baseAddress
            head.mixed_stride = Int64(v.axes[1].size)
            var heads = [head]
            if inSteps {
              heads[0].scores = w.baseAddress
              heads[0].scores_stride = Int64(keys.size)
              sk_attention_scores(&heads, 1)
              sk_attention_weights(&heads, 1)
              sk_attention_mixed(&heads, 1)
            } else {
              sk_attention(&heads, 1)
            }
          }
        }
      }
      return [weights, mixed].compactMap { $0 }
    }

    static func withHead(
      _ q: Tensor, _ k: Tensor, _ v: Tensor, _ causal: Int?, _ window: Int, scale: Float,
      _ body: (inout sk_attention_head) -> Void
    ) {
      q.withFloats { qs in
        k.withFloats { ks in
          v.withFloats { vs in
            var head = sk_attention_head()
            (head.query, head.key, head.value) = (qs.baseAddress, ks.baseAddress, vs.baseAddress)
            (head.query_stride, head.key_stride) = (Int64(q.axes[1].size), Int64(k.axes[1].size))
            (head.value_stride, head.value_width) = (Int64(v.axes[1].size), Int64(v.axes[1].size))
            (head.queries, head.keys) = (Int64(q.axes[0].size), Int64(k.axes[0].size))
            (head.key_width, head.scale) = (Int64(q.axes[1].size), scale)
            (head.causal, head.first_position, head.window) = (causal != nil, Int64(causal ?? 0), Int64(window))
            body(&head)
          }
        }
      }
    }

    static let key = RandomKey(seed: 3)
    static let q = try? key.fold("q").normal([Axis("query", 130), Axis("width", 24)])
    static let k = try? key.fold("k").normal([Axis("key", 530), Axis("width", 24)])
    static let v = try? key.fold("v").normal([Axis("key", 530), Axis("value", 40)])

    /// Decoding sees the same keys as the row of a prefill, so it must give the same bits; window or not.
    @Test(arguments: [0, 33], [0, 1.5]) func aQueryAloneEqualsItsRow(window: Int, softcap: Float) throws {
      let (q, k, v) = (try #require(Self.q), try #require(Self.k), try #require(Self.v))
      let whole = Self.attention(q, k, v, causal: 400, window: window, softcap: softcap)
      for row in [0, 1, 59, 60, 111, 129] {
        let one = try q.select("query", .range(row..<row + 1))
        let seen = Selection.range(0..<401 + row)
        let alone = Self.attention(
          one, try k.select("key", seen), try v.select("key", seen), causal: 400 + row, window: window,
          softcap: softcap)
        #expect(try alone[1].bits == whole[1].select("query", .index(row)).bits, "row \(row)")
        #expect(try alone[0].bits == whole[0].select("query", .index(row)).select("key", seen).bits, "row \(row)")
      }
    }

    @Test(arguments: [0, 33], [0, 1.5]) func stepsEqualTheWhole(window: Int, softcap: Float) throws {
      let (q, k, v) = (try #require(Self.q), try #require(Self.k), try #require(Self.v))
      let (whole, steps) = (
        Self.attention(q, k, v, causal: 400, window: window, softcap: softcap),
        Self.attention(q, k, v, causal: 400, window: window, softcap: softcap, inSteps: true)
      )
      #expect(whole[0].bits == steps[0].bits && whole[1].bits == steps[1].bits)
    }

    /// What a query may not see cannot reach it, not even NaN.
    @Test func aMaskedNaNStaysBehindTheMask() throws {
      let (q, k, v) = (try #require(Self.q), try #require(Self.k), try #require(Self.v))
      let bad = try v.put(Tensor(Float.nan), at: .index(450), along: "key")
      let found = Self.attention(q, k, bad, causal: 400, window: 0)[1]
      let clean = Self.attention(q, k, v, causal: 400, window: 0)[1]
      let before = Selection.range(0..<50)
      #expect(try found.select("query", before).bits == clean.select("query", before).bits)
      #expect(try found.select("query", .range(50..<130)).isNaN().all().booleans() == [true])
    }
  }
}
