"""peft reads what steersh wrote, and the reverse.

Runs in: PEFT_PYTHON, with peft 0.21, transformers 5, torch, safetensors, pillow, numpy.
"""

import json
import pathlib
import tempfile
import warnings

import numpy as np
import torch
from peft import IA3Config, LoraConfig, OFTConfig, PeftModel, PromptTuningConfig, get_peft_model
from steering import ROOT, compare, scene, steersh
from transformers import AutoModelForCausalLM, LlavaForConditionalGeneration, LlavaProcessor

torch.set_num_threads(2)
FAMILIES = ROOT / "Tests/Fixtures/families"
MINIATURE = ROOT / "Sources/CEmbedded/minivlm"
IDS = [1, 9, 117, 30, 256, 8, 36, 5, 201, 77, 13, 60]
QUESTION = "what color is the object ?"


def base(name, tile):
    if name != "minivlm":
        model = AutoModelForCausalLM.from_pretrained(FAMILIES / name, dtype=torch.float32, attn_implementation="eager")
        return model.eval(), {"input_ids": torch.tensor([IDS])}
    model = LlavaForConditionalGeneration.from_pretrained(MINIATURE, dtype=torch.float32, attn_implementation="eager")
    text = f"<bos> user : <image> {QUESTION} assistant :"
    inputs = LlavaProcessor.from_pretrained(MINIATURE)(text=text, images=tile, return_tensors="pt")
    return model.eval(), dict(inputs)


def head(name):
    if name != "minivlm":
        return f'let m = load("{FAMILIES / name}")\nlet p = {IDS}\n'
    return f'let m = load("minivlm")\nlet p = prompt(image("scene.png"), "{QUESTION}")\n'


def logits(model, inputs):
    with torch.no_grad():
        return model(**inputs, use_cache=False).logits[0].float().numpy()


def load(folder, name, tile):
    """peft's model with the adapter of a folder; a tensor that finds no place is an error here."""
    model, inputs = base(name, tile)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*(load_in_8bit|torch_dtype|deprecated).*")
        return PeftModel.from_pretrained(model, folder).eval(), inputs


def from_peft(name, config, tile, around=0.0, std=0.2, seed=0):
    """An adapter of peft through steersh, and back into peft by way of what steersh writes."""
    kind = type(config).__name__.removesuffix("Config")
    with tempfile.TemporaryDirectory() as folder:
        tile.save(f"{folder}/scene.png")
        model, inputs = base(name, tile)
        plain = logits(model, inputs)
        wrapped = get_peft_model(model, config).eval()
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in wrapped.parameters():
                if parameter.requires_grad:
                    parameter.copy_(torch.randn(parameter.shape, generator=generator) * std + around)
        wrapped.save_pretrained(f"{folder}/theirs")
        expected = logits(wrapped, inputs)
        moved = float(np.abs(expected[-len(plain):] - plain).max())
        steersh(
            head(name) + 'let s = m with open("theirs")\nsave(logits(s, p), "logits.npy")\nsave(s, "ours", as: "peft")\n',
            folder)
        compare(f"{kind} of {name}, peft to steersh", np.load(f"{folder}/logits.npy"), expected, moved)
        again, inputs = load(f"{folder}/ours", name, tile)
        compare(f"{kind} of {name}, steersh to peft", logits(again, inputs), expected, moved)


def from_steersh(source, tile):
    """An intervention that steersh trained, in peft."""
    with tempfile.TemporaryDirectory() as folder:
        scene(folder)
        steersh(
            head("minivlm") + f"""
let item = (image: image("scene.png"), question: "{QUESTION}", answer: "red")
let a = train({source}, model: m, on: [item], steps: 6, batch: 1, lr: 0.03, warmup: 0)
save(logits(m with a, p), "logits.npy")
save(logits(m, p), "plain.npy")
save(m with a, "ours", as: "peft")
""", folder)
        found, plain = np.load(f"{folder}/logits.npy"), np.load(f"{folder}/plain.npy")
        model, inputs = load(f"{folder}/ours", "minivlm", tile)
        moved = float(np.abs(found[-len(plain):] - plain).max())
        kind = json.loads(pathlib.Path(f"{folder}/ours/adapter_config.json").read_text())["peft_type"]
        compare(f"{source}, trained by steersh, {kind} in peft", logits(model, inputs), found, moved)


def main():
    with tempfile.TemporaryDirectory() as folder:
        tile = scene(folder)
    linears = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    language = r".*language_model.*\.(" + "|".join(linears) + ")"
    from_peft("minivlm", LoraConfig(r=4, lora_alpha=1, target_modules=language), tile, std=0.15)
    from_peft("minivlm", LoraConfig(r=3, lora_alpha=1, use_rslora=True, target_modules=r".*vision_tower.*(q_proj|fc1)"), tile)
    from_peft("minivlm", LoraConfig(r=2, lora_alpha=1, use_dora=True, target_modules=["q_proj", "linear_2"]), tile, around=0.1)
    from_peft("minivlm", IA3Config(target_modules=language, feedforward_modules=r".*language_model.*down_proj"), tile, around=1)
    from_peft("minivlm", OFTConfig(oft_block_size=8, target_modules=r".*language_model.*(q_proj|down_proj)"), tile, std=0.1)
    from_peft("minivlm", OFTConfig(r=4, oft_block_size=0, use_cayley_neumann=False, target_modules=["v_proj"]), tile)
    for name, targets in [
        ("phi3", ["qkv_proj", "o_proj", "gate_up_proj"]), ("qwen2", ["q_proj", "v_proj"]), ("phi", ["dense", "fc2"]),
        ("stablelm", ["k_proj"]), ("gemma2", ["q_proj", "up_proj"]),
    ]:
        from_peft(name, LoraConfig(r=2, lora_alpha=2, target_modules=targets), tile)
    from_peft("gpt2", LoraConfig(r=2, lora_alpha=2, fan_in_fan_out=True, target_modules=["c_attn", "c_proj"]), tile)
    from_peft("qwen3", PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4), tile, std=0.5)
    for source in [
        ".layers[*].linears => lora(rank: 2)", ".layers[1..3].linears => dora(rank: 2, alpha: 1)",
        "(.layers[*].attention.key.weight => ia3()) + (.layers[*].mlp.down.weight => ia3(\"input\"))",
        ".layers[*].attention.query.weight => oft(blocks: 8)",
        "(.layers[2].linears => lora(rank: 3, stabilised: true)) + (.layers[4].linears => lora(rank: 1))",
        ".embeddings on .virtual(3) => soft_prompt()",
    ]:
        from_steersh(source, tile)


main()
