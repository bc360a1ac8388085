import Bindings
import Foundation
import Interpreter
import Testing
import TestSupport

extension SteeringScripts {
  /// Whole programs, and what they show: `Tests/Golden/steering/NAME.steer` beside `NAME.expected`.
  ///
  /// `STEERSH_RECORD=1` writes the expectations; read the difference before committing it.
  @Suite struct ProgramTests {
    static let programs: [String] = {
      let folder = repositoryRoot.appendingPathComponent("Tests/Golden/steering").path
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return files.filter { $0.hasSuffix(".steer") }.map { String($0.dropLast(6)) }.sorted()
    }()

    @Test(arguments: programs) func showsWhatIsExpected(_ name: String) throws {
      let folder = repositoryRoot.appendingPathComponent("Tests/Golden/steering")
      let source = try String(contentsOf: folder.appendingPathComponent(name + ".steer"), encoding: .utf8)
      let shown = try Self.inFolderWithFiles { try Self.show(source, name) }
      let file = folder.appendingPathComponent(name + ".expected")
      if ProcessInfo.processInfo.environment["STEERSH_RECORD"] != nil {
        try shown.write(to: file, atomically: true, encoding: .utf8)
      }
      #expect(shown == (try String(contentsOf: file, encoding: .utf8)))
    }

    /// The same bits for one thread and for several.
    @Test(arguments: programs) func isTheSameForAnyNumberOfThreads(_ name: String) throws {
      let path = repositoryRoot.appendingPathComponent("Tests/Golden/steering/\(name).steer")
      let source = try String(contentsOf: path, encoding: .utf8)
      let one = try Self.inFolderWithFiles { try Self.show(source, name, threads: 1) }
      let four = try Self.inFolderWithFiles { try Self.show(source, name, threads: 4) }
      #expect(one == four)
    }

    /// A temporary folder in which `parquet` is the fixtures' folder of that name.
    private static func inFolderWithFiles<T>(_ body: () throws -> T) throws -> T {
      try inTemporaryFolder {
        try FileManager.default.createSymbolicLink(
          atPath: "parquet", withDestinationPath: fixture("parquet").path)
        return try body()
      }
    }

    private static func show(_ source: String, _ name: String, threads: Int? = nil) throws -> String {
      let run = try ScriptRun(threads: threads)
      do {
        try run.run(source, name: name)
      } catch let error as ScriptError {
        return run.text + "\n" + error.description + "\n"
      }
      return run.text + run.notices.lines.map { "\n(\($0))" }.joined() + "\n"
    }

    @Test func thereArePrograms() { #expect(Self.programs.count >= 8) }
  }
}
