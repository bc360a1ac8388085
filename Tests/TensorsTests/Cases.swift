import Foundation
import Testing
import TestSupport

@testable import Tensors

/// The cases of `scripts/fixtures/tensors.py`: NumPy's and torch's answers in double precision.
struct Case: Sendable {
  let inputs: [Tensor]
  let outputs: [Tensor]

  /// Inputs and answers rounded to f32.
  static let all = read("cases.json")
  /// Inputs that f32 does not hold, answers to 15 digits.
  static let doubles = read("doubles.json")

  private static func read(_ name: String) -> [String: Case] {
    let file = fixture("tensors").appendingPathComponent(name)
    do {
      let stored = try JSONDecoder().decode([String: StoredCase].self, from: Data(contentsOf: file))
      return try stored.mapValues {
        Case(inputs: try $0.inputs.map { try $0.tensor() }, outputs: try $0.outputs.map { try $0.tensor() })
      }
    } catch {
      Issue.record("\(file.path): \(error)")
      return [:]
    }
  }
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
      return switch type {
      case "i64": try Tensor.of(numbers.map { Int($0) }, axes)
      case "f64": try Tensor.of(doubles: numbers, axes)
      default: try Tensor.of(numbers.map { Float($0) }, axes)
      }
    }
  }
}

/// The largest difference in units of the larger of 1 and the expected magnitude. Infinite where shape, type or NaN differ.
func distance(_ found: Tensor, _ expected: Tensor) -> Double {
  if found.shape != expected.shape || (found.dtype != expected.dtype) { return .infinity }
  var worst = 0.0
  for (a, b) in zip(found.doubles(), expected.doubles()) where a != b {
    let error = abs(a - b) / max(1, abs(b))
    worst = error.isNaN ? .infinity : max(worst, error)
  }
  return worst
}

extension Tensor {
  /// Of f32 and what is narrower.
  var bits: [UInt32] { floats().map(\.bitPattern) }
}
