/// Which part of the data an item belongs to. The parts draw from random streams of their own, so that none shares an
/// item with another by construction.
public enum Split: String, CaseIterable, Sendable {
  case train, validation, test
}

/// Random streams, one for each purpose in each split.
struct Stream: Equatable, Sendable {
  private let base: UInt32

  private init(base: UInt32) { self.base = base }

  init(_ split: Split) {
    switch split {
    case .train: self.init(base: 1 << 8)
    case .validation: self.init(base: 2 << 8)
    case .test: self.init(base: 3 << 8)
    }
  }

  /// Scenes that belong to no split.
  static let free = Stream(base: 0)

  var scene: UInt32 { base | 0 }
  var grain: UInt32 { base | 1 }
  var visualQuestions: UInt32 { base | 2 }
  var yesNo: UInt32 { base | 3 }
  var textQuestions: UInt32 { base | 4 }
  var captions: UInt32 { base | 5 }
  var conflicts: UInt32 { base | 6 }
  var mix: UInt32 { base | 7 }
  var counterfactuals: UInt32 { base | 8 }
  var indeterminate: UInt32 { base | 9 }
  var examples: UInt32 { base | 10 }
}
