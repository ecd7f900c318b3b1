"""Three outages within a minute open the breaker; after a rest, an answered read closes it."""

import pytest

from engine.breaker import Breaker, BreakerState
from engine.values import NANOSECONDS

SECOND = NANOSECONDS


def opened(*seconds: float) -> Breaker:
    breaker = Breaker()
    for at in seconds:
        breaker.failed(int(at * SECOND))
    return breaker


@pytest.mark.parametrize(
    ("seconds", "opens"),
    [
        ((0, 1), False),
        ((0, 30, 60), True),
        ((0, 30, 60.000000001), False),
        ((0, 30, 61, 62), True),
        ((0, 0, 0), True),
    ],
)
def test_it_opens_at_three_failures_within_sixty_seconds(
    seconds: tuple[float, ...], opens: bool
) -> None:
    assert opened(*seconds).passes is not opens


def test_it_is_half_open_after_its_rest() -> None:
    breaker = opened(0, 1, 2)
    assert breaker.probe_at == 17 * SECOND
    assert breaker.state(17 * SECOND - 1) is BreakerState.OPEN
    assert breaker.state(17 * SECOND) is BreakerState.HALF_OPEN
    assert not breaker.passes


def test_an_answered_read_closes_it_when_half_open_and_not_before() -> None:
    breaker = opened(0, 1, 2)
    breaker.answered(16 * SECOND, is_read=True)
    assert not breaker.passes
    breaker.answered(17 * SECOND, is_read=False)
    assert not breaker.passes
    breaker.answered(17 * SECOND, is_read=True)
    assert (breaker.passes, breaker.failures) == (True, 0)
    assert breaker.state(0) is BreakerState.CLOSED


def test_a_probe_that_fails_begins_another_rest() -> None:
    breaker = opened(0, 1, 2, 3)
    assert breaker.probe_at == 17 * SECOND
    breaker.failed(20 * SECOND)
    assert breaker.probe_at == 35 * SECOND


def test_a_person_may_close_it() -> None:
    breaker = opened(0, 1, 2)
    breaker.reset()
    assert (breaker.passes, breaker.probe_at, breaker.failures) == (True, None, 0)
