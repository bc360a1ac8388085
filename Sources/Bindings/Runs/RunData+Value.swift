import Checkpoints
import Interpreter
import Records
import Tensors

extension RunData {
  /// Items so far looked at for a fingerprint, spread evenly over all, the first and the last among them.
  private static let sample = 16

  /// A data set or a list of items, with a fingerprint of its size and of some items: what they say and what their pictures show.
  ///
  /// Items that a script's functions make are made once more for this: what these draw and print does not count.
  init(_ parameter: String, _ value: Value, in session: Session, _ bench: Workbench) {
    let output = session.output
    session.output = { _ in }
    defer { session.output = output }
    let set = value.object as? DataSetObject
    let isEndless = set?.isEndless ?? false
    let count = isEndless ? nil : value.object?.count
    let name =
      set.map { set in
        set.range.lowerBound == 0 ? set.name : "\(set.name) from \(set.range.lowerBound)"
      } ?? value.typeName
    self.init(
      parameter: parameter, name: name, count: count,
      fingerprint: value.object.flatMap { object in
        bench.drawing(from: RandomKey(seed: 0)) {
          try? Self.fingerprint(object, count: count ?? Self.sample, in: session)
        }
      })
  }

  /// - Throws: what making an item throws; then there is no fingerprint.
  private static func fingerprint(_ object: Object, count: Int, in session: Session) throws -> String {
    var fingerprint = RunFingerprint()
    fingerprint.combine("\(count)")
    let places = min(count, sample)
    for place in 0..<places {
      let position = places == 1 ? 0 : (count - 1) * place / (places - 1)
      try fingerprint.combine(object.element(at: position, in: session), depth: 0, in: session)
    }
    return fingerprint.text
  }
}

extension RunFingerprint {
  fileprivate mutating func combine(_ value: Value, depth: Int, in session: Session) throws {
    switch value.object {
    case nil, is StringObject: combine(value.rendered(.short))
    case let image as ImageObject:
      let image = image.image
      combine("\(image.width)×\(image.height)")
      combine(image.pixels)
    case let list as ListObject where depth < 3:
      combine("[\(list.elements.count)")
      for element in list.elements.prefix(100) { try combine(element, depth: depth + 1, in: session) }
    case let object? where depth < 2 && (object is RecordObject || object is HostObject):
      combine(object.typeName)
      for name in object.memberNames.sorted().prefix(50) {
        guard let member = try object.member(name, in: session) else { continue }
        // Of what lies inside an item only what it says itself: a question's scene has a picture of its own.
        guard member.object == nil || member.object is StringObject || member.object is ImageObject || depth == 0 else {
          continue
        }
        combine(name)
        try combine(member, depth: depth + 1, in: session)
      }
    default: combine(value.typeName)
    }
  }
}
