"""Trying one mistake: a copy of the tree, one text changed in it, and the tests that should mind.

The copy is made once and every change is undone after its run, so a trial costs what its tests
cost. Tests run in a process of their own with a limit; one that hangs has noticed the mistake too.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.house.tree import ROOT

COPIED = ("engine", "adapters", "api", "tests", "pyproject.toml")
LIMIT_S = 120
_FAILED = 1


@dataclass(frozen=True)
class Mutant:
    """One mistake: in `path`, `old` becomes `new`; `tests` are the ones that should fail."""

    name: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]

    def applied(self, text: str) -> str:
        """The file with the mistake in it; ValueError unless its place is there, once."""
        count = text.count(self.old)
        if count != 1:
            raise ValueError(f"{self.name}: {self.path} has {count} places that read {self.old!r}")
        return text.replace(self.old, self.new)


class Verdict(StrEnum):
    """What became of a mistake."""

    CAUGHT = "caught"
    HUNG = "caught (it hung)"
    SURVIVED = "SURVIVED"
    BROKEN = "NOT TRIED: the tests do not run"


@dataclass(frozen=True)
class Result:
    """A verdict, how long it took, and the first test that failed."""

    verdict: Verdict
    seconds: float
    witness: str = ""

    @property
    def is_caught(self) -> bool:
        """Whether the suite noticed."""
        return self.verdict in (Verdict.CAUGHT, Verdict.HUNG)


class Laboratory:
    """A copy of the source tree below `folder`, in which mistakes are tried."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                skipped = shutil.ignore_patterns("__pycache__", "static", "node_modules")
                shutil.copytree(source, folder / name, ignore=skipped)
            else:
                shutil.copy(source, folder / name)

    def is_sound(self, tests: tuple[str, ...]) -> Result:
        """Run tests without any mistake: they must pass, or their verdicts mean nothing."""
        return self._run(tests)

    def try_out(self, mutant: Mutant) -> Result:
        """Run a mutant's tests with the mistake in place, and take it out again."""
        path = self.folder / mutant.path
        sound = path.read_text()
        path.write_text(mutant.applied(sound))
        try:
            return self._run(mutant.tests)
        finally:
            path.write_text(sound)

    def _run(self, tests: tuple[str, ...]) -> Result:
        command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "--no-header", "--tb=no"]
        options = ["-p", "no:cacheprovider", "-W", "ignore"]
        began = time.perf_counter()
        try:
            done = subprocess.run(
                [*command, *options, *tests],
                cwd=self.folder,
                capture_output=True,
                text=True,
                timeout=LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Result(Verdict.HUNG, time.perf_counter() - began)
        took = time.perf_counter() - began
        if done.returncode == 0:
            return Result(Verdict.SURVIVED, took)
        if done.returncode != _FAILED:
            return Result(Verdict.BROKEN, took, done.stdout[-2000:] + done.stderr[-2000:])
        return Result(Verdict.CAUGHT, took, _first_failure(done.stdout))


def _first_failure(output: str) -> str:
    """The name of the first test that failed."""
    for line in output.splitlines():
        if line.startswith(("FAILED", "ERROR")):
            return line.split(" ", 2)[1].rpartition("::")[2]
    return ""
