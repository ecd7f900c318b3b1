"""The tool that plants mistakes works: its catalogue fits the sources, and its verdicts are right.

The whole catalogue takes minutes and runs by `make mutants`.
"""

from pathlib import Path

import pytest

from tests.house.tree import ROOT
from tests.mutants.catalogue import MUTANTS
from tests.mutants.trial import Laboratory, Mutant, Verdict

LEAST = 20
_TESTS = ("tests/engine/test_lifecycle.py",)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_every_mistake_has_its_place_in_the_sources_and_reads_as_python(mutant: Mutant) -> None:
    changed = mutant.applied((ROOT / mutant.path).read_text())
    compile(changed, mutant.path, "exec")
    for test in mutant.tests:
        assert (ROOT / test.partition("::")[0]).exists(), test


def test_there_are_at_least_twenty_and_no_two_share_a_name() -> None:
    names = [one.name for one in MUTANTS]
    assert len(names) >= LEAST
    assert len(set(names)) == len(names)


def test_a_mistake_whose_place_has_gone_is_an_error_and_not_a_success() -> None:
    stale = Mutant("stale", "engine/lifecycle.py", "no such line", "", _TESTS)
    with pytest.raises(ValueError, match=r"stale: engine/lifecycle\.py has 0 places"):
        stale.applied("something else")


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_mistake_is_caught_a_harmless_change_survives_and_broken_code_is_neither(
    tmp_path: Path,
) -> None:
    laboratory = Laboratory(tmp_path)
    mistake = next(one for one in MUTANTS if one.tests[0] == _TESTS[0])
    assert laboratory.try_out(mistake).verdict is Verdict.CAUGHT
    harmless = Mutant("harmless", mistake.path, "Two laws.", "Two rules.", _TESTS)
    assert laboratory.try_out(harmless).verdict is Verdict.SURVIVED
    broken = Mutant("broken", mistake.path, "from __future__ import annotations\n", "(", _TESTS)
    assert laboratory.try_out(broken).verdict is Verdict.BROKEN
