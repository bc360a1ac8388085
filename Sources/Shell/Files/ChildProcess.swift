import CEditline
import Glibc

/// Other programs, run on the terminal as it was found.
enum ChildProcess {
  /// Runs `command` in /bin/sh and answers its status as a shell would show it; 127 where there is no shell.
  static func run(_ command: String) -> Int32 {
    steer_terminal_restore()
    steer_signals_pause(1)
    defer {
      steer_signals_pause(0)
      Terminal.write(Control.pasteOn)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Signals that we ignore or handle mean what they usually do.
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    var process: pid_t = 0
    let words: [String] = ["sh", "-c", command]
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    guard posix_spawn(&process, "/bin/sh", nil, &attributes, arguments + [nil], environ) == 0 else { return 127 }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }
}
