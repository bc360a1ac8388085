import Interpreter
import Interventions
import Models
import Syntax

extension Laboratory {
  /// What is wrong with a script, found without running it: syntax, names and arguments, and the site paths it writes
  /// against the configuration of the model it loads. No weights are read.
  public func check(_ source: SourceText) -> [Diagnostic] {
    let found = session.check(source)
    guard !found.contains(where: { $0.severity == .error }) else { return found }
    return found + PathChecker.check(Script.parse(source), source)
  }
}

/// Checks the path literals of a script: selectors of tokens by themselves, sites against the one model that it loads by
/// a literal name.
enum PathChecker {
  static func check(_ script: Script, _ source: SourceText) -> [Diagnostic] {
    var loads: [(path: String, mmproj: String?, span: Span)] = []
    var paths: [(steps: [PathStep], span: Span)] = []
    var diagnostics: [Diagnostic] = []
    func report(_ error: any Error, _ span: Span) {
      diagnostics.append(Diagnostic(.hostFailure, String(describing: error), at: Diagnostic.Label(span, in: source)))
    }
    for statement in script.statements {
      statement.forEachExpression { expression in
        switch expression.kind {
        case .call(let callee, let arguments, _):
          if case .name(let name) = callee.kind, ["load", "random_model"].contains(name),
            let first = arguments.first?.value, let path = first.literalText
          {
            let mmproj = arguments.first { $0.name?.text == "mmproj" }?.value.literalText
            loads.append((path, mmproj, first.span))
          }
        case .path(let segments):
          if let steps = segments.literalSteps, segments.namesSites { paths.append((steps, expression.span)) }
        case .binary(.on, _, _, let tokens):
          tokens.forEachExpression { selector in
            guard case .path(let segments) = selector.kind, let steps = segments.literalSteps else { return }
            do { _ = try TokenSelector(steps) } catch { report(error, selector.span) }
          }
        default: break
        }
      }
    }
    var catalogs: [String: SiteCatalog] = [:]
    for load in loads where catalogs[load.path] == nil {
      do {
        catalogs[load.path] = SiteCatalog(
          try Model.inspect(try Workbench.files(load.path, mmproj: load.mmproj)).configuration)
      } catch {
        report(error, load.span)
      }
    }
    // With several models it is not known which one a path is for.
    guard catalogs.count == 1, let catalog = catalogs.values.first else { return diagnostics }
    for path in paths {
      do { _ = try SitePattern(path.steps).sites(in: catalog) } catch { report(error, path.span) }
    }
    return diagnostics
  }
}

extension [PathSegment] {
  fileprivate var namesSites: Bool { first.map { PathObject([PathObject.Segment($0.name.text)]).namesSites } ?? false }

  /// The path as steps, where all that stands in its brackets is literal.
  fileprivate var literalSteps: [PathStep]? {
    var steps: [PathStep] = []
    for segment in self {
      switch segment.suffix {
      case nil: steps.append(PathStep(segment.name.text))
      case .index(let arguments, _)?:
        guard let values = arguments.pathLiterals else { return nil }
        steps.append(PathStep(segment.name.text, .index(values)))
      case .call(let arguments, _)?:
        guard let values = arguments.pathLiterals else { return nil }
        steps.append(PathStep(segment.name.text, .call(values)))
      }
    }
    return steps
  }
}

extension [Argument] {
  fileprivate var pathLiterals: [PathValue]? {
    let values = compactMap { argument in argument.name == nil ? argument.value.pathLiteral : nil }
    return values.count == count ? values : nil
  }
}

extension Expression {
  fileprivate var pathLiteral: PathValue? {
    switch kind {
    case .integer(let value): .integer(value)
    case .string(let parts, _):
      if parts.count == 1, case .text(let text) = parts[0] { .text(text) } else { nil }
    case .all: .all
    case .range(let lower, let upper, let inclusive, let step):
      if case .integer(let lower) = lower.kind, case .integer(let upper) = upper.kind, step == nil {
        .range(IndexRange(lower, inclusive ? upper : upper - 1))
      } else {
        nil
      }
    default: nil
    }
  }
}

extension Expression {
  /// The text of a string without anything put into it.
  fileprivate var literalText: String? {
    guard case .string(let parts, _) = kind, parts.count == 1, case .text(let text) = parts[0] else { return nil }
    return text
  }
}
