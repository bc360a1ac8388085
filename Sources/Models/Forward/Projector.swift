/// Vision features to decoder embeddings through two layers.
struct Projector: Sendable {
  let configuration: ProjectorConfiguration
  let first: Linear
  let second: Linear

  /// - Parameter features: `[token, model]`, with the rows that `pass` is laid out for.
  /// - Returns: `[token, model]` in the decoder's width.
  func forward(_ features: Buffer, _ pass: Pass) throws -> Buffer {
    try pass.visit(.features, rows: features.pointer, width: configuration.input)
    let hidden = Buffer(pass.rows * configuration.hidden)
    try pass.apply(first, .hiddenWeight, hidden.pointer, features.pointer)
    configuration.activation.apply(hidden.pointer, count: pass.rows * configuration.hidden)
    try pass.visit(.hidden, rows: hidden.pointer, width: configuration.hidden)
    let output = Buffer(pass.rows * configuration.output)
    try pass.apply(second, .outputWeight, output.pointer, hidden.pointer)
    try pass.visit(.output, rows: output.pointer, width: configuration.output)
    return output
  }
}
