import Syntax

/// A file that `use` has reached.
final class UsedFile {
  let module: Module
  let chunk: CompiledChunk
  /// Its bytes, to notice when the file has changed.
  let bytes: [UInt8]
  var hasRun = false

  init(module: Module, chunk: CompiledChunk, bytes: [UInt8]) {
    self.module = module
    self.chunk = chunk
    self.bytes = bytes
  }
}

extension Session {
  /// The texts of all files that `use` has reached.
  public var usedSources: [SourceText] {
    used.map { name, file in SourceText(name: name, bytes: file.bytes) }.sorted { $0.name < $1.name }
  }

  /// Compiles the file that a `use` statement names, once for each content, and makes its names visible in `module`.
  func use(_ path: Expression, in module: Module, source: SourceText) throws -> UsedFile {
    let location = Diagnostic.Label(path.span, in: source)
    guard case .string(let parts, _) = path.kind, parts.count == 1, case .text(let name) = parts[0] else {
      throw ScriptError(.badUse, "`use` needs a file's name in quotes", at: location)
    }
    let text: SourceText
    do {
      text = try loader.source(of: name, usedBy: source.name)
    } catch {
      throw ScriptError(.badUse, "cannot use \"\(name)\": \(ScriptError(error).message)", at: location)
    }
    if let start = using.firstIndex(of: text.name) {
      let circle = (using[start...] + [text.name]).joined(separator: " uses ")
      throw ScriptError(.badUse, "\"\(name)\" uses itself: \(circle)", at: location)
    }
    let file = try compiled(text)
    module.imports.merge(file.module.names) { $1 }
    return file
  }

  private func compiled(_ text: SourceText) throws -> UsedFile {
    if let file = used[text.name], file.bytes == text.bytes { return file }
    let script = Script.parse(text)
    if script.hasErrors { throw CompileFailure(script.diagnostics) }
    using.append(text.name)
    defer { using.removeLast() }
    let module = Module(text.name, prelude: prelude)
    let chunk = compile(script, in: module, mode: .file)
    if chunk.hasErrors { throw CompileFailure(chunk.diagnostics) }
    (script.diagnostics + chunk.diagnostics).forEach(warning)
    let file = UsedFile(module: module, chunk: chunk, bytes: text.bytes)
    used[text.name] = file
    return file
  }

  /// Runs a used file's statements unless they ran already.
  func run(_ file: UsedFile) throws {
    guard !file.hasRun else { return }
    _ = try run(file.chunk, in: file.module)
    file.hasRun = true
  }
}
