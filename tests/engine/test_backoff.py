"""Waits are drawn from nothing up to a ceiling that doubles to a minute and stays there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backoff import Backoff
from engine.values import NANOSECONDS


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=100))
def test_every_wait_lies_under_its_ceiling_and_no_attempt_is_the_last(draws: list[float]) -> None:
    chances = iter(draws)
    backoff = Backoff(lambda: next(chances))
    for number, _ in enumerate(draws):
        ceiling = min(2**number, 60) * NANOSECONDS
        assert backoff.ceiling_ns == ceiling
        assert 0 <= backoff.failed() < ceiling


def test_the_ceilings_are_one_second_doubled_up_to_a_minute() -> None:
    backoff = Backoff(lambda: 0.999999)
    waits = [round(backoff.failed() / NANOSECONDS) for _ in range(9)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@pytest.mark.parametrize("failures", [0, 1, 50, 10_000])
def test_success_begins_anew(failures: int) -> None:
    backoff = Backoff(lambda: 0.5)
    for _ in range(failures):
        backoff.failed()
    backoff.succeeded()
    assert (backoff.attempts, backoff.failed()) == (0, NANOSECONDS // 2)
