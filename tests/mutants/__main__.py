"""Plants every mistake of the catalogue in turn and prints what the suite made of it.

`python -m tests.mutants [WORD ...]` tries those whose name or path holds one of the words. It ends
with an error when a mistake survives, or when its tests do not pass without it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.mutants.catalogue import MUTANTS
from tests.mutants.trial import Laboratory, Mutant, Verdict


def main(words: list[str]) -> int:
    """Try the chosen mutants; the number that were not caught."""
    chosen = [one for one in MUTANTS if not words or any(w in one.name + one.path for w in words)]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        laboratory = Laboratory(Path(folder))
        for tests in dict.fromkeys(one.tests for one in chosen):
            result = laboratory.is_sound(tests)
            if result.verdict is not Verdict.SURVIVED:
                sys.stdout.write(f"without any mistake {tests} fail: {result}\n")
                return 1
        missed = [one for one in chosen if not _is_caught(laboratory, one)]
    caught = len(chosen) - len(missed)
    sys.stdout.write(f"\n{caught} of {len(chosen)} mistakes were caught\n")
    return len(missed)


def _is_caught(laboratory: Laboratory, mutant: Mutant) -> bool:
    result = laboratory.try_out(mutant)
    where = mutant.path.removesuffix(".py").replace("/", ".")
    line = f"{result.verdict:<10} {where:<28} {mutant.name:<58} {result.seconds:5.1f} s"
    sys.stdout.write(f"{line}  {result.witness}\n")
    sys.stdout.flush()
    return result.is_caught


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
