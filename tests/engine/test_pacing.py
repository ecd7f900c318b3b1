"""A broker's limits are kept on our side, and orders can not use up the share of cancels."""

from hypothesis import given
from hypothesis import strategies as st

from engine.pacing import Bucket, Pacing
from engine.ports import RateLimits
from engine.values import NANOSECONDS

SECOND = NANOSECONDS
TEN = RateLimits(orders_per_second=10)


def sent(pacing: Pacing, now: int, is_urgent: bool) -> int:
    """How many go out at once."""
    count = 0
    while not pacing.wait(now, is_order=True, is_urgent=is_urgent):
        pacing.take(now, is_order=True)
        count += 1
    return count


def test_orders_leave_a_fifth_of_every_bucket_to_cancels() -> None:
    pacing = Pacing(TEN)
    assert sent(pacing, 0, is_urgent=False) == 8
    assert sent(pacing, 0, is_urgent=True) == 2
    assert pacing.left(0) == 0


def test_a_bucket_refills_evenly() -> None:
    pacing = Pacing(TEN)
    sent(pacing, 0, is_urgent=True)
    assert pacing.wait(0, is_order=True, is_urgent=True) == SECOND // 10
    assert pacing.wait(0, is_order=True, is_urgent=False) == 3 * SECOND // 10
    assert sent(pacing, SECOND // 10, is_urgent=True) == 1
    assert pacing.reset_at(SECOND // 10) == SECOND // 10 + SECOND


def test_without_limits_nothing_waits() -> None:
    pacing = Pacing(None)
    assert pacing.wait(0, is_order=True, is_urgent=False) == 0
    assert (pacing.left(0), pacing.is_low(0), pacing.reset_at(7)) == (None, False, 7)


def test_reads_are_counted_against_requests_and_not_against_orders() -> None:
    pacing = Pacing(RateLimits(orders_per_second=1, orders_per_day=5, requests_per_minute=10))
    for _ in range(10):
        assert pacing.wait(0, is_order=False, is_urgent=True) == 0
        pacing.take(0, is_order=False)
    assert pacing.wait(0, is_order=False, is_urgent=True) == 6 * SECOND
    assert pacing.wait(0, is_order=True, is_urgent=True) == 6 * SECOND


def test_the_tightest_limit_counts() -> None:
    pacing = Pacing(RateLimits(orders_per_second=10, orders_per_day=3))
    assert sent(pacing, 0, is_urgent=True) == 3
    assert pacing.left(0) == 0


def test_low_is_the_share_that_is_set_aside() -> None:
    pacing = Pacing(TEN)
    for _ in range(7):
        pacing.take(0, is_order=True)
    assert not pacing.is_low(0)
    pacing.take(0, is_order=True)
    assert pacing.is_low(0)


def test_what_the_broker_says_of_its_limit_counts_more_than_our_counting() -> None:
    pacing = Pacing(TEN)
    pacing.throttled(0, 5 * SECOND)
    assert pacing.wait(0, is_order=True, is_urgent=True) == 5 * SECOND
    assert pacing.wait(5 * SECOND, is_order=True, is_urgent=True) == 0


@given(
    st.integers(1, 50),
    st.lists(st.tuples(st.integers(0, 2 * SECOND), st.booleans()), max_size=60),
)
def test_no_period_sees_more_than_the_bucket_and_what_it_refilled(
    size: int, steps: list[tuple[int, bool]]
) -> None:
    bucket, now, times = Bucket(size, SECOND, 0), 0, list[int]()
    for passed, is_urgent in steps:
        now += passed
        now += bucket.wait(now, is_urgent)
        bucket.take(now)
        times.append(now)
    for first in times:
        within = [at for at in times if first <= at < first + SECOND]
        assert len(within) <= 2 * size
