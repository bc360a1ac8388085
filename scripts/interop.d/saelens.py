"""SAELens loads dictionaries that steersh wrote and encodes as steersh does, and the reverse.

Runs in: SAE_PYTHON, with sae-lens 6.54.12 (--no-deps; TransformerLens is put aside), einops, torch, transformers 5, safetensors,
pillow, numpy.
"""

import sys
import tempfile

import numpy as np
import torch
from safetensors.torch import load_file
from steering import ROOT, compare, scene, steersh

sys.path.insert(0, str(ROOT / "scripts" / "fixtures"))
from interop_saelens import FEATURES, TEXT, WIDTH, Miniature, dictionaries, edit, saelens

# Sums of some hundred f32 in another order; features and activations go up to 20.
TOLERANCE = 1e-5
HEAD = f'let m = load("minivlm")\nlet p = prompt(image("scene.png"), "{TEXT}")\n'


def near(what, found, expected):
    worst = float((found - expected).abs().max())
    print(f"{what}: differs by {worst:.1e}, up to {float(expected.abs().max()):.1f}")
    assert worst < TOLERANCE, what


def written(tool, mini, folder):
    """A dictionary of steersh's own numbers: what SAELens encodes and decodes, and what it makes of the model."""
    for site, hook, threshold in (
        (".layers[2].output", "blocks.2.hook_resid_post", "0"), (".layers[1].input", "blocks.1.hook_resid_pre", "0.3"),
        (".layers[3].mlp.output", "blocks.3.hook_mlp_out", "abs(normal(feature: 7))"),
    ):
        steersh(
            HEAD + f"""
seed 5
let E = 0.3 * normal(feature: 7, model: {WIDTH})
let D = 0.2 * normal(feature: 7, model: {WIDTH})
let b = normal(feature: 7)
let t = {threshold}
let a = m with {site} on .all => set_features(E, D, value: 1.5, bias: b, threshold: t)
save(a, "own", as: "saelens")
save(logits(a, p), "logits.npy")
let h = normal(row: 9, model: {WIDTH})
let q = h @ E + b
let f = where(q > t, relu(q), 0.0)
save((h: h, f: f, x: f @ D), "rows.safetensors")
""", folder)
        sae = tool.SAE.load_from_disk(f"{folder}/own")
        assert sae.cfg.metadata.hook_name == hook and sae.cfg.architecture() == ("standard" if threshold == "0" else "jumprelu")
        rows = load_file(f"{folder}/rows.safetensors")
        with torch.no_grad():
            encoded = sae.encode(rows["h"])
            near(f"{hook}, written: encoded", encoded, rows["f"])
            near(f"{hook}, written: decoded", sae.decode(encoded), rows["x"])
        assert 0 < float((encoded > 0).float().mean()) < 1
        logits = mini.logits(hook, edit(sae, list(range(7)), {"set": [1.5] * 7})).numpy()
        compare(f"{hook}, written: logits", np.load(f"{folder}/logits.npy"), logits, float(np.abs(logits - mini.logits().numpy()).max()))


def read(tool, mini, folder):
    """Dictionaries of SAELens: features of them, and the whole of them written again."""
    for name, sae in dictionaries(tool, seed=19).items():
        sae.save_model(f"{folder}/{name}")
        features, change = ([1, 4], {"strength": [2.0, -1.0]}) if name == "topk" else ([1, 4], {"set": [2.0, 0.0]})
        options = ", ".join(f"{key}: {value}" for key, value in change.items())
        steersh(
            HEAD + f"""
save(logits(m with open("{name}", options: (feature: {features}, {options})), p), "logits.npy")
save(open("{name}"), "{name} again", as: "saelens")
""", folder)
        hook = sae.cfg.metadata.hook_name
        with torch.no_grad():
            logits = mini.logits(hook, edit(sae, features, change)).numpy()
        moved = float(np.abs(logits - mini.logits().numpy()).max())
        compare(f"{name}, read: logits", np.load(f"{folder}/logits.npy"), logits, moved)
        theirs, ours = (load_file(f"{folder}/{own}/sae_weights.safetensors") for own in (name, f"{name} again"))
        assert theirs.keys() == ours.keys() and all(torch.equal(theirs[key], ours[key]) for key in theirs)
        again = tool.SAE.load_from_disk(f"{folder}/{name} again")
        assert again.cfg.to_dict() == sae.cfg.to_dict() and type(again) is type(sae)
        h = torch.randn(8, WIDTH, generator=torch.Generator().manual_seed(3))
        with torch.no_grad():
            assert torch.equal(again.encode(h), sae.encode(h)) and torch.equal(again(h), sae(h))
        print(f"{name}, written again: {len(ours)} tensors of {FEATURES} features and the settings are equal")


def main():
    tool, mini = saelens(), Miniature()
    with tempfile.TemporaryDirectory() as folder:
        scene(folder)
        written(tool, mini, folder)
        read(tool, mini, folder)


main()
