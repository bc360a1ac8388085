#!/usr/bin/env python3
"""Times steersh from the command to the first prompt, through a pseudo-terminal.

Usage: scripts/benchmarks/start.py PATH-OF-STEERSH

The peers in the same run are `python3 -i` to its prompt and `true`, which is what starting any process costs.
"""

import os
import pty
import statistics
import subprocess
import sys
import time

RUNS = 21


def to_prompt(command, prompt):
    """Seconds until `prompt` appears."""
    environment = dict(os.environ, TERM="xterm", NO_COLOR="1", STEERSH_HISTORY="/dev/null", PYTHONSTARTUP="")
    start = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, environment)
    seen = b""
    while prompt not in seen:
        try:
            part = os.read(terminal, 4096)
        except OSError:
            part = b""
        if not part:
            raise SystemExit(f"{command[0]} ended before its prompt: {seen!r}")
        seen += part
    elapsed = time.perf_counter() - start
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    os.close(terminal)
    return elapsed


def process():
    start = time.perf_counter()
    subprocess.run(["true"], check=True)
    return time.perf_counter() - start


def median(measure):
    measure()
    return statistics.median(measure() for _ in range(RUNS)) * 1e3


def main():
    steersh = sys.argv[1]
    ours = median(lambda: to_prompt([steersh], "1› ".encode()))
    python = median(lambda: to_prompt([sys.executable, "-I", "-i"], b">>> "))
    print(f"steersh to its prompt  {ours:6.1f} ms   {ours / 50:.2f} of the 50 ms allowed")
    print(f"python3 to its prompt  {python:6.1f} ms   steersh takes {ours / python:.2f} of that")
    print(f"starting `true`        {median(process):6.1f} ms")


main()
