"""Makes the models of scripts/benchmarks/models.py: folders as the hub has them, with random bf16 weights, and GGUF files of them.

Usage: models_make.py folder NAME PATH    models_make.py gguf FOLDER FILE

Needs numpy, and for GGUF files the package gguf; neither torch nor transformers. The values are drawn once and used over and over:
how long a product takes does not depend on them. Whole files are written in pieces, so a model need not fit into memory.
"""

import json
import pathlib
import shutil
import struct
import sys

import numpy

# Numbers drawn once; a prime, so that equal rows do not lie under each other.
POOL = 15_485_863


def llama(width=2048, hidden=5632, layers=22, heads=32, shared=4, vocabulary=32000, positions=4096):
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": vocabulary, "hidden_size": width,
        "intermediate_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": shared,
        "max_position_embeddings": positions, "rope_theta": 10000.0, "rms_norm_eps": 1e-5, "hidden_act": "silu",
        "attention_bias": False, "mlp_bias": False, "tie_word_embeddings": False, "bos_token_id": 1, "dtype": "bfloat16"}


def llava(text, width=1024, hidden=4096, layers=24, heads=16, image=336, patch=14):
    return {
        "architectures": ["LlavaForConditionalGeneration"], "model_type": "llava", "text_config": text,
        "vision_config": {
            "model_type": "clip_vision_model", "hidden_size": width, "intermediate_size": hidden, "num_hidden_layers": layers,
            "num_attention_heads": heads, "image_size": image, "patch_size": patch, "projection_dim": 768,
            "hidden_act": "quick_gelu"},
        "image_token_index": text["vocab_size"] - 64, "image_seq_length": (image // patch) ** 2, "vision_feature_layer": -2,
        "vision_feature_select_strategy": "default", "projector_hidden_act": "gelu", "tie_word_embeddings": False,
        "dtype": "bfloat16"}


def phi(width=2560, hidden=10240, layers=32, heads=32, vocabulary=51200):
    return {
        "architectures": ["PhiForCausalLM"], "model_type": "phi", "vocab_size": vocabulary, "hidden_size": width,
        "intermediate_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": heads,
        "max_position_embeddings": 2048, "rope_theta": 10000.0, "partial_rotary_factor": 0.4, "layer_norm_eps": 1e-5,
        "hidden_act": "gelu_new", "qk_layernorm": False, "tie_word_embeddings": False, "bos_token_id": 1, "dtype": "bfloat16"}


SMALL = dict(width=256, hidden=704, layers=3, heads=4, shared=2, vocabulary=1064)
MODELS = {
    "llama-1b": llama(),
    "llava-1b": llava(llama(vocabulary=32064)),
    "phi-2": phi(),
    # LLaVA-1.5-7B
    "llava-7b": llava(llama(4096, 11008, 32, 32, 32, 32064)),
    "llama-small": llama(**SMALL),
    "llava-small": llava(llama(**SMALL), 64, 128, 3, 4, 56, 14),
    "phi-small": phi(320, 880, 3, 4, 1000),
}


def decoder(config, prefix=""):
    width, hidden, vocabulary = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    head = width // config["num_attention_heads"]
    shared = head * config["num_key_value_heads"]
    is_phi = config["model_type"] == "phi"
    attention = {"q_proj": (width, width), "k_proj": (shared, width), "v_proj": (shared, width)}
    attention["dense" if is_phi else "o_proj"] = (width, width)
    maps = {f"self_attn.{name}": shape for name, shape in attention.items()}
    if is_phi:
        maps |= {"mlp.fc1": (hidden, width), "mlp.fc2": (width, hidden)}
        norms, last = ["input_layernorm"], "final_layernorm"
    else:
        maps |= {"mlp.gate_proj": (hidden, width), "mlp.up_proj": (hidden, width), "mlp.down_proj": (width, hidden)}
        norms, last = ["input_layernorm", "post_attention_layernorm"], "norm"
    tensors = {"model.embed_tokens.weight": (vocabulary, width)}

    def add(name, shape):
        tensors[name + ".weight"] = shape
        if is_phi:
            tensors[name + ".bias"] = shape[:1]

    for layer in range(config["num_hidden_layers"]):
        for name in norms:
            add(f"model.layers.{layer}.{name}", (width,))
        for name, shape in maps.items():
            add(f"model.layers.{layer}.{name}", shape)
    add(f"model.{last}", (width,))
    add("lm_head", (vocabulary, width))
    return {prefix + name: shape for name, shape in tensors.items()}


def tower(config):
    vision, model = config["vision_config"], config["text_config"]["hidden_size"]
    width, hidden = vision["hidden_size"], vision["intermediate_size"]
    patches = (vision["image_size"] // vision["patch_size"]) ** 2
    tensors = {
        "embeddings.class_embedding": (width,), "embeddings.position_embedding.weight": (patches + 1, width),
        "embeddings.patch_embedding.weight": (width, 3, vision["patch_size"], vision["patch_size"])}

    def add(name, *shape):
        tensors[name + ".weight"] = shape
        tensors[name + ".bias"] = shape[:1]

    add("pre_layrnorm", width)
    for layer in range(vision["num_hidden_layers"]):
        for name in ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj"]:
            add(f"encoder.layers.{layer}.{name}", width, width)
        add(f"encoder.layers.{layer}.mlp.fc1", hidden, width)
        add(f"encoder.layers.{layer}.mlp.fc2", width, hidden)
        for name in ["layer_norm1", "layer_norm2"]:
            add(f"encoder.layers.{layer}.{name}", width)
    add("post_layernorm", width)
    tensors = {f"vision_tower.vision_model.{name}": shape for name, shape in tensors.items()}
    for name, shape in {"linear_1": (model, width), "linear_2": (model, model)}.items():
        tensors[f"multi_modal_projector.{name}.weight"] = shape
        tensors[f"multi_modal_projector.{name}.bias"] = shape[:1]
    return tensors


def to_bf16(values):
    bits = values.view(numpy.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(numpy.uint16)


def make_folder(name, path):
    config, folder = MODELS[name], pathlib.Path(path)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if "text_config" in config:
        tensors = decoder(config["text_config"], "language_model.") | tower(config)
        size = config["vision_config"]["image_size"]
        processor = {
            "image_processor_type": "CLIPImageProcessor", "crop_size": {"height": size, "width": size},
            "size": {"shortest_edge": size}, "do_center_crop": True, "do_convert_rgb": True, "do_normalize": True,
            "do_rescale": True, "do_resize": True, "resample": 3, "rescale_factor": 1 / 255, "image_mean": [0.48, 0.46, 0.41],
            "image_std": [0.27, 0.26, 0.28]}
        (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    else:
        tensors = decoder(config)
    (folder / "config.json").write_text(json.dumps(config))
    # Ids are given as they are; a tokenizer has to be there, and which one does not matter.
    embedded = pathlib.Path(__file__).resolve().parents[2] / "Sources/CEmbedded/minivlm"
    for file in ["tokenizer.json", "tokenizer_config.json"]:
        shutil.copy(embedded / file, folder)
    drawn = numpy.random.default_rng(0).standard_normal(POOL, dtype=numpy.float32)
    pool = to_bf16(numpy.float32(0.02) * drawn)
    header, start = {"__metadata__": {"format": "pt"}}, 0
    for tensor, shape in tensors.items():
        end = start + 2 * int(numpy.prod(shape))
        header[tensor] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [start, end]}
        start = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        place = 0
        for tensor, shape in tensors.items():
            count = int(numpy.prod(shape))
            if "norm" in tensor and tensor.endswith("weight"):
                numpy.full(count, 0x3F80, numpy.uint16).tofile(file)
                continue
            while count > 0:
                piece = pool[place : place + count]
                piece.tofile(file)
                count -= len(piece)
                place = (place + len(piece)) % POOL


def read_folder(folder):
    """The tensors of a folder that `make_folder` wrote, as bf16 bits."""
    path = pathlib.Path(folder) / "model.safetensors"
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
    data = numpy.memmap(path, numpy.uint8, "r", 8 + length)
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            yield name, data[begin:end].view(numpy.uint16).reshape(entry["shape"])


LLAMA_NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "self_attn.dense": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "mlp.fc1": "ffn_up", "mlp.fc2": "ffn_down", "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}
OUTER_NAMES = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "model.final_layernorm": "output_norm",
               "lm_head": "output"}


def make_gguf(folder, target):
    import gguf

    config = json.loads((pathlib.Path(folder) / "config.json").read_text())
    heads, shared = config["num_attention_heads"], config["num_key_value_heads"]
    is_phi = config["model_type"] == "phi"
    head = config["hidden_size"] // heads
    writer = gguf.GGUFWriter(target, "phi2" if is_phi else "llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(shared)
    writer.add_rope_dimension_count(int(head * config.get("partial_rotary_factor", 1)))
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_BF16)
    writer.add_tokenizer_model("no_vocab")
    if is_phi:
        writer.add_layer_norm_eps(config["layer_norm_eps"])
        writer.add_add_bos_token(False)
    else:
        writer.add_layer_norm_rms_eps(config["rms_norm_eps"])

    def put(name, bits):
        if bits.ndim == 1:
            return writer.add_tensor(name, (bits.astype(numpy.uint32) << 16).view(numpy.float32))
        bits = numpy.ascontiguousarray(bits)
        writer.add_tensor(name, bits.view(numpy.uint8), raw_dtype=gguf.GGMLQuantizationType.BF16)

    parts = {}
    for name, bits in read_folder(folder):
        module, kind = name.rsplit(".", 1)
        if module in OUTER_NAMES:
            put(f"{OUTER_NAMES[module]}.{kind}", bits)
            continue
        _, _, layer, inner = module.split(".", 3)
        if is_phi and inner in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"):
            # One map there, in this order.
            part = parts.setdefault((layer, kind), [])
            part.append(bits)
            if len(part) == 3:
                put(f"blk.{layer}.attn_qkv.{kind}", numpy.concatenate(part))
            continue
        if not is_phi and inner in ("self_attn.q_proj", "self_attn.k_proj"):
            # Pairs that turn together lie half a head apart here and side by side there.
            count = heads if inner == "self_attn.q_proj" else shared
            bits = bits.reshape(count, 2, head // 2, -1).swapaxes(1, 2).reshape(bits.shape)
        put(f"blk.{layer}.{LLAMA_NAMES[inner]}.{kind}", bits)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    what, source, target = sys.argv[1:]
    if what == "folder":
        make_folder(source, target)
    else:
        make_gguf(source, target)
