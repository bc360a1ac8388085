import Checkpoints

/// Small pictures of things and digits, asked as questions: CIFAR-10 and CIFAR-100 (Krizhevsky 2009), MNIST (LeCun et al. 1998).
///
/// Reads the authors' binary files: `test_batch.bin` and `batches.meta.txt`; `test.bin` and `fine_label_names.txt`;
/// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, unpacked. The words before the choices are those of the evaluation
/// that M2PT and MRT share; what is right is decided by names, where these papers let a model judge.
public struct PictureClasses: Benchmark {
  public enum Edition: String, Sendable {
    case cifar10 = "CIFAR-10"
    case cifar100 = "CIFAR-100"
    case mnist = "MNIST"
  }

  public var name: String { edition.rawValue }
  public let records: [BenchmarkRecord]
  private let edition: Edition

  /// - Parameter options: `split` is `test` unless given, or `train`.
  public init(_ edition: Edition, _ folder: String, _ options: BenchmarkOptions = BenchmarkOptions()) throws {
    self.edition = edition
    let expected = edition == .mnist ? "t10k-images-idx3-ubyte" : edition == .cifar10 ? "test_batch.bin" : "test.bin"
    let files = try BenchmarkFolder(folder, options, expected: "a folder with \(expected)")
    let isTest = try options.split(of: ["test", "train"], edition.rawValue) == "test"
    var pictures: [(ImageReference, label: Int, group: String?)]
    let names: [String]
    switch edition {
    case .mnist:
      names = (0..<10).map { "\($0)" }
      pictures = try Self.digits(files, isTest ? "t10k" : "train")
    case .cifar10:
      names = try FileBytes(path: files.file("batches.meta.txt")).lines()
      let batches = isTest ? ["test_batch.bin"] : (1...5).map { "data_batch_\($0).bin" }
      pictures = try batches.flatMap { try Self.squares(files.file($0), heads: 1, names) }
    case .cifar100:
      names = try FileBytes(path: files.file("fine_label_names.txt")).lines()
      let groups =
        files.contains("coarse_label_names.txt")
        ? try FileBytes(path: files.file("coarse_label_names.txt")).lines() : []
      pictures = try Self.squares(files.file(isTest ? "test.bin" : "train.bin"), heads: 2, names, groups)
    }
    let words = names.map { $0.replacing("_", with: " ") }
    let question =
      edition == .mnist
      ? "Classify the number in the image."
      : "Classify the main object in the image. Options: \(words.joined(separator: ", "))."
    let prompt = options.asked(question, Instruction.shortAnswer)
    records = pictures.enumerated().map { number, picture in
      var record = BenchmarkRecord("\(number + 1)", question: question, prompt: prompt)
      record.key = .integer(number + 1)
      record.images = [picture.0]
      record.choices = words
      record.gold = [words[picture.label]]
      if let group = picture.group { record.fields["group"] = .string(group) }
      return record
    }
  }

  // MARK: Files

  private static func squares(
    _ path: String, heads: Int, _ names: [String], _ groups: [String] = []
  ) throws -> [(ImageReference, label: Int, group: String?)] {
    let file = try FileBytes(path: path)
    let (side, plane) = (32, 32 * 32)
    let size = heads + 3 * plane
    guard file.count > 0, file.count.isMultiple(of: size) else {
      throw DatasetError(
        path, .size(found: file.count, expected: "a multiple of \(size), \(heads) + 3 × 32 × 32 for each picture"))
    }
    return try (0..<file.count / size).map { number in
      let start = number * size
      let (label, group) = file.withBytes { (Int($0[start + heads - 1]), Int($0[start])) }
      guard label < names.count else {
        throw DatasetError(
          path, .value(name: "the label of picture \(number + 1)", expected: "below \(names.count)", found: "\(label)"))
      }
      let picture = ImageReference("\(path):\(number + 1)") {
        let pixels = file.withBytes { bytes in
          (0..<plane).flatMap { place in (0..<3).map { bytes[start + heads + $0 * plane + place] } }
        }
        return Image(width: side, height: side, pixels: pixels)
      }
      return (picture, label, heads == 2 && group < groups.count ? groups[group] : nil)
    }
  }

  private static func digits(
    _ files: BenchmarkFolder, _ prefix: String
  ) throws -> [(ImageReference, label: Int, group: String?)] {
    let path = try files.file("\(prefix)-images-idx3-ubyte", "\(prefix)-images.idx3-ubyte")
    let (pictures, sizes) = try array(path, axes: 3)
    let (labels, counts) = try array(files.file("\(prefix)-labels-idx1-ubyte", "\(prefix)-labels.idx1-ubyte"), axes: 1)
    let (height, width) = (sizes[1], sizes[2])
    guard counts[0] == sizes[0], height > 0, width > 0, height <= 4096, width <= 4096 else {
      throw DatasetError(path, .size(found: pictures.count, expected: "\(counts[0]) pictures, as many as labels"))
    }
    return try (0..<sizes[0]).map { number in
      let label = labels.withBytes { Int($0[8 + number]) }
      guard label < 10 else {
        throw DatasetError(labels.name, .value(name: "label \(number + 1)", expected: "a digit", found: "\(label)"))
      }
      let picture = ImageReference("\(path):\(number + 1)") {
        let start = 16 + number * width * height
        let pixels = pictures.withBytes { bytes in
          (0..<width * height).flatMap { [UInt8](repeating: bytes[start + $0], count: 3) }
        }
        return Image(width: width, height: height, pixels: pixels)
      }
      return (picture, label, nil)
    }
  }

  /// An idx file of bytes: a magic number, the sizes of its axes, the values.
  private static func array(_ path: String, axes: Int) throws -> (FileBytes, [Int]) {
    let file = try FileBytes(path: path)
    let head = 4 + 4 * axes
    guard file.count >= head else { throw DatasetError(path, .size(found: file.count, expected: "at least \(head)")) }
    let words = file.withBytes { bytes in
      (0...axes).map { word in (0..<4).reduce(0) { $0 << 8 | Int(bytes[4 * word + $1]) } }
    }
    guard words[0] == 0x800 + axes else {
      let packed = file.withBytes { $0[0] == 0x1F && $0[1] == 0x8B }
      throw DatasetError(
        path,
        .value(
          name: "the file", expected: "an idx file of bytes with \(axes) \(axes == 1 ? "axis" : "axes")",
          found: packed ? "a gzip file; unpack it with gunzip" : "the magic number \(words[0])"))
    }
    var size = head
    var product = 1
    for count in words[1...] {
      let (next, overflow) = product.multipliedReportingOverflow(by: count)
      product = overflow ? .max : next
    }
    size = product > 1 << 40 ? .max : head + product
    guard file.count == size else { throw DatasetError(path, .size(found: file.count, expected: "\(size)")) }
    return (file, Array(words[1...]))
  }

  // MARK: Scores

  private static let numerals = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]

  /// The one class that an answer names, by whole words; a longer name hides the shorter ones in it.
  static func named(_ answer: String, _ names: [String]) -> String? {
    var words = answer.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    if names == (0..<10).map({ "\($0)" }) { words = words.map { numerals.firstIndex(of: $0).map { "\($0)" } ?? $0 } }
    let text = " " + words.joined(separator: " ") + " "
    var found = names.filter { text.firstRange(of: " " + $0.lowercased() + " ") != nil }
    found = found.filter { name in
      !found.contains { $0 != name && (" " + $0 + " ").firstRange(of: " " + name + " ") != nil }
    }
    return found.count == 1 ? found[0] : nil
  }

  public func score(_ answer: BenchmarkAnswer, to record: BenchmarkRecord) -> Double? {
    Self.named(answer.text, record.choices) == record.gold.first ? 1 : 0
  }

  /// By class (of CIFAR-100 by superclass), and overall.
  public func summary(_ answered: [AnsweredRecord]) -> BenchmarkSummary {
    .accuracy(answered, in: self) { $0.fields["group"] == nil ? $0.gold : [$0.text("group")] }
  }

  public func answerFiles(_ answered: [AnsweredRecord]) throws -> [AnswerFile] {
    [
      try AnswerFile(
        "\(edition == .mnist ? "mnist" : edition == .cifar10 ? "cifar_10" : "cifar_100")_predictions.jsonl",
        lines: answered.map {
          .object([
            "id": $0.record.key, "answer": .string($0.answer.text), "label": .string($0.record.gold[0]),
            "prediction": Self.named($0.answer.text, $0.record.choices).map { .string($0) } ?? .null,
          ])
        })
    ]
  }
}
