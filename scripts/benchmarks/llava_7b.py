#!/usr/bin/env python3
"""A LLaVA-1.5 of 7 billion parameters with random bf16 weights of that exact shape: is loaded, and answers about a picture.

Usage: scripts/benchmarks/llava_7b.py PATH-OF-BENCH PYTHON FOLDER

PYTHON has numpy. The model's 14 GB are written to FOLDER and removed at the end.
"""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
THREADS = len(os.sched_getaffinity(0))
NEW = 8


def memory(name):
    for line in open("/proc/meminfo"):
        if line.startswith(name):
            return int(line.split()[1]) / 2**20


def main():
    sys.stdout.reconfigure(line_buffering=True)
    program, python, folder = sys.argv[1:]
    path = pathlib.Path(folder) / "llava-7b"
    print(f"{memory('MemTotal'):.1f} GiB of memory, {memory('MemAvailable'):.1f} of it available; {THREADS} threads")
    try:
        subprocess.run([python, HERE / "models_make.py", "folder", "llava-7b", path], check=True)
        size = (path / "model.safetensors").stat().st_size
        print(f"weights: {size / 1e9:.2f} GB, {size / 2e9:.2f} billion parameters")
        side = subprocess.Popen(
            [program, "models", str(path), str(THREADS), "f32"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def ask(what):
            side.stdin.write(what + "\n")
            side.stdin.flush()
            return float(side.stdout.readline())

        print(f"load: {ask('load'):.2f} s")
        for number in ("first", "second"):
            print(f"{number} picture, {NEW} tokens of an answer: {ask(f'answer {NEW}'):.1f} s")
        print(f"resident at most, mapped weights included: {ask('memory') / 2**20:.2f} GiB")
        for line in open(f"/proc/{side.pid}/status"):
            if line.startswith(("RssAnon", "RssFile")):
                print(f"{line.split(':')[0]}: {int(line.split()[1]) / 2**20:.2f} GiB")
        side.kill()
    finally:
        shutil.rmtree(path, ignore_errors=True)


main()
