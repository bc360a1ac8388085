/// What a `tokenizer.model` says: SentencePiece's `ModelProto`.
struct SentencePieceFile {
  var pieces: [SentencePiece] = []
  var isUnigram = true
  var fallsBackToBytes = false
  var unknown = 0
  var beginning = 1
  var end = 2
  var padding = -1
  var charsmap: [UInt8] = []
  var addsSpace = true
  var removesExtraSpaces = true
  var escapesSpaces = true
  var spaceIsSuffix = false

  init(_ file: FileBytes) throws {
    self = try file.withBytes { bytes in
      do { return try SentencePieceFile(bytes, file.name) } catch let failure as ProtobufReader.Failure {
        throw CheckpointError(file.name, .tokenizer(.damaged(at: failure.offset, expected: failure.expected)))
      }
    }
    guard !pieces.isEmpty else {
      throw CheckpointError(file.name, .tokenizer(.damaged(at: 0, expected: "a SentencePiece model with pieces")))
    }
  }

  private init(_ bytes: UnsafeRawBufferPointer, _ file: String) throws {
    var reader = ProtobufReader(bytes, 0..<bytes.count)
    while let (field, value) = try reader.next() {
      guard case .bytes(let range) = value else { continue }
      switch field {
      case 1: pieces.append(try Self.piece(bytes, range))
      case 2: try readTraining(ProtobufReader(bytes, range), file)
      case 3: try readNormalizer(ProtobufReader(bytes, range), bytes, file)
      default: break
      }
    }
  }

  private static func piece(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws -> SentencePiece {
    var reader = ProtobufReader(bytes, range)
    var piece = SentencePiece(text: "", score: 0)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .bytes(let range)):
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
          throw ProtobufReader.Failure(offset: range.lowerBound, expected: "a piece in UTF-8")
        }
        piece.text = text
      case (2, .fixed32(let bits)):
        piece.score = Float(bitPattern: bits)
        guard piece.score.isFinite else {
          throw ProtobufReader.Failure(offset: range.lowerBound, expected: "a finite score")
        }
      case (3, .integer(let number)):
        guard let kind = SentencePiece.Kind(rawValue: Int(truncatingIfNeeded: number)) else {
          throw ProtobufReader.Failure(
            offset: range.lowerBound, expected: "a type of piece from 1 to 6, found \(number)")
        }
        piece.kind = kind
      default: break
      }
    }
    return piece
  }

  private mutating func readTraining(_ reader: ProtobufReader, _ file: String) throws {
    var reader = reader
    while let (field, value) = try reader.next() {
      guard case .integer(let number) = value else { continue }
      switch field {
      case 3:
        guard number == 1 || number == 2 else {
          let names = [3: "WORD", 4: "CHAR"]
          throw CheckpointError(
            file,
            .tokenizer(
              .unsupported(
                field: "trainer_spec.model_type", found: names[Int(truncatingIfNeeded: number)] ?? "\(number)",
                read: ["UNIGRAM", "BPE"])))
        }
        isUnigram = number == 1
      case 24: spaceIsSuffix = number != 0
      case 35: fallsBackToBytes = number != 0
      // Ids are signed 32-bit integers, -1 for none.
      case 40: unknown = Int(Int32(truncatingIfNeeded: number))
      case 41: beginning = Int(Int32(truncatingIfNeeded: number))
      case 42: end = Int(Int32(truncatingIfNeeded: number))
      case 43: padding = Int(Int32(truncatingIfNeeded: number))
      default: break
      }
    }
  }

  private mutating func readNormalizer(
    _ reader: ProtobufReader, _ bytes: UnsafeRawBufferPointer, _ file: String
  ) throws {
    var reader = reader
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (2, .bytes(let range)): charsmap = Array(bytes[range])
      case (3, .integer(let number)): addsSpace = number != 0
      case (4, .integer(let number)): removesExtraSpaces = number != 0
      case (5, .integer(let number)): escapesSpaces = number != 0
      default: break
      }
    }
  }
}

/// One piece of a SentencePiece vocabulary.
public struct SentencePiece: Sendable {
  /// The numbers are SentencePiece's, and GGUF's in `tokenizer.ggml.token_type`.
  public enum Kind: Int, Sendable {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  public var text: String
  /// Log-probability, or, for byte-pair encoding, how early the piece is made: the greatest first.
  public var score: Float
  public var kind: Kind

  public init(text: String, score: Float, kind: Kind = .normal) {
    (self.text, self.score, self.kind) = (text, score, kind)
  }
}
