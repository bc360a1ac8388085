#!/usr/bin/env python3
"""Times the programs in scripts/benchmarks/language against the same programs in CPython.

Usage: scripts/benchmarks/language.py [path of steersh]   (default: .build/release/steersh)

Each figure is the best of several runs. Starting steersh (an empty script) is measured and subtracted; CPython is timed
inside this process. The ratio is CPython's time over steersh's: above 1, steersh is faster.
"""

import pathlib
import subprocess
import sys
import time

FOLDER = pathlib.Path(__file__).resolve().parent / "language"
ROOT = FOLDER.parents[2]
RUNS = 5


def calls():
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    assert fib(30) == 832040


def loop():
    def count(n):
        i = 0
        s = 0
        while i < n:
            s = s + i * 2
            i = i + 1
        return s

    assert count(10_000_000) == 99999990000000


def range_():
    def count(n):
        s = 0
        for i in range(n):
            s = s + i * 2
        return s

    assert count(10_000_000) == 99999990000000


def floats():
    def count(n):
        i = 0
        s = 0.0
        while i < n:
            s = s + i * 0.5
            i = i + 1
        return s

    assert count(3_000_000) == 2249999250000.0


def closures():
    doubled = list(map(lambda x: x * 2, range(1_000_000)))

    def total(xs):
        s = 0
        for x in xs:
            s = s + x
        return s

    assert total(doubled) == 999999000000


def records():
    def run(n):
        s = 0
        for i in range(n):
            r = {"a": i, "b": 2}
            s = s + r["a"] * r["b"]
        return s

    assert run(1_000_000) == 999999000000


def best(run):
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    steersh = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / ".build/release/steersh")

    def script(name):
        return best(lambda: subprocess.run([steersh, "run", str(FOLDER / f"{name}.steer")], check=True))

    start = script("empty")
    print(f"start of steersh: {start * 1000:.1f} ms")
    print(f"{'program':10} {'steersh ms':>11} {'CPython ms':>11} {'ratio':>6}")
    programs = {"calls": calls, "loop": loop, "range": range_, "floats": floats, "closures": closures, "records": records}
    for name, peer in programs.items():
        ours = max(script(name) - start, 1e-6)
        theirs = best(peer)
        print(f"{name:10} {ours * 1000:11.1f} {theirs * 1000:11.1f} {theirs / ours:6.2f}")


if __name__ == "__main__":
    main()
