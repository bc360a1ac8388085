"""repeng and llama.cpp apply a control vector that steersh wrote, and the reverse.

Runs in: REPENG_PYTHON, with repeng 0.4.0, gguf, torch, transformers 5, scikit-learn, numpy; LLAMA_PYTHON has llama-cpp-python.
"""

import pathlib
import sys
import tempfile

import numpy as np
from steering import ROOT, compare, steersh

sys.path.insert(0, str(ROOT / "scripts" / "fixtures"))
from interop_control import IDS, answer, decoder, llamacpp, repeng, write_decoder


def main():
    tool, random = repeng(), np.random.default_rng(5)
    model = decoder()
    plain = answer(model, IDS)
    with tempfile.TemporaryDirectory() as folder:
        write_decoder(model, f"{folder}/decoder.gguf")
        theirs = tool.ControlVector(
            model_type="llama", directions={n: random.standard_normal(96).astype(np.float32) * 0.3 for n in range(1, 6)})
        theirs.export_gguf(f"{folder}/theirs.gguf")
        steersh(
            f"""
seed 3
let m = load("minivlm")
let p = {IDS}
let a = .layers[1..4].output on .all + .generated => add(normal(layer: 6, model: 96), strength: 0.4)
save(logits(m with a, p), "logits.npy")
save(m with a, "ours.gguf", as: "controlvector")
save(logits(m with open("theirs.gguf"), p), "read.npy")
""", folder)
        read, found = np.load(f"{folder}/read.npy"), np.load(f"{folder}/logits.npy")
        ours = tool.ControlVector.import_gguf(f"{folder}/ours.gguf")
        for name, vector, logits in [("theirs", theirs, read), ("ours", ours, found)]:
            controlled = tool.ControlModel(model, list(vector.directions))
            controlled.set_control(vector)
            expected = answer(controlled, IDS)
            model = controlled.unwrap()
            moved = float(np.abs(expected - plain).max())
            compare(f"{name}: repeng and steersh", logits, expected, moved)
            llama = llamacpp(f"{folder}/decoder.gguf", f"{folder}/{name}.gguf", IDS)
            compare(f"{name}: llama.cpp and steersh", logits, llama, moved)


main()
