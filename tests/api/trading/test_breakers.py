"""The breakers of all lines shown as one, and how often they may be reset."""

from __future__ import annotations

import pytest

from api.refusals import Refusal
from api.trading.breakers import COOLDOWN_S, Resets, worst
from engine.breaker import FAILURES_MAX, Breaker


def broken(failures: int = FAILURES_MAX) -> Breaker:
    """A breaker that has counted so many outages, all at once."""
    breaker = Breaker()
    for _ in range(failures):
        breaker.failed(0)
    return breaker


def test_without_a_line_everything_passes() -> None:
    assert worst([], 0) == ("closed", 0)


def test_one_line_that_is_down_is_shown_whatever_the_others_are() -> None:
    assert worst([Breaker(), broken()], 0) == ("open", FAILURES_MAX)


def test_outages_are_counted_before_they_open_anything() -> None:
    assert worst([broken(1), broken(2)], 0) == ("closed", 2)


def test_a_reset_closes_every_breaker() -> None:
    breakers = [broken(), broken()]
    Resets().reset(breakers, 100.0)
    assert worst(breakers, 0) == ("closed", 0)


def test_a_second_reset_waits_until_the_first_has_cooled_down() -> None:
    resets = Resets()
    resets.reset([], 100.0)
    breaker = broken()
    with pytest.raises(Refusal, match=r"try again in 1\.0 seconds") as refused:
        resets.reset([breaker], 100.0 + COOLDOWN_S - 1)
    assert (refused.value.status, refused.value.error.code) == (409, "RESET_COOLDOWN")
    assert worst([breaker], 0)[0] == "open"
    resets.reset([breaker], 100.0 + COOLDOWN_S)
    assert worst([breaker], 0)[0] == "closed"
