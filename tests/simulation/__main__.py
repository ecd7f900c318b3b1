"""Runs as many simulated worlds as asked and counts what happened in them.

`python -m tests.simulation --seeds 50000 [--first 0] [--processes 2]` ends with an error if any
world broke a promise, and prints the seed of each that did. `--seed N` runs one and shows its tape.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict

import msgspec

from engine.values import NANOSECONDS
from tests.simulation.clock import START_NS
from tests.simulation.invariants import Violation
from tests.simulation.world import Run, World

CHUNK = 50
REPORT_EVERY = 1000


def attempt(seed: int) -> tuple[int, Run | None, str]:
    """One world: what it was, or how it broke."""
    try:
        return seed, World(seed).run(), ""
    except Exception as error:  # noqa: BLE001 - a world may break in any way, and all are reported
        return seed, None, f"{type(error).__name__}: {error}"


def attempts(first: int, seeds: int, processes: int) -> Iterator[tuple[int, Run | None, str]]:
    """Worlds in the order of their seeds."""
    wanted = range(first, first + seeds)
    if processes == 1:
        yield from map(attempt, wanted)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(attempt, wanted, chunksize=CHUNK)


def soak(first: int, seeds: int, processes: int) -> int:
    """Run them all and print the counts; how many broke."""
    totals: Counter[str] = Counter()
    mishaps: Counter[str] = Counter()
    broken: list[int] = []
    began = time.perf_counter()
    for done, (seed, run, error) in enumerate(attempts(first, seeds, processes), start=1):
        if run is None:
            broken.append(seed)
            say(f"seed {seed} broke: {error}\n  replay: SEED={seed} pytest tests/simulation")
        else:
            counts = {name: n for name, n in asdict(run).items() if isinstance(n, int)}
            totals.update(counts)
            mishaps.update(run.happened)
        if done % REPORT_EVERY == 0 or done == seeds:
            took = time.perf_counter() - began
            say(f"{done} worlds in {took:.0f} s, {len(broken)} broken")
    del totals["seed"]
    say("counted: " + ", ".join(f"{name} {n}" for name, n in totals.items()))
    say("mishaps: " + ", ".join(f"{name} {n}" for name, n in sorted(mishaps.items())))
    say(f"violations: {len(broken)}" + (f" at seeds {broken[:20]}" if broken else ""))
    return len(broken)


def show(seed: int) -> int:
    """Run one world and print its tape, then what became of it."""
    world = World(seed)
    try:
        say(str(world.run()))
    except Violation as violation:
        _show_tape(world)
        say(f"violation: {violation}")
        return 1
    _show_tape(world)
    return 0


def _show_tape(world: World) -> None:
    for record in world.records():
        fact = json.dumps(msgspec.to_builtins(record.event), default=str)
        at = (record.ts - START_NS) / NANOSECONDS
        say(f"{record.seq:5} {at:9.3f} {record.account:4} <-{record.causation:<5} {fact}")


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int)
    chosen = parser.parse_args()
    if chosen.seed is not None:
        return show(chosen.seed)
    return min(soak(chosen.first, chosen.seeds, chosen.processes), 1)


if __name__ == "__main__":
    sys.exit(main())
