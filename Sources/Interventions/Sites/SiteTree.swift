import Models

/// The tree of a model's sites for a reader: one line per point, blocks folded into `layers[0..5]`. Activations and weights
/// are a tree each; there are as many of the one as of the other, and a reader looks for one of them.
public struct SiteTree: Sendable {
  public let lines: [Line]

  public struct Line: Sendable, Equatable {
    public let depth: Int
    /// The last part of the path: `layers[0..5]`, `attention`, `weights`.
    public let name: String
    /// The pattern that names all sites of this line.
    public let path: String
    /// How many sites lie here or below.
    public let count: Int
    /// `[token, model 96]` for a point, empty for a branch.
    public let shape: String
  }

  public enum Content: Sendable { case activations, weights }

  public init(_ catalog: SiteCatalog, _ content: Content = .activations) {
    var root = Branch()
    for entry in content == .activations ? catalog.entries : catalog.weights {
      let blocks = catalog.layerCount(entry.site.stack)
      let names = entry.site.steps.map { $0.index == nil ? $0.name : "\($0.name)[0..\(blocks - 1)]" }
      root.insert(names[...], entry)
    }
    var lines: [Line] = []
    root.append(to: &lines, depth: 0, prefix: "")
    self.lines = lines
  }

  private struct Child {
    var name: String
    var branch: Branch

    /// A weight without a bias stands on one line: `norm.weight`.
    var joined: Child {
      guard branch.children.count == 1, branch.children[0].name == "weight" else { return self }
      return Child(name: name + ".weight", branch: branch.children[0].branch)
    }
  }

  private struct Branch {
    var children: [Child] = []
    var count = 0
    var shape = ""

    mutating func insert(_ names: ArraySlice<String>, _ entry: SiteCatalog.Entry) {
      count += 1
      guard let first = names.first else {
        shape = entry.shapeText
        return
      }
      if let place = children.firstIndex(where: { $0.name == first }) {
        children[place].branch.insert(names.dropFirst(), entry)
      } else {
        var branch = Branch()
        branch.insert(names.dropFirst(), entry)
        children.append(Child(name: first, branch: branch))
      }
    }

    func append(to lines: inout [Line], depth: Int, prefix: String) {
      for child in children.map(\.joined) {
        let path = prefix + "." + child.name
        lines.append(
          Line(depth: depth, name: child.name, path: path, count: child.branch.count, shape: child.branch.shape))
        child.branch.append(to: &lines, depth: depth + 1, prefix: path)
      }
    }
  }
}

extension SiteTree: CustomStringConvertible {
  public var description: String {
    let left = lines.map { String(repeating: "  ", count: $0.depth) + $0.name }
    let width = left.map(\.count).max() ?? 0
    return zip(left, lines).map { text, line in
      line.shape.isEmpty ? text : text + String(repeating: " ", count: width - text.count + 2) + line.shape
    }.joined(separator: "\n")
  }
}
