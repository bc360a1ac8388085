"""The peer of scripts/benchmarks/training.py, with torch, transformers and pyreft (requirements.txt here).

Usage: training_peer.py make FOLDER LAYERS WIDTH VOCABULARY SAMPLES TOKENS
       training_peer.py pyreft|torch FOLDER THREADS

`make` writes what every side reads: a Llama with random weights, f32, the batch, and the parameters that training starts from.
The others take one step for each line on standard input and answer with its loss, seconds, seconds of processor time, and the
process's peak memory in KiB.

`pyreft` is pyreft.LoreftIntervention on the output of every block. `torch` is the same equation in a forward hook of each block,
without the import of pyreft and its bookkeeping.
"""

import contextlib
import io
import os
import pathlib
import resource
import shutil
import sys
import time

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1"}

import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.utils import logging

RATE = 5e-3
logging.disable_progress_bar()


def make(folder, layers, width, vocabulary, samples, tokens):
    torch.manual_seed(0)
    heads = width // 64
    config = LlamaConfig(
        hidden_size=width, intermediate_size=width * 8 // 3, num_hidden_layers=layers, num_attention_heads=heads,
        num_key_value_heads=heads, vocab_size=vocabulary, max_position_embeddings=1024, rms_norm_eps=1e-5,
        tie_word_embeddings=False, bos_token_id=1, eos_token_id=2, pad_token_id=0)
    LlamaForCausalLM(config).to(torch.float32).save_pretrained(folder)
    # Ids are given as they are; a tokenizer has to be there, and which one does not matter.
    embedded = pathlib.Path(__file__).resolve().parents[2] / "Sources/CEmbedded/minivlm"
    for name in ["tokenizer.json", "tokenizer_config.json"]:
        shutil.copy(embedded / name, folder)
    save_file({"ids": torch.randint(3, vocabulary, (samples, tokens))}, folder / "batch.safetensors")
    start, bound = {}, width**-0.5
    for layer in range(layers):
        start[f"layers[{layer}].output.R"] = torch.nn.functional.normalize(torch.randn(1, width), dim=1)
        start[f"layers[{layer}].output.W"] = (torch.rand(1, width) * 2 - 1) * bound
        start[f"layers[{layer}].output.b"] = (torch.rand(1) * 2 - 1) * bound
    save_file(start, folder / "start.safetensors")


class Rotation(torch.nn.Module):
    def __init__(self, start):
        super().__init__()
        self.weight = torch.nn.Parameter(start.T.contiguous())

    def forward(self, x):
        return x @ self.weight


def orthogonal(rotation):
    # As pyreft has it, but for the part of the basis that torch draws: losses are compared at every step, so all sides have
    # the one that steersh takes, which follows from the rows.
    start = rotation.weight.detach().clone()
    torch.nn.utils.parametrizations.orthogonal(rotation)
    q, r = torch.linalg.qr(start.double(), mode="complete")
    q[:, : start.shape[1]] *= r.diagonal().sign()
    rotation.parametrizations.weight[0].base = q.to(start.dtype)
    return rotation


class Loreft(torch.nn.Module):
    """h + Rᵀ(W h + b − R h), as pyreft.LoreftIntervention computes it."""

    def __init__(self, rotation, source, bias):
        super().__init__()
        self.rotate_layer = orthogonal(Rotation(rotation))
        self.learned_source = torch.nn.Linear(source.shape[1], source.shape[0])
        with torch.no_grad():
            self.learned_source.weight.copy_(source)
            self.learned_source.bias.copy_(bias)

    def forward(self, h):
        return h + (self.learned_source(h) - self.rotate_layer(h)) @ self.rotate_layer.weight.T


def starts(folder, layers):
    start = load_file(folder / "start.safetensors")
    return [[start[f"layers[{layer}].output.{name}"] for name in "RWb"] for layer in range(layers)]


def with_hooks(model, folder, ids):
    parameters = []
    for block, start in zip(model.model.layers, starts(folder, len(model.model.layers))):
        edit = Loreft(*start)
        parameters += edit.parameters()
        block.register_forward_hook(
            lambda _, __, output, edit=edit:
            (edit(output[0]), *output[1:]) if isinstance(output, tuple) else edit(output))
    return parameters, lambda: model(input_ids=ids, labels=ids, use_cache=False).loss


def with_pyreft(model, folder, ids):
    # It prints what it does not find, and standard output is for answers.
    with contextlib.redirect_stdout(io.StringIO()):
        import pyreft

    width, count = model.config.hidden_size, model.config.num_hidden_layers
    edits = [
        pyreft.LoreftIntervention(embed_dim=width, low_rank_dimension=1, dtype=torch.float32) for _ in range(count)
    ]
    for edit, (rotation, source, bias) in zip(edits, starts(folder, count)):
        edit.rotate_layer = orthogonal(Rotation(rotation))
        with torch.no_grad():
            edit.learned_source.weight.copy_(source)
            edit.learned_source.bias.copy_(bias)
    reft = pyreft.get_reft_model(
        model,
        pyreft.ReftConfig(
            representations=[
                {"layer": layer, "component": "block_output", "low_rank_dimension": 1, "intervention": edit}
                for layer, edit in enumerate(edits)
            ]))
    # Without locations pyvene edits every position, and does not gather and scatter rows for it.
    return (
        list(reft.get_trainable_parameters()),
        lambda: reft({"input_ids": ids}, labels=ids, use_cache=False)[1].loss,
    )


def step(kind, folder, threads):
    torch.set_num_threads(threads)
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa").eval()
    model.requires_grad_(False)
    ids = load_file(folder / "batch.safetensors")["ids"]
    parameters, loss_of = (with_pyreft if kind == "pyreft" else with_hooks)(model, folder, ids)
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0)
    for _ in sys.stdin:
        start, used = time.perf_counter(), time.process_time()
        optimiser.zero_grad(set_to_none=True)
        loss = loss_of()
        loss.backward()
        optimiser.step()
        value = loss.item()
        seconds, processor = time.perf_counter() - start, time.process_time() - used
        del loss
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(value, seconds, processor, memory, flush=True)


if __name__ == "__main__":
    what, folder, numbers = sys.argv[1], pathlib.Path(sys.argv[2]), [int(word) for word in sys.argv[3:]]
    if what == "make":
        make(folder, *numbers)
    else:
        step(what, folder, *numbers)
