import Foundation
import Glibc

/// A headless Chromium that looks at pages as a reader's would, over its DevTools protocol on pipes: no port, no network.
public final class Browser {
  public struct Failure: Error, CustomStringConvertible { public let description: String }

  /// Where Chromium is; nil where it is not installed. `scripts/setup --browser` installs it.
  public static let program: String? = {
    let named = ProcessInfo.processInfo.environment["STEERSH_CHROMIUM"].map { [$0] } ?? []
    return (named + ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]).first {
      access($0, X_OK) == 0
    }
  }()

  private let process: pid_t
  private let input: Int32
  private let output: Int32
  private let profile: URL
  private var pending: [UInt8] = []
  private var number = 0
  private var session: String?
  /// What the browser told without being asked.
  private var events: [[String: Any]] = []

  /// How long to wait for anything, in seconds: enough for a loaded machine.
  private static let patience = 60.0

  public init() throws {
    guard let program = Self.program else { throw Failure(description: "Chromium is not installed") }
    profile = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-browser-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: profile, withIntermediateDirectories: true)
    var down: [Int32] = [0, 0]
    var up: [Int32] = [0, 0]
    guard pipe(&down) == 0, pipe(&up) == 0 else { throw Failure(description: "no pipes") }
    for descriptor in down + up { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // Out of the way of 3 and 4, which the protocol uses.
    let (read, write) = (fcntl(down[0], F_DUPFD_CLOEXEC, 20), fcntl(up[1], F_DUPFD_CLOEXEC, 20))
    posix_spawn_file_actions_adddup2(&actions, read, 3)
    posix_spawn_file_actions_adddup2(&actions, write, 4)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    let words = [
      program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
      "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-component-update",
      // Whatever a page asks of another machine fails, and is seen.
      "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe", "--user-data-dir=\(profile.path)",
    ]
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Of its own group, so that its helpers end with it; without the blocked signals of the threads that tests run on.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
    var id: pid_t = 0
    let code = posix_spawn(&id, program, &actions, &attributes, arguments, environ)
    for descriptor in [down[0], up[1], read, write] { close(descriptor) }
    (process, input, output) = (id, down[1], up[0])
    guard code == 0 else { throw Failure(description: "cannot start \(program)") }
    let target = try ask("Target.createTarget", ["url": "about:blank"])["targetId"] ?? ""
    session = try ask("Target.attachToTarget", ["targetId": target, "flatten": true])["sessionId"] as? String
    for domain in ["Page", "Runtime", "Log", "Network"] { _ = try ask("\(domain).enable") }
  }

  deinit {
    close(input)
    close(output)
    kill(-process, SIGKILL)
    var status: Int32 = 0
    waitpid(process, &status, 0)
    try? FileManager.default.removeItem(at: profile)
  }

  // MARK: Doing

  /// Opens a file and waits until it is there.
  public func open(_ file: URL) throws {
    events = []
    if let problem = try ask("Page.navigate", ["url": file.absoluteString])["errorText"] as? String {
      throw Failure(description: "\(file.path): \(problem)")
    }
    let end = Date().addingTimeInterval(Self.patience)
    while !events.contains(where: { $0["method"] as? String == "Page.loadEventFired" }) {
      guard Date() < end else { throw Failure(description: "\(file.path) does not load") }
      try receive()
    }
  }

  /// The window: its width in pixels, light or dark, screen or paper.
  public func show(width: Int, isDark: Bool = false, isPaper: Bool = false) throws {
    _ = try ask(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false])
    _ = try ask(
      "Emulation.setEmulatedMedia",
      [
        "media": isPaper ? "print" : "screen",
        "features": [["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]],
      ])
  }

  /// The value of an expression.
  public func evaluate(_ expression: String) throws -> Any? {
    let answer = try ask("Runtime.evaluate", ["expression": expression, "returnByValue": true])
    if let details = answer["exceptionDetails"] { throw Failure(description: "\(expression): \(details)") }
    return (answer["result"] as? [String: Any])?["value"]
  }

  /// Presses a key, as a reader does on what has the focus.
  public func press(_ key: String, code: Int) throws {
    for type in ["rawKeyDown", "keyUp"] {
      _ = try ask(
        "Input.dispatchKeyEvent", ["type": type, "key": key, "code": key, "windowsVirtualKeyCode": code])
    }
  }

  /// The whole page as a PNG file's bytes, kept at `file`.
  public func screenshot(_ file: URL) throws -> Data {
    let answer = try ask("Page.captureScreenshot", ["format": "png", "captureBeyondViewport": true])
    guard let text = answer["data"] as? String, let data = Data(base64Encoded: text) else {
      throw Failure(description: "no screenshot")
    }
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
    return data
  }

  // MARK: Knowing

  /// Errors and warnings on the page's console, exceptions, and resources that could not be had.
  public var complaints: [String] {
    events.compactMap { event in
      let parameters = event["params"] as? [String: Any] ?? [:]
      switch event["method"] as? String {
      case "Runtime.exceptionThrown", "Network.loadingFailed": return "\(parameters)"
      case "Runtime.consoleAPICalled": return "\(parameters["args"] ?? "")"
      case "Log.entryAdded": return "\((parameters["entry"] as? [String: Any])?["text"] ?? parameters)"
      default: return nil
      }
    }
  }

  /// What the page asked for, itself included; pictures inside it are not asked for.
  public var requests: [String] {
    events.compactMap { event in
      guard event["method"] as? String == "Network.requestWillBeSent" else { return nil }
      let request = (event["params"] as? [String: Any])?["request"] as? [String: Any]
      return request?["url"] as? String
    }.filter { !$0.hasPrefix("data:") }
  }

  // MARK: The protocol

  private func ask(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
    number += 1
    var message: [String: Any] = ["id": number, "method": method, "params": parameters]
    if let session { message["sessionId"] = session }
    let bytes = try JSONSerialization.data(withJSONObject: message) + [0]
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(input, $0.baseAddress.map { $0 + sent }, bytes.count - sent) }
      guard count > 0 else { throw Failure(description: "the browser is gone") }
      sent += count
    }
    let end = Date().addingTimeInterval(Self.patience)
    while true {
      if let place = events.firstIndex(where: { $0["id"] as? Int == number }) {
        let answer = events.remove(at: place)
        if let error = answer["error"] { throw Failure(description: "\(method): \(error)") }
        return answer["result"] as? [String: Any] ?? [:]
      }
      guard Date() < end else { throw Failure(description: "the browser does not answer \(method)") }
      try receive()
    }
  }

  /// Takes what the browser has to say.
  private func receive() throws {
    var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, 1000) > 0 else { return }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(output, &chunk, chunk.count)
    guard count > 0 else { throw Failure(description: "the browser has ended") }
    pending += chunk[..<count]
    while let end = pending.firstIndex(of: 0) {
      let message = try JSONSerialization.jsonObject(with: Data(pending[..<end])) as? [String: Any]
      pending.removeSubrange(...end)
      if let message { events.append(message) }
    }
  }
}

/// The folder for what people should look at after the tests: `.build/artefacts`.
public let artefacts = repositoryRoot.appendingPathComponent(".build/artefacts")
