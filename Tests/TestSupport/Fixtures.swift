import Foundation

/// The folder `Tests/Fixtures/<name>` of this checkout.
public func fixture(_ name: String, file: String = #filePath) -> URL {
  repositoryRoot.appendingPathComponent("Tests/Fixtures").appendingPathComponent(name)
}

/// The root of this checkout, found from where this file was compiled.
public let repositoryRoot: URL = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
