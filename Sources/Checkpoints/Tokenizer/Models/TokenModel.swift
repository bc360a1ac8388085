import Synchronization

/// What turns words into tokens. One file for each kind that `tokenizer.json` can name.
///
/// A class, for a text would else begin with counting references to each of a model's tables.
protocol TokenModel: AnyObject, Sendable {
  var vocabulary: Vocabulary { get }
  /// Appends the tokens of all pieces of a text.
  /// - Parameter scratch: memory that texts of one model share, and the words that it has seen.
  func append(
    _ text: UnsafeBufferPointer<UInt8>, _ pieces: [Pieces.Piece], to tokens: inout [TokenMark], _ scratch: ModelScratch)
    throws
}

extension TokenModel {
  /// Appends the pieces that are tokens already, and for each other one what `tokenize` appends.
  @inline(__always)
  func append(
    _ pieces: [Pieces.Piece], to tokens: inout [TokenMark],
    tokenize: (_ word: Range<Int>, _ tokens: inout [TokenMark]) throws -> Void
  ) rethrows {
    for piece in pieces {
      if piece.token >= 0 {
        tokens.append(TokenMark(id: piece.token, piece.range))
      } else {
        try tokenize(piece.range, &tokens)
      }
    }
  }
}

/// One token in a text that is being encoded.
struct TokenMark: Equatable, Sendable {
  var id: Int32
  /// In the text that the model reads.
  var start: Int32
  var end: Int32
  var isUnknown = false
}

extension TokenMark {
  @inline(__always)
  init(id: Int32, _ range: Range<Int>, isUnknown: Bool = false) {
    self.init(id: id, start: Int32(range.lowerBound), end: Int32(range.upperBound), isUnknown: isUnknown)
  }
}

/// A word that a model cannot turn into tokens; the tokenizer adds the file's name.
struct TokenModelFailure: Error {
  let problem: TokenizerProblem
}

/// Memory for the work on a text, and the words that were worked on: one thread's at a time, so its accesses are not
/// checked for overlap.
final class ModelScratch {
  struct Symbol {
    var id: Int32
    var length: Int32
    var previous: Int32
    var next: Int32
  }

  struct Candidate {
    var rank: UInt32
    var position: Int32
    var id: Int32
  }

  /// Where a best path comes from at one place of a word.
  struct Step {
    var score: Double
    /// -1 where no path ends.
    var origin: Int32
    var id: Int32
  }

  @exclusivity(unchecked) var pieces = Pieces()
  @exclusivity(unchecked) var tokens: [TokenMark] = []
  @exclusivity(unchecked) var symbols: [Symbol] = []
  @exclusivity(unchecked) var ranks: [UInt32] = []
  @exclusivity(unchecked) var merged: [Int32] = []
  @exclusivity(unchecked) var heap: [Candidate] = []
  @exclusivity(unchecked) var bytes: [UInt8] = []
  @exclusivity(unchecked) var path: [Step] = []
  /// Parts of a word, and the token that each is, nil for none.
  @exclusivity(unchecked) var parts: [(range: Range<Int>, id: Int32?)] = []
  /// The words of a text, where a model cuts its pieces once more.
  @exclusivity(unchecked) var cut: [Pieces.Piece] = []
  let words = WordCache()

  /// Lets go of the memory that only a long text needs.
  func finish() {
    pieces.finish()
    if cut.capacity > 2 * Pieces.kept { cut = [] }
    if tokens.capacity > 1 << 16 { tokens = [] }
  }
}

/// Scratch memory for as many threads as ask at once.
final class ScratchPool: @unchecked Sendable {
  private let free = Mutex<[ModelScratch]>([])

  func with<Result>(_ body: (ModelScratch) throws -> Result) rethrows -> Result {
    let scratch = Box(free.withLock { $0.popLast().map { Box($0) } }?.value ?? ModelScratch())
    defer { free.withLock { $0.append(scratch.value) } }
    return try body(scratch.value)
  }

  /// Hands a scratch from thread to thread; only one has it at a time.
  private struct Box: @unchecked Sendable {
    let value: ModelScratch
    init(_ value: ModelScratch) { self.value = value }
  }
}
