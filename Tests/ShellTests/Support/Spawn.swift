import Glibc

/// Starts programs, on pipes or on a terminal.
enum Spawn {
  struct Failure: Error, CustomStringConvertible { let description: String }

  /// What a program did that ran on pipes.
  struct Result: Equatable {
    var status: Int32
    var output: String
    var errors: String
  }

  /// The status a shell would show.
  static func code(of raw: Int32) -> Int32 {
    let signal = raw & 0x7F
    return signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
  }

  /// Runs to the end. The output goes through files, which never make the program wait.
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String], folder: String, input: String = ""
  ) throws -> Result {
    let place = "\(folder)/.run-\(UInt64.random(in: 0 ... .max))"
    try write(input, to: "\(place)-in")
    defer { for end in ["in", "out", "err"] { unlink("\(place)-\(end)") } }
    let process = try start(
      program, arguments, environment: environment, folder: folder,
      files: ["\(place)-in", "\(place)-out", "\(place)-err"])
    var raw: Int32 = 0
    waitpid(process, &raw, 0)
    return Result(status: code(of: raw), output: try read("\(place)-out"), errors: try read("\(place)-err"))
  }

  /// - Parameters:
  ///   - terminal: becomes the controlling terminal and all three streams.
  ///   - files: else, the files of standard input, output and error.
  static func start(
    _ program: String, _ arguments: [String], environment: [String: String], folder: String, terminal: String? = nil,
    files: [String] = []
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    // Dispatch's threads, on which tests run, block signals; children would inherit that.
    var flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var defaults = sigset_t()
    sigfillset(&defaults)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    if let terminal {
      flags |= 0x80  // POSIX_SPAWN_SETSID
      posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
      posix_spawn_file_actions_adddup2(&actions, 0, 1)
      posix_spawn_file_actions_adddup2(&actions, 0, 2)
    } else {
      for (descriptor, file) in files.enumerated() {
        let mode = descriptor == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, Int32(descriptor), file, mode, 0o600)
      }
    }
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var process: pid_t = 0
    // env changes the folder; posix_spawn's own way is not in Glibc's module.
    let argv: [UnsafeMutablePointer<CChar>?] = (["env", "-C", folder, program] + arguments).map { strdup($0) } + [nil]
    let envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    let code = posix_spawn(&process, "/usr/bin/env", &actions, &attributes, argv, envp)
    guard code == 0 else { throw Failure(description: "cannot start \(program): \(String(cString: strerror(code)))") }
    return process
  }

  static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw Failure(description: "cannot write \(path)") }
    defer { fclose(file) }
    fwrite(Array(text.utf8), 1, text.utf8.count, file)
  }

  static func read(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw Failure(description: "cannot read \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
