#!/usr/bin/env python3
"""Times training steps of steersh against pyreft and plain torch: the same model, batch, start, optimiser, number of threads.

Usage: scripts/benchmarks/training.py PATH-OF-BENCH PYTHON [LAYERS WIDTH VOCABULARY SAMPLES TOKENS]

Rank-1 LoReFT on the output of every block, at every position, of a Llama with random f32 weights; AdamW. PYTHON has what
requirements.txt lists. Every side is a process that takes a step when told; steps go in turn, in another order each round, so
that what disturbs the machine disturbs all. The losses of all steps are compared: who computes something else gets no figures.
Ratios are the peer's figure over steersh's: above 1, steersh needs less.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

PEER = pathlib.Path(__file__).resolve().parent / "training_peer.py"
ROUNDS = 8
# Where steps are slow, three rounds must do: no more begin after this many seconds.
PATIENCE = 90
# Of a loss near 10. Both sides sum in f32, in different orders, and Adam turns a gradient's rounding into a change of the next step.
TOLERANCE = 1e-4


# Of a core. What more the rest of the machine takes shows in the figures; where all cores are in use, first in torch's.
DISTURBED = 0.35


def busy():
    """Seconds of processor time that all processes together have used since the machine started."""
    user, nice, system, _, _, interrupts, soft, stolen = map(int, open("/proc/stat").readline().split()[1:9])
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")


class Side:
    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.losses, self.seconds, self.processor, self.memory = [], [], [], 0

    def step(self):
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            words = self.process.stdout.readline().split()
        except BrokenPipeError:
            words = []
        if len(words) != 4:
            raise SystemExit(f"training: {self.name} ended before its step {len(self.losses) + 1}")
        loss, seconds, processor, memory = (float(word) for word in words)
        self.losses.append(loss)
        self.seconds.append(seconds)
        self.processor.append(processor)
        self.memory = memory / 1024

    def end(self):
        self.process.kill()
        self.process.wait()


def compare(threads, bench, python, folder):
    peers = ["pyreft", "torch"]
    sides = [Side("steersh", [bench, "training", folder, str(threads), str(ROUNDS + 1)])]
    sides += [Side(name, [python, PEER, name, folder, str(threads)]) for name in peers]
    try:
        for number in range(ROUNDS + 1):
            if number == 1:
                start, used = time.perf_counter(), busy()
            elif number > 3 and time.perf_counter() - start > PATIENCE:
                break
            turn = number % len(sides)
            for side in sides[turn:] + sides[:turn]:
                side.step()
        seconds, used = time.perf_counter() - start, busy() - used
    finally:
        for side in sides:
            side.end()
    ours = sides[0]
    others = (used - sum(sum(side.processor[1:]) for side in sides)) / seconds
    print(f"{threads} thread{'' if threads == 1 else 's'}, {len(ours.losses) - 1} steps")
    for side in sides[1:]:
        difference = max(abs(a - b) for a, b in zip(ours.losses, side.losses))
        if not difference <= TOLERANCE:
            raise SystemExit(f"training: losses are {ours.losses} and with {side.name} {side.losses}")
    print(f"  losses {ours.losses[0]:.4f} … {ours.losses[-1]:.4f}, equal within {TOLERANCE:g} (found {difference:.1g})")
    print(f"  {'':8} {'least s':>8} {'median s':>8} {'cpu s':>8} {'MiB':>6}   ratios: {'least':>6} {'median':>6} {'MiB':>6}")
    for side in sides:
        # The first step warms up; ours also tries the edit before it.
        seconds, processor = side.seconds[1:], side.processor[1:]
        figures = min(seconds), statistics.median(seconds), min(processor), side.memory
        if side is ours:
            base, ratios = figures, ""
        else:
            least, median, _, memory = (theirs / own for theirs, own in zip(figures, base))
            ratios = f"           {least:6.2f} {median:6.2f} {memory:6.2f}"
        print(f"  {side.name:8} {figures[0]:8.3f} {figures[1]:8.3f} {figures[2]:8.3f} {figures[3]:6.0f}{ratios}")
    if others > DISTURBED:
        print(f"  not a quiet machine: other processes used {others:.1f} cores, so seconds say little")


def main():
    sys.stdout.reconfigure(line_buffering=True)
    bench, python = sys.argv[1:3]
    sizes = sys.argv[3:] or ["12", "768", "32000", "4", "128"]
    layers, width, vocabulary, samples, tokens = sizes
    print(
        f"rank-1 LoReFT on {layers} layers of a Llama of width {width}, vocabulary {vocabulary}, {samples} × {tokens} tokens, f32;"
        " steps in turn, after one that is not counted")
    print("MiB is the most that a process held, its weights and for pyreft and torch Python and their libraries included")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, PEER, "make", folder, *sizes], check=True)
        for threads in sorted({1, len(os.sched_getaffinity(0))}):
            compare(threads, bench, python, folder)


main()
