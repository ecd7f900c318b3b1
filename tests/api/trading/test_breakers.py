"""A breaker opens at the third outage within a minute and stays open until it is reset."""

from __future__ import annotations

import pytest

from api.refusals import Refusal
from api.trading.breakers import COOLDOWN_S, WINDOW_S, Breaker, Breakers


def test_three_failures_within_the_window_open_it() -> None:
    breaker = Breaker()
    for now in (0.0, 1.0):
        breaker.failed(now)
    assert not breaker.is_open
    breaker.failed(WINDOW_S)
    assert breaker.is_open


def test_failures_that_are_far_apart_do_not() -> None:
    breaker = Breaker()
    for now in (0.0, WINDOW_S, 2 * WINDOW_S):
        breaker.failed(now)
    assert not breaker.is_open
    assert breaker.failure_count(2 * WINDOW_S) == 2


def test_a_reset_closes_both_and_another_one_must_wait() -> None:
    breakers = Breakers()
    for _ in range(3):
        breakers.adapter.failed(0.0)
        breakers.exit_order.failed(0.0)
    breakers.reset(1.0)
    assert not breakers.adapter.is_open
    assert not breakers.exit_order.is_open
    with pytest.raises(Refusal) as raised:
        breakers.reset(1.0 + COOLDOWN_S - 0.1)
    assert raised.value.status == 409
    breakers.reset(1.0 + COOLDOWN_S)
