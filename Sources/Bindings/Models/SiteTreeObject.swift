import Interpreter
import Interventions

/// The tree of a model's sites. It shows the activations and says how many weights there are, which are a tree of their own:
/// `m.sites.weights`.
final class SiteTreeObject: HostObject {
  private let catalog: SiteCatalog
  private let content: SiteTree.Content

  init(_ catalog: SiteCatalog, _ content: SiteTree.Content = .activations) {
    self.catalog = catalog
    self.content = content
  }

  override var typeName: String { "site tree" }

  override func member(_ name: String, in session: Session) throws -> Value? {
    name == "weights" && content == .activations ? .object(SiteTreeObject(catalog, .weights)) : nil
  }

  override var memberNames: [String] { content == .activations ? ["weights"] : [] }

  override func rendered(_ style: RenderingStyle) -> String {
    let tree = SiteTree(catalog, content)
    guard style.form == .full else { return "site tree of \(tree.lines.filter { !$0.shape.isEmpty }.count) points" }
    guard content == .activations, !catalog.weights.isEmpty else { return tree.description }
    let numbers = catalog.weights.reduce(0) { $0 + ($1.count ?? 0) }
    return "\(tree)\nand \(catalog.weights.count) weights of \(numbers.grouped) numbers: sites(m).weights"
  }
}
