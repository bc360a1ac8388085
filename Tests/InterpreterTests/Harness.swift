import Foundation
import Syntax
import TestSupport

@testable import Interpreter

/// A session with the core library that keeps what is printed.
final class Harness {
  let session: Session
  private(set) var lines: [String] {
    get { box.lines }
    set { box.lines = newValue }
  }
  private let box = Box()

  private final class Box { var lines: [String] = [] }

  /// - Parameter extra: declarations beside those of the core library.
  init(
    host: (any HostSemantics)? = nil, natives: NativeTable = .core, loader: any SourceLoader = NoSources(),
    extra: [SourceText] = []
  ) throws {
    let box = box
    session = Session(output: { box.lines.append($0) }, host: host, natives: natives, loader: loader)
    try session.load(standardLibrary: [Self.core] + extra)
  }

  static let core: SourceText = {
    let url = repositoryRoot.appendingPathComponent("stdlib/core.steer")
    let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
    return SourceText(name: "core.steer", text)
  }()

  /// Evaluates a chunk as at the prompt.
  ///
  /// - Returns: the value's short form.
  @discardableResult
  func run(_ text: String) throws -> String {
    try session.evaluate(SourceText(name: "<test>", text), mode: .prompt).rendered(.short)
  }

  /// The codes of what is wrong with a chunk.
  func codes(_ text: String) -> [String] { diagnostics(text).map(\.code.id) }

  /// What is wrong with a chunk at the prompt.
  func diagnostics(_ text: String) -> [Diagnostic] { diagnostics(SourceText(name: "<test>", text), .prompt) }

  /// What is wrong with a script.
  func diagnostics(asFile text: String, name: String) -> [Diagnostic] {
    diagnostics(SourceText(name: name, text), .file)
  }

  private func diagnostics(_ source: SourceText, _ mode: EvaluationMode) -> [Diagnostic] {
    do {
      try session.evaluate(source, mode: mode)
      return []
    } catch let error as CompileFailure {
      return error.diagnostics
    } catch let error as ExpectationFailure {
      return [error.diagnostic]
    } catch {
      return [ScriptError(error).diagnostic]
    }
  }
}
