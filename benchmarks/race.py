"""A race: contenders in processes of their own, one after another on one core, in several rounds.

Rounds go through all contenders in turn, so that a machine that slows down slows all of them. What
counts is the time a process was at work, so that other work on the machine does not; where a
contender waits for a disk, its `clock` is "seconds", those on the wall.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
CORE = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
TIMEOUT_S = 300


@dataclass
class Contender:
    """A module of `benchmarks.contenders` with its data and options, and what its runs gave."""

    title: str
    module: str
    data: Path
    rows: int
    options: dict[str, str] = field(default_factory=dict)
    python: str = sys.executable
    rounds: int = 3
    clock: str = "work_seconds"
    seconds: list[float] = field(default_factory=list)
    result: dict[str, object] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Rows a second in the median round."""
        return self.rows / statistics.median(self.seconds)

    @property
    def peak_mb(self) -> float:
        """The most memory its process held."""
        return float(str(self.result["peak_mb"]))

    def run(self) -> None:
        """One round; raises RuntimeError with what the process said if it failed."""
        options = [f"{key}={value}" for key, value in self.options.items()]
        command = [self.python, "-m", f"benchmarks.contenders.{self.module}", str(self.data)]
        done = subprocess.run(
            [*command, *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
            preexec_fn=_pin,
        )
        if done.returncode:
            raise RuntimeError(f"{self.title} failed:\n{done.stderr[-2000:]}")
        self.result = json.loads(done.stdout.splitlines()[-1])
        self.seconds.append(float(str(self.result[self.clock])))

    def __str__(self) -> str:
        found = self.result
        return (
            f"  {self.title:<44} {self.rate:>12,.0f} rows/s  {found['orders']:>7} orders"
            f"  {found['fills']:>7} fills  equity {found['equity']}  {self.peak_mb:>5.0f} MB"
        )


def race(contenders: Sequence[Contender]) -> None:
    """Run every contender as often as it wants, in turn, and print what each came to."""
    for number in range(max(each.rounds for each in contenders)):
        for each in contenders:
            if number < each.rounds:
                each.run()
    for each in contenders:
        print(each, flush=True)


def _pin() -> None:
    if CORE is not None:
        os.sched_setaffinity(0, {CORE})
