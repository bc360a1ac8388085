import Glibc

/// Which process a run belongs to, told well enough to say later whether it still lives.
///
/// A process number alone is given out again; the number with the boot it belongs to and the moment the process started is
/// not. Containers on one machine share the boot but count processes for themselves, so that their name space is kept, too.
public struct RunProcess: Sendable, Equatable {
  public var host: String
  /// Of the running kernel; empty where the system does not say.
  public var boot: String
  public var namespace: String
  public var id: Int
  /// When the process started, in ticks since the boot.
  public var start: Int

  public init(host: String, boot: String, namespace: String, id: Int, start: Int) {
    self.host = host
    self.boot = boot
    self.namespace = namespace
    self.id = id
    self.start = start
  }

  /// This process.
  public static let current = RunProcess(
    host: name, boot: line("/proc/sys/kernel/random/boot_id") ?? "", namespace: link("/proc/self/ns/pid") ?? "",
    id: Int(getpid()), start: start(of: Int(getpid())) ?? 0)

  /// Whether it still lives; nil where this machine cannot know, because it is another's.
  public var isAlive: Bool? {
    let here = Self.current
    guard host == here.host, !boot.isEmpty, !here.boot.isEmpty else { return nil }
    // The machine has been started again since.
    guard boot == here.boot else { return false }
    guard namespace == here.namespace else { return nil }
    return Self.start(of: id) == start
  }

  /// The moment a living process started; nil for one that is gone or only waits to be collected.
  private static func start(of id: Int) -> Int? {
    // The name in the second field may hold spaces and brackets; what follows its last bracket does not.
    guard let text = line("/proc/\(id)/stat"), let bracket = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: bracket)...].split(separator: " ")
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
    return Int(fields[19])
  }

  private static var name: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func line(_ path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = fread(&buffer, 1, buffer.count, file)
    return count > 0 ? String(decoding: buffer[..<count].prefix { $0 != 0x0A }, as: UTF8.self) : nil
  }

  private static func link(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 256)
    let count = readlink(path, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }
}

extension RunStatus {
  /// What a record without an end is: running, or unfinished.
  ///
  /// - Parameter seen: the last sign of life. It decides only where the process is another machine's, after a day of silence.
  init(of process: RunProcess, seen: Double, now: Double) {
    switch process.isAlive {
    case true?: self = .running
    case false?: self = .unfinished
    case nil: self = now - seen < 86_400 ? .running : .unfinished
    }
  }
}
