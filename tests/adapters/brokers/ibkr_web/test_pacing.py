"""The limits of the gateway, kept on our side, by a clock of the test's own."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from adapters.brokers.ibkr_web.pacing import PER_SECOND, Pacing
from engine.ports import Throttled
from engine.values import NANOSECONDS

pytestmark = pytest.mark.anyio
FAST = 0.05
"""A second of the gateway's in these tests."""


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        """Now, in ns."""
        return self.now

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.now += int(seconds * NANOSECONDS)


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_no_more_calls_leave_than_the_gateway_takes_in_any_second() -> None:
    pacing = Pacing(FAST)
    left: list[float] = []

    async def call() -> None:
        await pacing.wait("POST", "/iserver/reply/1")
        left.append(time.monotonic())

    await asyncio.gather(*(call() for _ in range(40)))
    window = FAST
    most = max(sum(start <= one < start + window for one in left) for start in left)
    assert most <= 2 * PER_SECOND  # a full bucket, and what flows in meanwhile


async def test_a_list_is_asked_for_once_in_five_seconds() -> None:
    pacing = Pacing(0.02)
    left = []
    for _ in range(4):
        await pacing.wait("GET", "/iserver/account/orders")
        left.append(time.monotonic())
    assert all(later - sooner >= 0.099 for sooner, later in pairwise(left))


async def test_placing_orders_is_no_list_of_orders() -> None:
    pacing = Pacing(1.0)
    async with asyncio.timeout(0.5):
        for _ in range(3):
            await pacing.wait("POST", "/iserver/account/DU1/orders")


async def test_cancels_go_before_whatever_waits() -> None:
    pacing = Pacing(0.5)
    order: list[str] = []

    async def call(name: str, *, is_urgent: bool) -> None:
        await pacing.wait("POST", "/x", is_urgent=is_urgent)
        order.append(name)

    for _ in range(PER_SECOND - 1):
        await pacing.wait("POST", "/x")
    waiting = [asyncio.create_task(call("order", is_urgent=False)) for _ in range(3)]
    await asyncio.sleep(0)
    await call("cancel", is_urgent=True)
    await asyncio.gather(*waiting)
    assert order[0] == "cancel"


async def test_a_429_stops_everything_for_the_penalty(clock: Clock) -> None:
    pacing = Pacing(1.0, 60.0, 600.0, clock)
    assert pacing.throttled() == 60 * NANOSECONDS
    with pytest.raises(Throttled) as raised:
        await pacing.wait("DELETE", "/iserver/account/DU1/order/1", is_urgent=True)
    assert raised.value.wait_ns == 60 * NANOSECONDS
    clock.pass_s(60)
    await pacing.wait("GET", "/tickle")


async def test_each_429_after_another_costs_twice_as_long_up_to_the_longest(clock: Clock) -> None:
    pacing = Pacing(1.0, 60.0, 600.0, clock)
    waits = []
    for _ in range(6):
        wait = pacing.throttled()
        waits.append(wait // NANOSECONDS)
        clock.pass_s(wait / NANOSECONDS + 1)
    assert waits == [60, 120, 240, 480, 600, 600]
    clock.pass_s(601)
    assert pacing.throttled() == 60 * NANOSECONDS


async def test_several_429s_at_once_are_one(clock: Clock) -> None:
    pacing = Pacing(1.0, 60.0, 600.0, clock)
    assert {pacing.throttled() for _ in range(8)} == {60 * NANOSECONDS}
