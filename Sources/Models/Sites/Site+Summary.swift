extension Site {
  /// What lies at the site, in half a line; for weights what they are.
  public var summary: String {
    switch (stack, point) {
    case (.vision, .embeddings):
      "patch and class embeddings with positions, after the first norm where the tower has one"
    case (.vision, .positionsWeight): "learned positions, the class token's first"
    case (.vision, .normWeight), (.vision, .normBias): "the norm after the embeddings"
    case (.projector, .output): "image tokens in the decoder's width"
    default: point.summary
    }
  }
}

extension Site.Point {
  fileprivate var summary: String {
    switch self {
    case .embeddings:
      "token embeddings, scaled and with learned positions where the model has those, with the projected image features in place"
    case .input: "the block's input: the residual stream before it"
    case .query: "queries, after their norm and the rotary embedding where the model has those"
    case .key: "keys, likewise"
    case .value: "values"
    case .scores: "scaled dot products before the softmax, capped where the model caps them; masked entries are −∞"
    case .weights: "after the softmax; each row sums to 1"
    case .mixed: "each head's weighted values, before the output projection"
    case .attentionOutput:
      "what attention adds to the residual stream: after its own norm where it has one (Gemma 2 and 3)"
    case .residual: "the residual stream after attention; in a parallel block (Phi) the MLP does not read it"
    case .mlpHidden: "after the activation (in a gated MLP: gate times up), before the down projection"
    case .mlpOutput: "what the MLP adds to the residual stream, likewise"
    case .output: "the residual stream after the block: the next block's input"
    case .norm: "the last norm's output"
    case .logits: "scores of the next token, capped where the model caps them (Gemma 2)"
    case .features:
      "what the projector reads, in the vision tower's width: patches, and the class token where the model keeps it"
    case .hidden: "the hidden layer after its activation"
    case .secondHidden: "the second hidden layer after its activation, in a projector of three maps"
    case .attentionNormWeight, .attentionNormBias: "the norm before attention; in a parallel block the MLP reads it too"
    case .queryWeight, .queryBias: "the map to queries"
    case .keyWeight, .keyBias: "the map to keys"
    case .valueWeight, .valueBias: "the map to values"
    case .queryNormWeight: "the norm of each head's queries (Qwen3, Gemma 3)"
    case .keyNormWeight: "the norm of each head's keys"
    case .attentionOutputWeight, .attentionOutputBias: "the map from the mixed heads back to the residual stream"
    case .attentionPostNormWeight: "the norm of what attention adds (Gemma 2 and 3)"
    case .attentionOutputScale: "what each feature of what attention adds is multiplied by (DINOv2)"
    case .mlpNormWeight, .mlpNormBias: "the norm before the MLP; none in a parallel block"
    case .gateWeight, .gateBias: "the gate, in gated MLPs"
    case .upWeight, .upBias: "the map to the hidden layer"
    case .downWeight, .downBias: "the map from the hidden layer back to the residual stream"
    case .mlpPostNormWeight: "the norm of what the MLP adds (Gemma 2 and 3)"
    case .mlpOutputScale: "what each feature of what the MLP adds is multiplied by (DINOv2)"
    case .embeddingsWeight: "token embeddings"
    case .patchesWeight, .patchesBias: "the convolution of patches"
    case .classWeight: "the class token"
    case .registersWeight: "register tokens (DINOv2)"
    case .positionsWeight: "learned positions (GPT-2)"
    case .normWeight, .normBias: "the last norm"
    case .logitsWeight, .logitsBias: "the output layer"
    case .featuresNormWeight, .featuresNormBias: "the norm of what is handed on (MiniGPT-v2)"
    case .hiddenWeight, .hiddenBias: "the projector's first map"
    case .secondHiddenWeight, .secondHiddenBias: "the second map of a projector of three"
    case .outputWeight, .outputBias: "the projector's last map"
    case .endOfLineWeight: "what stands at the end of each line of tiles (LLaVA-NeXT)"
    }
  }
}
