import Checkpoints
import Foundation
import Testing

@testable import Datasets

/// Damaged folders of benchmarks: one error that names the file, the place and what was expected.
@Suite struct BenchmarkFileTests {
  /// What reading a copy of a fixture says after a change of one of its files; nil as content removes it.
  private func failure(
    _ name: String, _ file: String, _ change: (String) -> String?, _ options: BenchmarkOptions = BenchmarkOptions()
  ) throws -> String {
    try failure(name, file, bytes: { change(String(decoding: $0, as: UTF8.self)).map { Data($0.utf8) } }, options)
  }

  private func failure(
    _ name: String, _ file: String, bytes change: (Data) -> Data?, _ options: BenchmarkOptions = BenchmarkOptions()
  ) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(at: BenchmarkScoreTests.folder(name), to: folder)
    let path = folder.appendingPathComponent(file)
    let content = change(try Data(contentsOf: path))
    try FileManager.default.removeItem(at: path)
    try content?.write(to: path)
    let read = try #require(BenchmarkCatalog.readers.first { $0.name == name }).read
    do {
      let benchmark = try read(folder.path, options)
      try benchmark.records.checkImages(of: benchmark.name)
      return "no error"
    } catch { return "\(error)".replacingOccurrences(of: folder.path + "/", with: "") }
  }

  private func replacing(_ old: String, _ new: String) -> (String) -> String? {
    { text in text.firstRange(of: old).map { text.replacingCharacters(in: $0, with: new) } ?? text }
  }

  @Test func recordsAreNamedByLine() throws {
    let pope = "coco_pope_popular.json"
    #expect(
      try failure("pope", pope, replacing("\"label\": \"no\"", "\"label\": \"maybe\""))
        == "\(pope):2: label must be \"yes\" or \"no\", found \"maybe\"")
    #expect(
      try failure("pope", pope, replacing("\"text\"", "\"txt\"")) == "\(pope):1: text is missing; it must be a string")
    #expect(try failure("pope", pope, replacing("}\n", "\n")).hasPrefix("\(pope):1:"))
    #expect(
      try failure("vsr", "splits/random/test.jsonl", replacing("\"label\": 0", "\"label\": 2"))
        == "splits/random/test.jsonl:2: label must be an integer from 0 to 1, found 2")
    #expect(
      try failure("snli_ve", "snli_ve_test.jsonl", replacing("neutral", "-")).hasPrefix(
        "snli_ve_test.jsonl:2: gold_label must be one of"))
    #expect(
      try failure("mmmu", "validation.jsonl", replacing("['red'", "['red")).hasPrefix(
        "validation.jsonl:1: options must be a list of strings"))
    #expect(
      try failure("mme", "MME_Benchmark_release_version/existence/1.txt", replacing("\tNo", " No")).contains(
        "existence/1.txt:2: the line must be a question, a tab, and Yes or No"))
    #expect(
      try failure("mme", "MME_Benchmark_release_version/existence/1.txt", { $0 + "more\tYes\n" }).contains(
        "existence/1.txt: the file must be two lines, found 3"))
    #expect(
      try failure("mmlu", "test/anatomy_test.csv", replacing(",D", ",E")).hasPrefix(
        "test/anatomy_test.csv:1: the last field must be A, B, C or D"))
    #expect(
      try failure("mmlu", "dev/anatomy_dev.csv", replacing(",4", "")).hasPrefix(
        "dev/anatomy_dev.csv:1: found 5 fields"))
    #expect(
      try failure("hellaswag", "hellaswag_val.jsonl", replacing("\"label\": 1", "\"label\": 7")).hasPrefix(
        "hellaswag_val.jsonl:2: label must be 0 to 3"))
    #expect(
      try failure("scienceqa", "problems.json", replacing("\"answer\": 1", "\"answer\": 5")).hasPrefix(
        "problems.json: 1.answer must be an integer from 0 to 1, found 5"))
    #expect(
      try failure(
        "vqav2", "v2_mscoco_val2014_annotations.json", replacing("\"question_id\": 1003", "\"question_id\": 7")
      ).hasSuffix("v2_mscoco_val2014_annotations.json: the answers to question 1003 is missing; it must be a list"))
    #expect(
      try failure("gqa", "testdev_balanced_questions.json", replacing("\"imageId\"", "\"image\"")).contains(
        "record 1: imageId is missing; it must be a string or an integer"))
  }

  @Test func missingFilesAreNamed() throws {
    #expect(
      try failure("scienceqa", "pid_splits.json") { (_: String) in nil }.contains(
        "there is no pid_splits.json or data/scienceqa/pid_splits.json (there is answer_files, answers.json"))
    #expect(
      try failure("textvqa", "train_images/0000000000000001.jpg") { (_: String) in nil }
        == "TextVQA: 1 of 2 images are missing: train_images/0000000000000001.jpg; fetch them, or take a part of the benchmark that has its images"
    )
    var options = BenchmarkOptions()
    options.split = "easy"
    #expect(try failure("mme", "answers.json", { $0 }, options).hasPrefix("MME: split must be one of existence, count"))
  }

  @Test func pictureFilesOfTheWrongSize() throws {
    #expect(
      try failure("cifar_10", "test_batch.bin", bytes: { $0.dropLast() }).hasPrefix(
        "test_batch.bin: the file has 9218 bytes, expected a multiple of 3073"))
    #expect(try failure("cifar_10", "batches.meta.txt", replacing("ship\n", "")).hasPrefix("test_batch.bin: ") == false)
    #expect(
      try failure("cifar_10", "batches.meta.txt", { _ in "one\ntwo\n" }).contains(
        "the label of picture 2 must be below 2, found 4"))
    #expect(
      try failure("mnist", "t10k-images-idx3-ubyte", bytes: { $0.dropLast() })
        == "t10k-images-idx3-ubyte: the file has 2367 bytes, expected 2368")
    #expect(
      try failure(
        "mnist", "t10k-images-idx3-ubyte", bytes: { _ in Data([0x1F, 0x8B] + [UInt8](repeating: 0, count: 40)) }
      ).contains("gunzip"))
    #expect(
      try failure("mnist", "t10k-labels-idx1-ubyte", bytes: { $0.dropLast() + [11] }).contains(
        "label 3 must be a digit, found 11"))
    // Sizes whose product does not fit are refused before anything is made of them.
    let huge = Data([0, 0, 8, 3] + [UInt8](repeating: 0xFF, count: 12) + [1, 2])
    #expect(
      try failure("mnist", "t10k-images-idx3-ubyte", bytes: { _ in huge }).hasPrefix(
        "t10k-images-idx3-ubyte: the file has 18 bytes"))
  }
}
