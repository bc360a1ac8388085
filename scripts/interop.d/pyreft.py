"""pyreft 0.1.0 and pyvene 0.1.8, both ways, on the tiny Llama of the fixtures. Run by scripts/interop.

Runs in: PYREFT_PYTHON, with pyreft, pyvene, torch 2.13 and transformers 5.23.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from transformers import LlamaForCausalLM
from transformers.utils import logging

HERE = pathlib.Path(__file__).resolve().parent
# This script has the name of what it imports.
sys.path = [path for path in sys.path if pathlib.Path(path or ".").resolve() != HERE]
import pyreft  # noqa: E402
import pyreft.interventions as classes  # noqa: E402

logging.set_verbosity_error()
logging.disable_progress_bar()
torch.manual_seed(23)
ROOT = HERE.parents[1]
MODEL = ROOT / "Tests" / "Fixtures" / "tinyllama"
IDS, TEXT, WIDTH, RANK = [1, 8, 14, 17, 25, 12], "w3 w9 w12 w20 w7", 40, 3
# Logits go up to 20 here; f32 sums in another order.
TOLERANCE = 1e-4
FORMS = {name: name.capitalize() + "Intervention" for name in ("loreft", "noreft", "direft", "consreft", "lobireft", "nodireft")}


def llama():
    return LlamaForCausalLM.from_pretrained(MODEL, dtype=torch.float32, attn_implementation="eager").eval()


def logits(reft, positions):
    locations = [[positions]] * len(reft.interventions)
    _, output = reft({"input_ids": torch.tensor([IDS])}, unit_locations={"sources->base": (None, locations)})
    return output.logits[0].detach().numpy()


def steersh(program, folder):
    path = folder / "program.steer"
    path.write_text(f'let m = load("{MODEL}")\nlet p = prompt("{TEXT}", template: "plain")\n{program}\n')
    subprocess.run([os.environ["STEERSH"], "run", path.name], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def module(form):
    own = getattr(classes, FORMS[form])(embed_dim=WIDTH, low_rank_dimension=RANK, dtype=torch.float32, add_bias=False)
    for name, parameter in own.named_parameters():
        if "rotate_layer" not in name:
            parameter.data = torch.randn_like(parameter) * 0.5
    return own


def made(forms, component="block_output"):
    representations = [
        {"layer": index % 2, "component": component, "low_rank_dimension": RANK, "intervention": module(form)}
        for index, form in enumerate(forms)
    ]
    return pyreft.get_reft_model(llama(), pyreft.ReftConfig(representations=representations))


def loaded(folder, forms):
    """What pyreft makes of a folder: by its own load where that works, otherwise into modules made by hand."""
    try:
        reft = pyreft.ReftModel.load(str(folder), llama())
        way = "ReftModel.load"
    except KeyError as error:
        # pyreft 0.1.0 cannot load NoReFT or NodiReFT: its files do not say add_bias, which the classes ask for.
        reft, way = made(forms), f"state dicts, as ReftModel.load asks for {error}"
    for key, own in reft.interventions.items():
        # Its load makes learned_source in bf16 unless told otherwise, which it cannot be.
        own.float().load_state_dict(torch.load(folder / f"intkey_{key}.bin", weights_only=True))
    return reft, way


def compare(name, ours, theirs, plain):
    distance = np.abs(ours - theirs).max()
    moved = np.abs(theirs - plain).max()
    good = distance < TOLERANCE and moved > 0.01
    print(f"{'ok  ' if good else 'FAIL'} {name}: differ by {distance:.1e}, moved by {moved:.2f}")
    return good


def main():
    good = True
    plain = llama()(torch.tensor([IDS])).logits[0].detach().numpy()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for form in FORMS:
            for component in ("block_output", "mlp_output", "model.layers[%d].output"):
                reft = made([form, form], component) if "%d" not in component else None
                if reft is None:
                    representations = [
                        {"layer": i, "component": component % i, "low_rank_dimension": RANK, "intervention": module(form)} for i in (0, 1)]
                    reft = pyreft.get_reft_model(llama(), pyreft.ReftConfig(representations=representations))
                theirs = folder / f"theirs-{form}"
                reft.save(str(theirs))
                positions = [1, 2, len(IDS) - 1]
                steersh(f'save(logits(m with open("{theirs}", tokens: .all[1, 2, -1]), p), "logits.npy")', folder)
                good &= compare(f"read {form} at {component}", np.load(folder / "logits.npy"), logits(reft, positions), plain)
                for file in theirs.iterdir():
                    file.unlink()
            steersh(
                f'seed 3\nlet a = m with .layers[0..1].output on .last => {form}(rank: {RANK})\n'
                f'save(logits(a, p), "logits.npy")\nsave(a, "ours-{form}", as: "pyreft")', folder)
            reft, way = loaded(folder / f"ours-{form}", [form, form])
            good &= compare(f"written {form} ({way})", np.load(folder / "logits.npy"), logits(reft, [len(IDS) - 1]), plain)
    sys.exit(0 if good else 1)


main()
