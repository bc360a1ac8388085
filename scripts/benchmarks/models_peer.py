"""The peers of scripts/benchmarks/models.py.

Usage: models_peer.py torch f32|bf16 FOLDER THREADS    models_peer.py llama FILE THREADS

Answers each line on standard input with one number:

    load                 seconds from nothing to a model, libraries loaded and the file in the page cache
    first                the same, and a pass of one token, which touches all weights
    prefill N            seconds for a prompt of N tokens, with the logits of its last position
    decode CONTEXT N     seconds for N greedy tokens after a prompt of CONTEXT tokens
    vision               seconds for an image through tower and projector
    image N              seconds for a prompt of N tokens of which one is an image
    memory               KiB that the process held at most

`torch` is transformers with its default attention.
"""

import os
import sys
import time

VOCABULARY = 1000


def ids(count, seed=7919):
    return [(index * seed + 13) % (VOCABULARY - 3) + 3 for index in range(count)]


def peak_memory():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1])


class Torch:
    def __init__(self, dtype, folder, threads):
        os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1"}
        import torch
        import transformers
        from transformers.utils import logging

        logging.disable_progress_bar()
        torch.set_num_threads(int(threads))
        torch.set_grad_enabled(False)
        self.torch, self.folder = torch, folder
        self.dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[dtype]
        config = transformers.AutoConfig.from_pretrained(folder)
        self.kind = transformers.LlavaForConditionalGeneration if config.model_type == "llava" else transformers.AutoModelForCausalLM
        self.config, self.model = config, None

    def load(self):
        self.model = None
        start = time.perf_counter()
        self.model = self.kind.from_pretrained(self.folder, dtype=self.dtype).eval()
        return time.perf_counter() - start

    def first(self):
        seconds = self.load()
        return seconds + self.prefill(1)

    def run(self, tokens, **more):
        return self.model(input_ids=self.torch.tensor([tokens]), use_cache=True, logits_to_keep=1, **more)

    def prefill(self, count):
        tokens = ids(count)
        start = time.perf_counter()
        self.run(tokens)
        return time.perf_counter() - start

    def decode(self, context, count):
        out = self.run(ids(context))
        start = time.perf_counter()
        for _ in range(count):
            token = out.logits[:, -1:].argmax(-1)
            out = self.model(input_ids=token, past_key_values=out.past_key_values, use_cache=True)
        return time.perf_counter() - start

    def pixels(self):
        size = self.config.vision_config.image_size
        return self.torch.randn(1, 3, size, size).to(self.dtype)

    def vision(self):
        pixels = self.pixels()
        start = time.perf_counter()
        self.model.get_image_features(pixel_values=pixels)
        return time.perf_counter() - start

    def image(self, count):
        config = self.config
        patches = (config.vision_config.image_size // config.vision_config.patch_size) ** 2
        token = config.image_token_id if hasattr(config, "image_token_id") else config.image_token_index
        before = (count - patches) // 2
        tokens = ids(before) + [token] * patches + ids(count - patches - before, 104729)
        pixels = self.pixels()
        start = time.perf_counter()
        self.run(tokens, pixel_values=pixels)
        return time.perf_counter() - start


class Llama:
    def __init__(self, file, threads):
        import llama_cpp.llama_cpp as library
        import numpy

        self.library, self.numpy, self.file, self.threads = library, numpy, file, int(threads)
        library.llama_backend_init()
        self.quiet = library.llama_log_callback(lambda level, text, data: None)
        library.llama_log_set(self.quiet, None)
        self.model = self.context = None

    def load(self):
        library = self.library
        if self.model:
            library.llama_free(self.context)
            library.llama_model_free(self.model)
        start = time.perf_counter()
        self.model = library.llama_model_load_from_file(self.file.encode(), library.llama_model_default_params())
        assert self.model, f"llama.cpp does not load {self.file}"
        parameters = library.llama_context_default_params()
        parameters.n_ctx, parameters.n_batch, parameters.n_ubatch = 2304, 2048, 512
        parameters.n_threads = parameters.n_threads_batch = self.threads
        parameters.no_perf = True
        self.context = library.llama_init_from_model(self.model, parameters)
        assert self.context
        seconds = time.perf_counter() - start
        self.vocabulary = library.llama_vocab_n_tokens(library.llama_model_get_vocab(self.model))
        return seconds

    def first(self):
        seconds = self.load()
        return seconds + self.prefill(1)

    def feed(self, tokens):
        array = (self.library.llama_token * len(tokens))(*tokens)
        assert self.library.llama_decode(self.context, self.library.llama_batch_get_one(array, len(tokens))) == 0

    def prefill(self, count):
        tokens = ids(count)
        start = time.perf_counter()
        self.library.llama_memory_clear(self.library.llama_get_memory(self.context), False)
        self.feed(tokens)
        return time.perf_counter() - start

    def decode(self, context, count):
        self.prefill(context)
        logits = self.library.llama_get_logits_ith
        start = time.perf_counter()
        for _ in range(count):
            self.feed([int(self.numpy.ctypeslib.as_array(logits(self.context, -1), (self.vocabulary,)).argmax())])
        return time.perf_counter() - start


def main():
    # What libraries print goes elsewhere.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    side = Torch(*sys.argv[2:]) if sys.argv[1] == "torch" else Llama(*sys.argv[2:])
    for line in sys.stdin:
        what, *counts = line.split()
        print(peak_memory() if what == "memory" else getattr(side, what)(*map(int, counts)), file=answers)


main()
