import Syntax

/// Which class an object is of: the machine's fast test before a downcast.
enum ObjectKind: UInt8 {
  case string, list, record, range, path, function, native, template, operation, cell, all, missing, host
}

/// A value that is not stored in place.
///
/// What the language asks of an object is what can be overridden here. Bindings subclass `HostObject`, not this.
open class Object {
  final let kind: ObjectKind

  init(kind: ObjectKind) { self.kind = kind }

  /// What `type(x)` and messages call it: one lower-case noun, `tensor`, `model`.
  open var typeName: String { "object" }

  // MARK: Parts

  /// `x.name`; nil when there is no such member, and then `x.name` means `name(x)` if there is such a function.
  open func member(_ name: String, in session: Session) throws -> Value? { nil }

  /// The names that `member` answers, for completion.
  open var memberNames: [String] { [] }

  /// `x[…]`. An argument `*` is `AllObject`.
  open func index(_ arguments: Arguments, in session: Session) throws -> Value {
    throw ScriptError(.notIndexable, "\(Words.withArticle(typeName)) cannot be indexed")
  }

  // MARK: Calls and operators

  open var isCallable: Bool { false }

  /// `x(…)`.
  open func call(_ arguments: Arguments, in session: Session) throws -> Value {
    throw ScriptError(.notCallable, "\(Words.withArticle(typeName)) cannot be called")
  }

  /// `self op other`, or `other op self` when `swapped`; nil when this object has nothing to say about it.
  open func binary(_ op: BinaryOperator, _ other: Value, swapped: Bool, in session: Session) throws -> Value? { nil }

  open func unary(_ op: UnaryOperator, in session: Session) throws -> Value? { nil }

  /// Equality as `==` sees it, where `binary(.equal, …)` does not answer. Must not throw or call scripts.
  open func isEqual(to other: Object) -> Bool { self === other }

  // MARK: Iteration

  /// The number of elements `for`, `map` and the like see; nil when the object cannot be iterated.
  open var count: Int? { nil }

  /// An element by position in `0..<count`.
  open func element(at position: Int, in session: Session) throws -> Value {
    throw ScriptError(.notIterable, "\(Words.withArticle(typeName)) has no elements")
  }

  // MARK: Text

  /// The object as text: one line for `.short`, as much as is useful for `.full`.
  open func rendered(_ style: RenderingStyle) -> String { "<\(typeName)>" }
}

/// The base of everything the bindings add to the language: models, tensors, sites, interventions.
///
/// Override what the type supports; everything else answers with a clear error. A thrown error that is not a
/// `ScriptError` is shown with its description at the place of the call. Long work polls `session.checkInterrupt()`.
/// A host object in a script is a value: it does not change after it was made.
open class HostObject: Object {
  public init() { super.init(kind: .host) }

  /// Lets a type extend a native function of the standard library: called with the native's name before its own body
  /// whenever this object is the first argument. Nil leaves the call to the body.
  ///
  /// `call.arguments` is in declaration order with defaults filled, so that `mean(t, over: query)` on a tensor
  /// reads `call.value("over")`.
  open func perform(_ native: String, _ call: NativeCall) throws -> Value? { nil }
}

/// How a value is to be written.
public struct RenderingStyle: Sendable {
  public enum Form: Sendable { case short, full }

  public var form: Form
  /// Columns a full form may use.
  public var width: Int
  /// Whether ANSI colours may be used.
  public var colored: Bool
  /// How many values this one lies in.
  var depth = 0

  public init(_ form: Form, width: Int = 80, colored: Bool = false) {
    self.form = form
    self.width = width
    self.colored = colored
  }

  public static let short = RenderingStyle(.short)
  public static let full = RenderingStyle(.full)
}

/// `*` as an index.
public final class AllObject: Object {
  nonisolated(unsafe) public static let shared = AllObject()

  private init() { super.init(kind: .all) }

  public override var typeName: String { "all" }
  public override func rendered(_ style: RenderingStyle) -> String { "*" }
}

/// Stands in a parameter's slot until its default is evaluated. Never seen by scripts or hosts.
final class MissingObject: Object {
  nonisolated(unsafe) static let shared = MissingObject()

  private init() { super.init(kind: .missing) }
}
