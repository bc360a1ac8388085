import Bindings
import Checkpoints
import Foundation
import Interpreter
import Records
import Synchronization
import Syntax
import Testing
import TestSupport

/// Scripts run here one after the other: they share a working folder, a model and the thread pool.
@Suite(.serialized) enum SteeringScripts {}

/// Runs sources in a session as `steersh run` does, and keeps what is shown.
final class ScriptRun {
  let laboratory: Laboratory
  let notices = Notes()

  /// What was notified, from whichever thread.
  final class Notes: Sendable {
    private let all = Mutex<[String]>([])
    func append(_ line: String) { all.withLock { $0.append(line) } }
    var lines: [String] { all.withLock { $0 } }
  }

  /// - Parameters:
  ///   - width: columns that shown values may use.
  ///   - records: where records of runs go; by default they end with this.
  init(threads: Int? = nil, width: Int = 80, records: RunRecorder = RunRecorder()) throws {
    let notices = notices
    let output = Output()
    laboratory = try Laboratory(
      output: { output.lines.append($0) },
      bench: Workbench(notify: { notices.append($0) }, threads: threads, records: records))
    laboratory.session.didRun = { result in
      if let value = result.value, !value.isNull {
        output.lines.append(value.rendered(RenderingStyle(.full, width: width)))
      }
    }
    self.output = output
  }

  private final class Output { var lines: [String] = [] }
  private let output: Output

  /// Everything printed or shown so far.
  var text: String { output.lines.joined(separator: "\n") }

  @discardableResult
  func run(_ text: String, name: String = "<test>") throws -> Value {
    try laboratory.session.evaluate(SourceText(name: name, text), mode: .prompt)
  }

  /// The message of the error that a source must end in.
  func failure(of text: String) -> String {
    do {
      let value = try run(text)
      return "no error, but \(value.rendered(.short))"
    } catch let error as ScriptError {
      return error.message
    } catch {
      return String(describing: error)
    }
  }
}

/// A folder that is the working folder while `body` runs, and is gone afterwards.
func inTemporaryFolder<T>(_ body: () throws -> T) throws -> T {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try inFolder(folder.path, body)
}

/// A folder is the working folder while `body` runs.
func inFolder<T>(_ path: String, _ body: () throws -> T) throws -> T {
  let before = FileManager.default.currentDirectoryPath
  defer { _ = FileManager.default.changeCurrentDirectoryPath(before) }
  #expect(FileManager.default.changeCurrentDirectoryPath(path))
  return try body()
}

/// Writes one of the miniature's pictures (Tests/Fixtures/minivlm/scenes.png), 48 pixels square, to `scene.png`.
func writeScene(_ number: Int) throws {
  let sheet = try Image(path: fixture("minivlm").appendingPathComponent("scenes.png").path)
  let across = sheet.width / 48
  try sheet.cropped(x: number % across * 48, y: number / across * 48, width: 48, height: 48).write(to: "scene.png")
}
