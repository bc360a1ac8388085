import Foundation
import Testing
import TestSupport

@testable import Tensors

/// The cases of `scripts/fixtures/tensors.py`: NumPy's and torch's answers in double precision, rounded to f32.
struct Case: Sendable {
  let inputs: [Tensor]
  let outputs: [Tensor]

  static let all: [String: Case] = {
    let file = fixture("tensors").appendingPathComponent("cases.json")
    do {
      let stored = try JSONDecoder().decode([String: StoredCase].self, from: Data(contentsOf: file))
      return try stored.mapValues {
        Case(inputs: try $0.inputs.map { try $0.tensor() }, outputs: try $0.outputs.map { try $0.tensor() })
      }
    } catch {
      Issue.record("\(file.path): \(error)")
      return [:]
    }
  }()
}

private struct StoredCase: Decodable {
  let inputs: [StoredTensor]
  let outputs: [StoredTensor]
}

private struct StoredTensor: Decodable {
  struct StoredAxis: Decodable {
    let axis: Axis
    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      axis = Axis(try container.decode(String.self), try container.decode(Int.self))
    }
  }
  enum Values: Decodable {
    case numbers([Double]), truths([Bool])
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let truths = try? container.decode([Bool].self), !truths.isEmpty {
        self = .truths(truths)
      } else {
        self = .numbers(try container.decode([Double].self))
      }
    }
  }
  let axes: [StoredAxis]
  let values: Values
  let type: String

  func tensor() throws -> Tensor {
    let axes = axes.map(\.axis)
    switch values {
    case .truths(let truths): return try Tensor.of(truths, axes)
    case .numbers(let numbers):
      return type == "i64"
        ? try Tensor.of(numbers.map { Int($0) }, axes) : try Tensor.of(numbers.map { Float($0) }, axes)
    }
  }
}

/// The largest difference in units of the larger of 1 and the expected magnitude. Infinite where shape, type or NaN differ.
func distance(_ found: Tensor, _ expected: Tensor) -> Float {
  if found.shape != expected.shape || (found.dtype == .f32) != (expected.dtype == .f32) { return .infinity }
  var worst: Float = 0
  for (a, b) in zip(found.floats(), expected.floats()) where a != b {
    let error = abs(a - b) / max(1, abs(b))
    worst = error.isNaN ? .infinity : max(worst, error)
  }
  return worst
}

extension Tensor {
  var bits: [UInt32] { floats().map(\.bitPattern) }
}
