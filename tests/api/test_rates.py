"""A caller may call so many times a second, and the callers are forgotten in time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rates import CALLERS_MAX, Buckets


def test_a_burst_passes_and_the_next_call_waits_for_a_token() -> None:
    buckets = Buckets(per_second=2, burst=3)
    assert [buckets.take("a", 0.0) for _ in range(3)] == [0, 0, 0]
    assert buckets.take("a", 0.0) == pytest.approx(0.5)
    assert buckets.take("a", 0.5) == 0
    assert buckets.take("a", 0.5) > 0


def test_callers_do_not_share_a_bucket() -> None:
    buckets = Buckets(per_second=1, burst=1)
    assert buckets.take("a", 0.0) == 0
    assert buckets.take("b", 0.0) == 0


@given(st.lists(st.floats(0, 0.2), min_size=1, max_size=200))
def test_no_pattern_of_calls_gets_more_than_burst_and_rate(pauses: list[float]) -> None:
    buckets = Buckets(per_second=10, burst=5)
    now = passed = 0.0
    for pause in pauses:
        now += pause
        passed += buckets.take("a", now) == 0
    assert passed <= 5 + 10 * now + 1e-6


def test_more_callers_than_can_be_known_do_not_fill_the_memory() -> None:
    buckets = Buckets(per_second=0.001, burst=1)
    for caller in range(CALLERS_MAX + 100):
        buckets.take(str(caller), float(caller))
    assert len(vars(buckets)["_left"]) <= CALLERS_MAX


@pytest.mark.parametrize(("per_second", "burst"), [(0, None), (-1, None), (1, 0)])
def test_a_limit_that_lets_nothing_through_is_refused(per_second: float, burst: int | None) -> None:
    with pytest.raises(ValueError, match="is not"):
        Buckets(per_second, burst)
