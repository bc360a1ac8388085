import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Models

/// GGUF files that are whole but do not make a model: one clear error each, which names the key or the tensor.
@Suite struct GGUFDamageTests {
  /// A fixture's file written again with changes, and what loading it says.
  private func problem(
    _ name: String, _ keys: [String: GGUF.Writable?] = [:], drop: String? = nil,
    replace: (name: String, tensor: Tensor)? = nil, mmproj: String? = nil
  ) throws -> String? {
    let source = try GGUF(FileBytes(path: fixture("gguf/\(name).gguf").path))
    var metadata: [(key: String, value: GGUF.Writable)] = []
    for key in source.keys {
      if let change = keys[key] {
        if let change { metadata.append((key, change)) }
      } else if let value = try source.value(key).flatMap(Self.writable) {
        metadata.append((key, value))
      }
    }
    metadata += keys.keys.sorted().compactMap { key in
      source.keys.contains(key) ? nil : keys[key].flatMap { $0 }.map { (key, $0) }
    }
    let tensors = try source.entries.filter { $0.name != drop }.map {
      replace?.name == $0.name ? replace! : (name: $0.name, tensor: try source.tensor(named: $0.name))
    }
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-\(UUID().uuidString).gguf")
    defer { try? FileManager.default.removeItem(at: url) }
    try GGUF.write(tensors, metadata: metadata, to: url.path)
    do {
      let tower = try mmproj.map { try FileBytes(path: fixture("gguf/\($0).gguf").path) }
      _ = try Model.load(GGUFModel(FileBytes(path: url.path), mmproj: tower))
      return nil
    } catch { return "\(error)".replacingOccurrences(of: url.path, with: "a.gguf") }
  }

  private static func writable(_ value: GGUFValue) throws -> GGUF.Writable? {
    switch value {
    case .bool(let flag): .bool(flag)
    case .integer(let integer): .integer(integer)
    case .number(let number): .number(Float(number))
    case .string(let text): .string(text)
    case .array(let array):
      array.strings().map { .strings($0) } ?? array.integers().map { .integers($0.map { Int32($0) }) }
        ?? array.numbers().map { .numbers($0.map { Float($0) }) }
    }
  }

  private func expect(_ words: String, _ problem: String?, line: Int = #line) {
    #expect(problem?.contains(words) == true, "line \(line): \(problem ?? "nothing")")
  }

  @Test func unchangedItLoads() throws { #expect(try problem("qwen2") == nil) }

  @Test func keys() throws {
    expect(
      "a.gguf: general.architecture must be one of \"llama\", \"qwen2\"",
      try problem("qwen2", ["general.architecture": .string("rwkv")]))
    expect(
      "a.gguf: the key general.architecture is missing", try problem("qwen2", ["general.architecture": nil]))
    expect(
      "a.gguf: the key qwen2.embedding_length is missing", try problem("qwen2", ["qwen2.embedding_length": nil]))
    expect(
      "qwen2.block_count must be an integer from 1 to 4194304, found 0",
      try problem("qwen2", ["qwen2.block_count": .word(0)]))
    expect(
      "qwen2.attention.head_count must be an integer from 1 to 4194304, found an array of 2 elements",
      try problem("qwen2", ["qwen2.attention.head_count": .integers([4, 4])]))
    expect("qwen2.expert_count must be 0", try problem("qwen2", ["qwen2.expert_count": .word(8)]))
    expect(
      "this is part 2 of a model in 3 files", try problem("qwen2", ["split.count": .word(3), "split.no": .word(1)]))
    expect("qwen2.rope.scaling.type must be one of", try problem("qwen2", ["qwen2.rope.scaling.type": .string("new")]))
    expect(
      "llama.rope.dimension_count must be the width of a head, 64",
      try problem("llama", ["llama.rope.dimension_count": .word(32)]))
  }

  @Test func tokenizers() throws {
    expect("the key tokenizer.ggml.tokens is missing", try problem("qwen2", ["tokenizer.ggml.tokens": nil]))
    expect("tokenizer.ggml.model must be one of", try problem("qwen2", ["tokenizer.ggml.model": .string("bert")]))
    expect("tokenizer.ggml.pre", try problem("qwen2", ["tokenizer.ggml.pre": .string("unheard-of")]))
    expect(
      "tokenizer.ggml.eos_token_id must be an integer from 0 to 299",
      try problem("qwen2", ["tokenizer.ggml.eos_token_id": .word(300)]))
    expect(
      "tokenizer.ggml.scores must be as many finite numbers",
      try problem("llama", ["tokenizer.ggml.scores": .numbers([1])]))
    expect(
      "tokenizer.ggml.token_type must be as many integers",
      try problem("llama", ["tokenizer.ggml.token_type": .integers([1])]))
  }

  @Test func tensors() throws {
    expect("a.gguf: the tensor blk.1.attn_k.weight is missing", try problem("qwen2", drop: "blk.1.attn_k.weight"))
    let short = Tensor([Axis("a", 63)], [Float](repeating: 1, count: 63))
    expect(
      "a.gguf: the tensor output_norm.weight has the shape [63], but the configuration needs [64]",
      try problem("qwen2", replace: ("output_norm.weight", short)))
    expect(
      "the tensor output_norm.weight is stored as i64",
      try problem("qwen2", replace: ("output_norm.weight", try short.to(.i64).padded)))
  }

  @Test func towers() throws {
    expect("this file is a vision tower, to be given as mmproj", try problem("mmproj"))
    expect("general.architecture must be \"clip\"", try problem("llava", mmproj: "qwen2"))
    // A projector for another language model.
    expect(
      "the tensor mm.0.weight has the shape [48, 32], but the configuration needs [64, 32]",
      try problem("qwen2", mmproj: "mmproj"))
  }
}

extension Tensor {
  /// One element more.
  fileprivate var padded: Tensor {
    get throws { try Tensor.concat([self, select(axes[0].name, .range(0..<1))], along: axes[0].name) }
  }
}
