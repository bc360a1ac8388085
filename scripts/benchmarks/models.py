#!/usr/bin/env python3
"""Times models against transformers on torch and against llama.cpp: the same weights, the same number of threads.

Usage: scripts/benchmarks/models.py PATH-OF-BENCH TORCH-PYTHON LLAMA-PYTHON FOLDER [small] [MODEL …]

The shapes are those of a Llama of 1.1 billion parameters, of a LLaVA with that decoder and CLIP-L/14-336, and of Phi-2; weights are
random, bf16 in the file, made in FOLDER where they are not there yet. Every side is a process that measures when told; sides take
turns within each round, so that what disturbs the machine disturbs all, and the least of the rounds counts. What steering costs is a
hundredth where that varies by a tenth: there the median of the rounds' ratios counts. What a side would need too long for is left
out, and said so. LLAMA-PYTHON may be "none".

Prints a table in Markdown: steersh, the peer, the ratio (above 1, steersh is better), and whether the aim is met.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
THREADS = len(os.sched_getaffinity(0))
ROUNDS = int(os.environ.get("STEERSH_BENCH_ROUNDS", 4))
NEW = 24
# A measurement that would take longer than this for one side, in seconds, is left out for it.
PATIENCE = 45
# What takes longer than this is measured once.
LONG = 25
# Seconds for all rounds of one measurement, after the first round.
ENOUGH = 14
# After so many seconds in all, everything is measured once.
HURRY = 540
# What steering costs is measured in at least and at most so many rounds, and for about so many seconds.
EDITS = (5, 21)
EDIT_SECONDS = 45
# Of the memory that is free, what the sides that run together may need.
SHARE = 0.8
# What steering is added to, and what a table calls it.
STEERED = {"prefill 64": "prefill of 64", "prefill 600": "prefill of 600", "edits 64 120": "a token after 64"}
HOWS = {" add": "a vector added everywhere", " mores": "rank-1 MoReS everywhere"}
OURS = "steersh"
ROUNDED = "steersh, bf16"


class Side:
    def __init__(self, name, command, size):
        self.name, self.size, self.process = name, size, None
        self.figures, self.left_out, self.ratios = {}, set(), {}
        self.command = [str(word) for word in command]

    def begin(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, what):
        try:
            self.process.stdin.write(what + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line.strip():
            raise SystemExit(f"models: {self.name} ended at \"{what}\"; its command was: {' '.join(self.command)}")
        return float(line)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def cost(what, figures):
    """What a measurement takes by that of a shorter prompt, in seconds; 0 where nothing is known."""
    words = what.split()
    if words[0] not in ("prefill", "image"):
        return 0
    count, how = int(words[1]), words[2:]
    known = [(int(key.split()[1]), value) for key, value in figures.items() if key.startswith("prefill") and key.split()[2:] == how]
    tokens, value = max(((tokens, value) for tokens, value in known if 64 <= tokens < count), default=(1, 0))
    return value * count / tokens


BEGIN = time.perf_counter()


def measure(questions, rounds=ROUNDS):
    """Asks every side its questions, (side, what), in turn; the least of the rounds goes into its figures."""
    start = time.perf_counter()
    for number in range(rounds if time.perf_counter() - BEGIN < HURRY else 1):
        turn = number % len(questions)
        for side, what in questions[turn:] + questions[:turn]:
            if cost(what, side.figures) > PATIENCE:
                side.left_out.add(what)
                continue
            if number > 0 and side.figures[what] > LONG:
                continue
            seconds = side.ask(what)
            if os.environ.get("STEERSH_BENCH_VERBOSE"):
                print(f"models: {side.name}: {what}: {seconds:.4f}", file=sys.stderr, flush=True)
            side.figures[what] = min(seconds, side.figures.get(what, seconds))
        # Long ones are not repeated often.
        if time.perf_counter() - start > (ENOUGH if number > 0 else 2 * ENOUGH):
            break


def ask_all(sides, what, **more):
    measure([(side, what) for side in sides], **more)


def variants(ours, what):
    """What steering costs: by the median of rounds, a run plain and steered in each; tokens take turns one by one."""
    start = time.perf_counter()
    if what.startswith("edits"):
        ours.ratios |= {what + how: (ours.ask(what + how), what.split()[2]) for how in HOWS}
        return
    hows, found = ["", *HOWS], []
    while len(found) < EDITS[0] or len(found) < EDITS[1] and time.perf_counter() - start < EDIT_SECONDS:
        turn = len(found) % len(hows)
        found.append({how: ours.ask(what + how) for how in hows[turn:] + hows[:turn]})
        if len(found) == 1 and time.perf_counter() - start > EDIT_SECONDS / 2: break
    for how in HOWS:
        ours.ratios[what + how] = statistics.median(times[how] / times[""] for times in found), len(found)


def measure_decoder(sides):
    everyone, sides = sides, [side for side in sides if side.name != ROUNDED]
    ours = sides[0]
    for what in ["load", "first"]:
        ask_all(sides, what)
    # In f32 against what computes so, in bf16 against what computes so.
    computing = [side for side in everyone if side is not ours or any(peer.name == "torch f32" for peer in sides)]
    for tokens in (64, 600, 2048):
        ask_all(computing, f"prefill {tokens}")
    for context in (64, 600):
        ask_all(sides, f"decode {context} {NEW}", rounds=ROUNDS if context < 600 else 2)
    for side in sides:
        side.figures["memory"] = side.ask("memory")
    if ours in computing:
        for what in STEERED: variants(ours, what)


def measure_vision(sides):
    everyone, sides = sides, [side for side in sides if side.name != ROUNDED]
    for what in ["load", "first", "vision"]:
        ask_all(sides, what)
    ask_all(everyone, "image 600")
    for side in sides:
        side.figures["memory"] = side.ask("memory")


def memory_free():
    for line in open("/proc/meminfo"):
        if line.startswith("MemAvailable"):
            return int(line.split()[1]) * 1024


def groups(ours, peers):
    """Peers that fit into memory together, ours beside them in each group."""
    room, group, found = memory_free() * SHARE, [], []
    for peer in peers:
        if group and ours.size + sum(side.size for side in group) + peer.size > room:
            found.append(group)
            group = []
        group.append(peer)
    return found + [group]


def number(value, unit):
    if unit == "tok/s":
        return f"{value:.0f}" if value >= 100 else f"{value:.1f}"
    return f"{value:.0f}" if unit == "MiB" else f"{value * 1e3:.0f}" if unit == "ms" else f"{value:.2f}"


class Table:
    def __init__(self):
        self.aims = self.met = 0

    def verdict(self, met, aim):
        self.aims, self.met = self.aims + 1, self.met + met
        return f"{aim} | {'yes' if met else 'no'}"

    def edit(self, name, ratio, peer, aim):
        print(f"| {name} | | {peer} | | {ratio:.3f} | {self.verdict(ratio <= aim, f'≤ {aim:g}')} |")

    def row(self, name, unit, own, peer, theirs, ratio, aim):
        verdict = " | " if aim is None else self.verdict(ratio >= aim, f"≥ {aim:g}")
        print(f"| {name} | {number(own, unit)} {unit} | {peer} | {number(theirs, unit)} {unit} | {ratio:.3g} | {verdict} |")

    def rates(self, name, key, count, ours, peers, aim):
        """Tokens per second against the best of `peers`; a line for each peer that was left out."""
        best = None
        for own, side in peers:
            if key in side.figures:
                rate = count / side.figures[key]
                best = max(best, (rate, side.name, own), key=lambda found: found[0]) if best else (rate, side.name, own)
            elif key in side.left_out:
                slow = count / cost(key, side.figures)
                print(f"| {name} | | {side.name} | left out: about {number(slow, 'tok/s')} tok/s | | | |")
        if best and ours in best[2]:
            rate = count / best[2][ours]
            self.row(name, "tok/s", rate, best[1], best[0], rate / best[0], aim)

    def costs(self, name, key, unit, peers, aim, scale=1.0):
        for own, side in peers:
            if key in own and key in side.figures:
                mine, theirs = own[key] * scale, side.figures[key] * scale
                self.row(name, unit, mine, side.name, theirs, theirs / mine, aim)


def report(table, pairs, rounded):
    """pairs: (steersh's figures in the peer's company, the peer); rounded: steersh's where it rounds activations to bf16."""
    named = lambda *names: [(own, side) for own, side in pairs if side.name in names]
    table.costs("load", "load", "s", pairs, None)
    table.costs("load and a first token", "first", "s", pairs, 1)
    table.costs("memory at most", "memory", "MiB", pairs, 1, 1 / 1024)
    halves = ("torch bf16", "llama.cpp bf16")
    for name, key, tokens in [(f"prefill of {count}", f"prefill {count}", count) for count in (64, 600, 2048)] + [
            ("prefill of 600 with a picture", "image 600", 600)]:
        table.rates(f"{name}, f32", key, tokens, key, named("torch f32"), 1.5)
        if key in rounded:
            table.rates(f"{name}, bf16", key, tokens, key, [(rounded, side) for _, side in named(*halves)], 1.2)
    for context in (64, 600):
        key = f"decode {context} {NEW}"
        table.rates(f"decoding after {context}", key, NEW, key, named("llama.cpp bf16"), 1)
        table.rates(f"decoding after {context}", key, NEW, key, named("torch f32", "torch bf16"), None)
    table.costs("tower and projector, a picture", "vision", "ms", pairs, None)


def bench(table, model, bench_program, torch, llama, folder):
    path = folder / model
    if not (path / "done").exists():
        print(f"models: making {model} in {path}", file=sys.stderr)
        subprocess.run([torch, HERE / "models_make.py", "folder", model, path], check=True)
        (path / "done").touch()
    size = (path / "model.safetensors").stat().st_size
    peers = [Side("torch f32", [torch, HERE / "models_peer.py", "torch", "f32", path, THREADS], 2.2 * size)]
    rounds = Side(ROUNDED, [bench_program, "models", path, THREADS, "bf16"], 0)
    peers.append(Side("torch bf16", [torch, HERE / "models_peer.py", "torch", "bf16", path, THREADS], size))
    is_vision = model.startswith("llava")
    if llama != "none" and not is_vision:
        file = path / "model.gguf"
        if not file.exists():
            subprocess.run([llama, HERE / "models_make.py", "gguf", path, path / "made.gguf"], check=True)
            (path / "made.gguf").rename(file)
        peers.append(Side("llama.cpp bf16", [llama, HERE / "models_peer.py", "llama", file, THREADS], size))
    print(f"\n{model}: {size / 2e9:.2f} billion parameters, {THREADS} threads\n")
    pairs, ratios = [], {}
    for group in groups(Side(OURS, [], size), peers):
        sides = [Side(OURS, [bench_program, "models", path, THREADS, "f32"], size), *group]
        # In bf16 it is held against those that compute so.
        if any(side.name.endswith("bf16") for side in group):
            sides.append(rounds)
        for side in sides:
            side.begin()
        try:
            (measure_vision if is_vision else measure_decoder)(sides)
        finally:
            for side in sides:
                side.process.kill()
                side.process.wait()
        pairs += [(sides[0].figures, peer) for peer in group]
        ratios |= sides[0].ratios
    print("| | steersh | peer | | ratio | aim | met |")
    print("|---|---|---|---|---|---|---|")
    report(table, pairs, rounds.figures)
    for key, name in STEERED.items():
        for how, kind in HOWS.items():
            if key + how in ratios:
                ratio, count = ratios[key + how]
                table.edit(f"{name}, {kind}", ratio, f"unsteered, {count} in turns", 1.02)


def busy():
    """Seconds of processor time that all processes together have used since the machine started."""
    user, nice, system, _, _, interrupts, soft, stolen = map(int, open("/proc/stat").readline().split()[1:9])
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")


def main():
    sys.stdout.reconfigure(line_buffering=True)
    program, torch, llama, folder = sys.argv[1:5]
    names = sys.argv[5:]
    is_small = "small" in names
    names = [name for name in names if name != "small"] or (
        ["llama-small", "llava-small", "phi-small"] if is_small else ["llama-1b", "llava-1b", "phi-2"])
    used = busy()
    time.sleep(1)
    others = busy() - used
    table, start = Table(), time.perf_counter()
    for name in names:
        bench(table, name, program, torch, llama, pathlib.Path(folder))
    print(f"\n{table.met} of {table.aims} aims met; {time.perf_counter() - start:.0f} s")
    if others > 0.35:
        print(f"Not a quiet machine: other processes used {others:.1f} cores before the first measurement, so figures say little.")


main()
