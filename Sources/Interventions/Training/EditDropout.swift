import Autodiff
import Models
import Tensors

/// Dropout on what edits do (Srivastava et al. 2014): numbers are left out at random, the others scaled up.
///
/// Draws depend on the key, the edit and the site alone, so that a block which is run again drops the same.
struct EditDropout {
  private let share: Float
  private let dropped: AnswerOptions.Dropped
  private let key: RandomKey

  init(_ share: Float, _ dropped: AnswerOptions.Dropped, _ key: RandomKey) {
    self.share = share
    self.dropped = dropped
    self.key = key.fold("dropout")
  }

  func apply(edit: Int, at site: Site, before: Variable, after: Variable) throws -> Variable {
    let draws = try key.fold(UInt64(edit)).fold(site.path).uniform(after.axes)
    let scale = 1 / (1 - share)
    let kept = Variable(
      Tensor(after.shape) { out in
        draws.withFloats { draws in for index in out.indices { out[index] = draws[index] < share ? 0 : scale } }
      })
    switch dropped {
    case .change: return try before + (after - before) * kept
    case .output: return try after * kept
    }
  }
}
