import Figures

/// One `train`, `learn`, `sweep` or `evaluate` that was done: what it did, with what, and what came of it.
public struct Run: Sendable, Equatable {
  public var id: Int
  /// The function that was called: `train`, `learn`, `sweep`, `evaluate`.
  public var kind: String
  public var status: RunStatus
  /// Seconds since 1970.
  public var started: Double
  /// Seconds since 1970; nil while it runs, and for one that never came to its end.
  public var ended: Double?
  /// The last sign of life, in seconds since 1970, and how far it was then.
  public var seen: Double
  public var steps: Steps?
  public var subject: RunSubject
  public var process: RunProcess
  /// The program that made it, `steersh 0.1.0`.
  public var program: String
  /// The schema that it was written with.
  public var format: Int
  public var metrics: [RunMetric]
  public var tables: [RunTable]
  public var files: [RunFile]
  /// Why it failed.
  public var error: String?

  public struct Steps: Sendable, Equatable {
    public var done: Int
    public var total: Int
  }

  /// How long it took, in seconds: up to its end, or to its last sign of life.
  public var seconds: Double { max(0, (ended ?? seen) - started) }
}

/// What a run is of: known when it begins.
public struct RunSubject: Sendable, Equatable {
  public var kind: String
  public var script: RunScript
  /// The files that the script uses.
  public var used: [RunScript]
  /// The call as written, and its line.
  public var call: String
  public var line: Int
  /// The script's `input` values, as text that makes them again.
  public var inputs: [RunSetting]
  /// The call's arguments that are numbers, texts or truth values.
  public var settings: [RunSetting]
  public var seed: Int?
  public var model: RunModel?
  public var data: [RunData]
  /// The working folder.
  public var folder: String

  public init(
    kind: String, script: RunScript, used: [RunScript] = [], call: String = "", line: Int = 0,
    inputs: [RunSetting] = [], settings: [RunSetting] = [], seed: Int? = nil, model: RunModel? = nil,
    data: [RunData] = [], folder: String = ""
  ) {
    self.kind = kind
    self.script = script
    self.used = used
    self.call = call
    self.line = line
    self.inputs = inputs
    self.settings = settings
    self.seed = seed
    self.model = model
    self.data = data
    self.folder = folder
  }
}

/// A script as it stood when it ran. At the prompt it is what was entered so far.
public struct RunScript: Sendable, Equatable {
  public var name: String
  public var text: String

  public init(name: String, text: String) {
    self.name = name
    self.text = text
  }

  /// SHA-256 of the text, in hexadecimal.
  public var hash: String { SHA256.hexadecimal(of: Array(text.utf8)) }
}

public struct RunSetting: Sendable, Equatable, Codable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

public struct RunModel: Sendable, Equatable, Codable {
  /// The folder, file or embedded model it was read from.
  public var name: String
  public var fingerprint: String
  /// What acted on it, as source.
  public var interventions: [String]

  public init(name: String, fingerprint: String, interventions: [String] = []) {
    self.name = name
    self.fingerprint = fingerprint
    self.interventions = interventions
  }
}

public struct RunData: Sendable, Equatable, Codable {
  /// The argument it was given as: `on`, `held_out`.
  public var parameter: String
  public var name: String
  /// Nil for items without end.
  public var count: Int?
  public var fingerprint: String?

  public init(parameter: String, name: String, count: Int?, fingerprint: String?) {
    self.parameter = parameter
    self.name = name
    self.count = count
    self.fingerprint = fingerprint
  }
}

public struct RunMetric: Sendable, Equatable {
  public var name: String
  public var value: Double

  public init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }
}

public struct RunTable: Sendable, Equatable {
  public var name: String
  public var table: Table

  public init(_ name: String, _ table: Table) {
    self.name = name
    self.table = table
  }
}

/// A file or folder that holds something of a run.
public struct RunFile: Sendable, Equatable {
  /// Absolute.
  public var path: String
  /// Of a file; 0 for a folder.
  public var bytes: Int

  public init(path: String, bytes: Int) {
    self.path = path
    self.bytes = bytes
  }
}
