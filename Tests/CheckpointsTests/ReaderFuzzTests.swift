import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// Every reader over damaged files: it may refuse them, but it may not crash, hang, or take memory without bound.
///
/// `STEERSH_FUZZ_SECONDS` sets for how long (three by default), `STEERSH_FUZZ_SEED` where it starts. A crash takes the
/// process down; with `STEERSH_FUZZ_KEEP=path`, the file at `path` then holds the input that did it.
@Suite(.serialized) struct ReaderFuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seconds = environment["STEERSH_FUZZ_SECONDS"].flatMap(Double.init) ?? 3
  private static let seed = environment["STEERSH_FUZZ_SEED"].flatMap(UInt64.init) ?? 1
  /// Bytes of memory that reading a few damaged kilobytes may take at most: what the largest accepted image needs.
  private static let memoryLimit = 1 << 30
  /// Generous, since other tests share the machine; readers that hang take for ever.
  private static let timeLimit = Duration.seconds(20)

  private struct Target: Sendable {
    let name: String
    let samples: [[UInt8]]
    /// Sums over damaged bytes, so that damage gets past them.
    var repair: @Sendable (inout [UInt8]) -> Void = { _ in }
    let read: @Sendable (FileBytes) throws -> Void
  }

  private static func samples(_ folder: String, _ suffixes: String...) throws -> [[UInt8]] {
    let path = fixture(folder).path
    let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    return try names.filter { name in suffixes.contains { name.hasSuffix($0) } }
      .map { try FileBytes(path: "\(path)/\($0)").content }.filter { $0.count < 80_000 }
  }

  /// Every processor's configuration in the fixtures.
  private static func processors() throws -> [[UInt8]] {
    let configs = try ImageTests.facts.get()["configs"].object()
    let model = #"{"image_aspect_ratio":"anyres","image_grid_pinpoints":[[24,48],[48,24]],"size":24,"crop_size":24}"#
    return try configs.values.map { Array(try $0.text().utf8) } + [Array(model.utf8)]
  }

  private static let mergeFiles = [
    "vocab.json": #"{"a":0,"b":1,"ab":2,"Ġ":3,"abab":4,"<c>":5}"#, "merges.txt": "#version: 0.2\na b\nab ab\n",
    "tokenizer_config.json": #"{"tokenizer_class":"Qwen2Tokenizer","add_bos_token":true,"bos_token":"<c>"}"#,
    "added_tokens.json": #"{"<d>":6,"<e>":7}"#,
    "special_tokens_map.json": #"{"eos_token":{"content":"<d>","lstrip":true},"additional_special_tokens":["<c>"]}"#,
  ]

  private static func targets() throws -> [Target] {
    let model = repositoryRoot.appendingPathComponent("Sources/CEmbedded/minivlm").path
    let texts: [[UInt8]] = try ["config.json", "processor_config.json", "tokenizer_config.json"].map {
      try FileBytes(path: "\(model)/\($0)").content
    }
    let tokenizers =
      try samples("tokenizers", ".tokenizer.json") + smallTokenizers + [
        Array(#"{"model":{"type":"WordLevel","vocab":{"a":0,"b":1,"é":2},"unk_token":"a"}}"#.utf8)
      ]
    let image: @Sendable (FileBytes) throws -> Void = { file in
      let image = try Image(file)
      // What a reader returns must be usable.
      _ = try image.resized(width: 9, height: 5, .lanczos).onWhite
    }
    return [
      Target(name: "JSON", samples: texts + tokenizers) { file in
        let value = try JSON.parse(file)
        let again = try JSON.parse(value.text(), file: "again")
        guard again == value else { throw Difference() }
      },
      Target(name: "image processor", samples: try processors()) { file in
        var processor = try ImageProcessor(Field(file))
        try processor.follow(Field(file))
        // What a file may ask for can take gigabytes, rightly; only small sizes are carried out here.
        var sizes = [processor.crop, try processor.size?.target(width: 9, height: 7)].compactMap { $0 }
        if let cells = processor.cells {
          sizes += (cells.canvases + [cells.whole]).map { ($0.width, $0.height) }
          sizes.append((cells.side, cells.side))
        }
        guard sizes.allSatisfy({ $0.width < 500 && $0.height < 500 }) else { return }
        let processed = try processor.process(Image(width: 9, height: 7, pixels: Array(0..<189)))
        for tile in processed.tiles { _ = tile.patches() }
      },
      Target(name: "fields", samples: texts) { file in
        let root = try Field(file)
        _ = try? ImageProcessor(root)
        _ = try? ImageProcessor(root["image_processor"])
        var processor = ImageProcessor()
        try? processor.follow(root)
        _ = try SpecialTokens(root) { $0.utf8.count }
      },
      Target(name: "tokenizer", samples: tokenizers) { file in
        let tokenizer = try Tokenizer(json: file)
        let text = " a left word right both<s><s>éß  cat b . Don't\r\n12345 日本\u{301}\u{0}ﬁ▁"
        let tokens = try tokenizer.encode(text, addSpecial: true)
        for token in tokens { guard token.range.upperBound <= text.utf8.count else { throw Difference() } }
        _ = tokenizer.decode(tokens.map(\.id))
        _ = tokenizer.decode(-1...40, skipSpecial: false)
      },
      Target(name: "tokenizer.model", samples: try samples("tokenizers", ".model")) { file in
        let tokenizer = try Tokenizer(sentencePiece: file)
        let tokens = try tokenizer.encode("  the cat<s> don't é 日本 ")
        _ = tokenizer.decode(tokens.map(\.id))
      },
      Target(name: "merge files", samples: mergeFiles.values.map { Array($0.utf8) }) { file in
        // The damaged file in the place of each.
        for place in mergeFiles.keys {
          var files = mergeFiles.mapValues { FileBytes($0, name: "whole") }
          files[place] = file
          guard let tokenizer = try? Tokenizer(FileSource(name: "m", files: files)) else { continue }
          let text = "abab <c>a<d> \r\n<e>日"
          let tokens = try tokenizer.encode(text)
          for token in tokens { guard token.range.upperBound <= text.utf8.count else { throw Difference() } }
          _ = tokenizer.decode(tokens.map(\.id))
        }
      },
      Target(
        name: "safetensors", samples: try samples("files", ".safetensors") + samples("files/sharded", ".safetensors")
      ) {
        file in
        let tensors = try Safetensors(file)
        for entry in tensors.entries { _ = try sum(tensors.tensor(named: entry.name)) }
      },
      Target(name: "GGUF", samples: try samples("gguf", "blocks.gguf") + [smallGGUF()]) { file in
        let tensors = try GGUF(file)
        for entry in tensors.entries { _ = try? sum(tensors.tensor(named: entry.name).unpacked) }
        for key in tensors.keys {
          guard case .array(let array) = tensors.value(key) else { continue }
          _ = (array.strings(), array.integers(), array.numbers())
        }
      },
      Target(name: "npy", samples: try samples("files", ".npy")) { file in _ = try sum(NumPyArray.read(file)) },
      Target(name: "npz", samples: try samples("files", ".npz") + samples("interop/torch", ".npz")) { file in
        let archive = try NumPyArchive(file)
        for name in archive.names { _ = try? sum(archive.tensor(named: name)) }
      },
      Target(name: "torch", samples: try samples("interop/torch", ".pt")) { file in
        sum(try TorchFile(file).root)
      },
      Target(name: "pickle", samples: try pickles()) { file in
        do {
          try file.withBytes { bytes in
            let numbers = FileBytes([UInt8](repeating: 1, count: 256), name: "numbers")
            var unpickler = Unpickler(PickleCursor(bytes)) { storage in
              guard let count = product([storage.count, storage.type.size]), count <= 256 else {
                throw TorchProblem.missingStorage(key: storage.key)
              }
              return TorchStorage(
                key: storage.key, type: storage.type, count: storage.count, location: "", bytes: numbers,
                isBigEndian: false)
            }
            let top = try unpickler.run()
            var tree = PickleTree(unpickler.nodes)
            sum(try tree.value(top))
          }
        } catch let problem as TorchProblem { throw CheckpointError(file.name, .torch(problem)) }
      },
      Target(
        name: "PNG", samples: try samples("images", ".png") + samples("images/png", ".png"), repair: repairPNG,
        read: image),
      Target(name: "JPEG", samples: try samples("images", ".jpg"), read: image),
      Target(name: "WebP", samples: try samples("images", ".webp"), read: image),
      Target(name: "GIF", samples: try samples("images/gif", ".gif"), read: image),
    ]
  }

  /// The pickles of the torch files alone, so that damage gets past the archive's checksums.
  private static func pickles() throws -> [[UInt8]] {
    try ["zip.pt", "zip3.pt", "zip5.pt", "big.pt", "system.pt"].map { name in
      let archive = try ZipArchive(FileBytes(path: fixture("interop/torch").path + "/" + name))
      let member = try #require(archive.members.first { $0.name.hasSuffix("data.pkl") })
      return try archive.bytes(of: member).content
    }
  }

  /// Reads every tensor and every text of a value.
  @discardableResult private static func sum(_ value: TorchValue) -> Int {
    switch value {
    case .tensor(let tensor): (try? tensor.tensor()).map(sum) ?? 0
    case .list(let elements), .tuple(let elements): elements.reduce(0) { $0 &+ sum($1) }
    case .dictionary(let entries): entries.reduce(0) { $0 &+ sum($1.key) &+ sum($1.value) }
    case .string(let text): text.utf8.count
    default: 1
    }
  }

  /// A few hundred bytes, so that damage is likely to hit the header.
  private static func smallGGUF() throws -> [UInt8] {
    let folder = try TemporaryFolder()
    let tensors = [(name: "t", tensor: Tensor([Axis("row", 2), Axis("column", 4)], [1, 2, 3, 4, 5, 6, 7, 8]))]
    try GGUF.write(
      tensors,
      metadata: [("general.alignment", .word(32)), ("words", .strings(["a", "bc"])), ("n", .integers([1, 2]))],
      to: folder.path("a.gguf"))
    return try FileBytes(path: folder.path("a.gguf")).content
  }

  private struct Difference: Error {}

  /// Every kind of model and many of the steps, small enough to be damaged often where it matters.
  private static let smallTokenizers: [[UInt8]] = [
    #"{"added_tokens":[{"id":9,"content":"<s>","lstrip":true,"normalized":true}],"normalizer":{"type":"Sequence","#
      + #""normalizers":[{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":"_"},{"type":"Lowercase"},"#
      + #"{"type":"Strip","strip_left":true,"strip_right":false},{"type":"Prepend","prepend":"▁"}]},"pre_tokenizer":"#
      + #"{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"[a-c]+"},"behavior":"MergedWithNext","#
      + #""invert":false},{"type":"Digits","individual_digits":false},{"type":"Metaspace","replacement":"▁","#
      + #""prepend_scheme":"first","split":true}]},"decoder":{"type":"Sequence","decoders":[{"type":"ByteFallback"},"#
      + #"{"type":"Strip","content":" ","start":1,"stop":2}]},"model":{"type":"BPE","unk_token":"a","fuse_unk":true,"#
      + #""byte_fallback":true,"vocab":{"a":0,"b":1,"ab":2,"c":3,"abc":4,"▁":5},"merges":[["a","b"],["ab","c"]]}}"#,
    #"{"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true,"use_regex":true},"post_processor":{"type":"ByteLevel","#
      + #""trim_offsets":true,"add_prefix_space":true},"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"Ġ":0,"a":1,"#
      + #""Ġa":2,"Ã":3,"©":4},"merges":["Ġ a"],"ignore_merges":true,"end_of_word_suffix":""}}"#,
    #"{"model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0],["a",-1.5],["▁",-2],["at",-3e0]]}}"#,
    #"{"normalizer":{"type":"BertNormalizer"},"pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":"#
      + #"{"type":"BertProcessing","sep":["a",1],"cls":["b",2]},"decoder":{"type":"WordPiece"},"model":{"type":"WordPiece","#
      + #""unk_token":"[UNK]","continuing_subword_prefix":"@@","max_input_chars_per_word":9,"vocab":{"[UNK]":0,"a":1,"b":2,"@@t":3,"c":4,"@@a":5}}}"#,
  ].map { Array($0.utf8) }

  private static func sum(_ tensor: Tensor) -> Int { tensor.withUnsafeBytes { $0.reduce(0) { $0 &+ Int($1) } } }

  @Test func damagedFilesAreRefusedNotFatal() throws {
    let targets = try Self.targets()
    let before = residentByteCount()
    var runs: [String: (accepted: Int, refused: Int)] = [:]
    for (number, target) in targets.enumerated() {
      #expect(!target.samples.isEmpty, "\(target.name)")
      var random = Mutator(seed: Self.seed &+ UInt64(number) &* 0x1000)
      let clock = ContinuousClock()
      let end = clock.now + .seconds(Self.seconds / Double(targets.count))
      var (accepted, refused) = (0, 0)
      while clock.now < end || accepted + refused < 20 {
        var bytes = random.damaged(target.samples)
        if random.chance(2) { target.repair(&bytes) }
        if let path = Self.environment["STEERSH_FUZZ_KEEP"] { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
        let start = clock.now
        do {
          try target.read(FileBytes(bytes, name: target.name))
          accepted += 1
        } catch is CheckpointError { refused += 1 } catch is ImageProblem { refused += 1 }
        let elapsed = clock.now - start
        #expect(elapsed < Self.timeLimit, "\(target.name), seed \(Self.seed), run \(accepted + refused)")
      }
      runs[target.name] = (accepted, refused)
    }
    #expect(residentByteCount() - before < Self.memoryLimit)
    // A mutator whose every output is refused, or none, tests nothing.
    for (name, run) in runs { #expect(run.accepted + run.refused >= 20, "\(name): \(run)") }
    #expect(runs.values.reduce(0) { $0 + $1.accepted } > 0 && runs.values.reduce(0) { $0 + $1.refused } > 0)
    if Self.environment["STEERSH_FUZZ_SECONDS"] != nil {
      for target in targets {
        let run = runs[target.name] ?? (0, 0)
        print("fuzz: \(target.name): \(run.accepted + run.refused) inputs, \(run.refused) refused")
      }
    }
  }

  /// The most memory this process has used so far.
  private func residentByteCount() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }

  /// Gives every chunk of a PNG the checksum that its damaged content has.
  @Sendable private static func repairPNG(_ bytes: inout [UInt8]) {
    var offset = 8
    while offset + 12 <= bytes.count {
      let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      guard offset + 12 + length <= bytes.count else { return }
      let end = offset + 8 + length
      let checksum = bytes[offset + 4..<end].withUnsafeBytes { zipChecksum($0) }
      withUnsafeBytes(of: checksum.bigEndian) { bytes.replaceSubrange(end..<end + 4, with: $0) }
      offset = end + 4
    }
  }
}

/// Damages files in the ways that readers fall over: bits, sizes, lengths, and pieces of other files.
private struct Mutator {
  private var random: SplitMix

  init(seed: UInt64) { random = SplitMix(state: seed) }

  private mutating func below(_ limit: Int) -> Int { random.below(limit) }

  mutating func chance(_ oneIn: Int) -> Bool { below(oneIn) == 0 }

  mutating func damaged(_ samples: [[UInt8]]) -> [UInt8] {
    var bytes = samples[below(samples.count)]
    for _ in 0..<1 + below(6) { damage(&bytes, samples) }
    return bytes
  }

  private mutating func damage(_ bytes: inout [UInt8], _ samples: [[UInt8]]) {
    guard !bytes.isEmpty else { return bytes = samples[below(samples.count)] }
    // Headers come first in every format: half of the damage goes there.
    let position = chance(2) ? below(min(bytes.count, 64)) : below(bytes.count)
    let piece = position..<min(bytes.count, position + 1 + below(16))
    switch below(9) {
    case 0: bytes[position] ^= 1 << UInt8(below(8))
    case 1: bytes[position] = [0, 1, 0x7F, 0x80, 0xFF, 0x22, 0x7B, 0x5D, 0x39][below(9)]
    case 2: bytes[position] = UInt8(truncatingIfNeeded: random.next())
    case 3:
      let number = [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF, 65_536, 100_000, bytes.count][below(9)]
      let width = min([2, 4, 8][below(3)], bytes.count - position)
      let isBig = chance(2)
      for i in 0..<width {
        let shift = (isBig ? width - 1 - i : i) * 8
        bytes[position + i] = shift < 64 ? UInt8(truncatingIfNeeded: number >> shift) : 0
      }
    case 4: bytes.removeSubrange(piece)
    case 5: bytes.insert(contentsOf: bytes[piece], at: position)
    case 6: bytes.removeSubrange(below(bytes.count)...)
    case 7:
      let other = samples[below(samples.count)]
      guard !other.isEmpty else { return }
      let start = below(other.count)
      bytes.replaceSubrange(piece, with: other[start..<min(other.count, start + 1 + below(64))])
    default:
      // Digits in text: another number of the same or greater length.
      guard let digit = bytes[position...].firstIndex(where: { $0 >= 0x30 && $0 <= 0x39 }) else { return }
      let texts = [
        "0", "-1", "9", "1e999", "9223372036854775807", "18446744073709551616", "4611686018427387904", "null",
      ]
      bytes.replaceSubrange(digit...digit, with: Array(texts[below(texts.count)].utf8))
    }
  }
}
