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

/// Checks the path literals of a script against the one model that it loads by a literal name.
enum PathChecker {
  static func check(_ script: Script, _ source: SourceText) -> [Diagnostic] {
    var loads: [(path: String, span: Span)] = []
    var paths: [(steps: [PathStep], span: Span)] = []
    for statement in script.statements {
      statement.forEachExpression { expression in
        switch expression.kind {
        case .call(let callee, let arguments, _):
          if case .name("load") = callee.kind, let first = arguments.first?.value,
            case .string(let parts, _) = first.kind, parts.count == 1, case .text(let path) = parts[0]
          {
            loads.append((path, first.span))
          }
        case .path(let segments):
          if let steps = segments.literalSteps { paths.append((steps, expression.span)) }
        default: break
        }
      }
    }
    var diagnostics: [Diagnostic] = []
    func report(_ error: any Error, _ span: Span) {
      diagnostics.append(Diagnostic(.hostFailure, String(describing: error), at: Diagnostic.Label(span, in: source)))
    }
    var catalogs: [String: SiteCatalog] = [:]
    for load in loads where catalogs[load.path] == nil {
      do {
        catalogs[load.path] = SiteCatalog(try Model.inspect(try Workbench.source(load.path)).configuration)
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
  /// The path as steps, where it names sites and all its indices are literals.
  fileprivate var literalSteps: [PathStep]? {
    guard let first, PathObject([PathObject.Segment(first.name.text)]).namesSites else { return nil }
    var steps: [PathStep] = []
    for segment in self {
      switch segment.suffix {
      case nil: steps.append(PathStep(segment.name.text))
      case .index(let arguments, _)?:
        var values: [PathValue] = []
        for argument in arguments {
          guard argument.name == nil, let value = argument.value.pathLiteral else { return nil }
          values.append(value)
        }
        steps.append(PathStep(segment.name.text, .index(values)))
      case .call?: return nil
      }
    }
    return steps
  }
}

extension Expression {
  fileprivate var pathLiteral: PathValue? {
    switch kind {
    case .integer(let value): .integer(value)
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
