"""Time at a gateway: the machine's, or that of the backtest that stands behind it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import httpx
import pytest

from api.gateway_time import GatewayTime, SteppedTime, WallTime, time_at
from api.ibkr.over_https import OverHttps
from engine.values import NANOSECONDS
from engine.worker.errors import WorkerError, WorkerStopped
from tests.api.line import line
from tests.api.served import MINUTE_NS, START_NS, Served, bars, serving

STAYS = Event()


@contextmanager
def at(served: Served) -> Iterator[GatewayTime]:
    """The time at a server."""
    over = OverHttps(served.url)
    try:
        yield time_at(over)
    finally:
        over.close()


def leaving() -> Event:
    """Set: it is time to go."""
    event = Event()
    event.set()
    return event


def test_a_backtest_has_a_time_of_its_own() -> None:
    with serving() as served, at(served) as its:
        assert isinstance(its, SteppedTime)
        assert its.now_ns() == START_NS


def test_any_other_gateway_is_on_the_wall_clock() -> None:
    with serving(stepped=False) as served, at(served) as its:
        assert isinstance(its, WallTime)
        assert abs(its.now_ns() - time.time_ns()) < NANOSECONDS


def test_nobody_at_the_address_is_on_the_wall_clock() -> None:
    over = OverHttps("http://127.0.0.1:9")
    try:
        assert isinstance(time_at(over), WallTime)
    finally:
        over.close()


def test_a_sleep_passes_in_simulated_time_with_the_steps_in_it() -> None:
    with serving() as served, at(served) as its:
        started = time.monotonic()
        its.sleep_ns(2 * MINUTE_NS + 400_000_000, STAYS)
        assert time.monotonic() - started < 60
        assert its.now_ns() == START_NS + 2 * MINUTE_NS + 400_000_000
        assert served.desk.engine.now == its.now_ns()
        assert httpx.get(served.url + "/clock").json()["step"] == 2


def test_a_tick_comes_after_each_step_in_which_it_is_due_until_the_end() -> None:
    with serving(bars("AAPL", 10)) as served, at(served) as its:
        ticks = its.ticks(3 * MINUTE_NS, STAYS)
        seen = [(its.now_ns() - START_NS) // MINUTE_NS for _ in ticks]
        first = -(START_NS // MINUTE_NS) % 3 or 3
        assert seen == list(range(first, 11, 3))
        assert httpx.get(served.url + "/clock").json()["state"] == "waiting_for_client"
        its.end()
        assert httpx.get(served.url + "/clock").json()["state"] == "complete"


def test_ticks_that_were_slept_through_are_one() -> None:
    with serving(bars("AAPL", 10)) as served, at(served) as its:
        count = 0
        for _ in its.ticks(MINUTE_NS, STAYS):
            count += 1
            if count == 1:
                its.sleep_ns(4 * MINUTE_NS, STAYS)
        assert count == 6


def test_who_leaves_before_the_end_leaves_the_run_open() -> None:
    with serving() as served, at(served) as its:
        with pytest.raises(WorkerStopped):
            its.sleep_ns(1, leaving())
        with pytest.raises(WorkerStopped):
            next(its.ticks(MINUTE_NS, leaving()))
        its.end()
        assert httpx.get(served.url + "/clock").json()["step"] == 0


def test_a_clock_that_another_moves_is_left_to_it() -> None:
    with serving() as served, at(served) as its, line(served) as stream:
        stream.step()
        with pytest.raises(WorkerError, match="acknowledgements"):
            its.sleep_ns(NANOSECONDS, STAYS)


def test_a_backtest_that_is_gone_ends_whoever_lives_by_its_clock() -> None:
    over = OverHttps("http://127.0.0.1:9")
    shown = {"now": "2024-01-02T14:30:00Z", "step": 0, "steps_total": 0}
    its = SteppedTime(over, shown)
    try:
        for move in (its.end, lambda: its.sleep_ns(1, STAYS)):
            with pytest.raises(WorkerError, match=r"clock can not be moved: POST /clock/step"):
                move()
    finally:
        over.close()


def test_the_wall_clock_waits_and_can_be_woken() -> None:
    wall = WallTime()
    started = time.monotonic()
    wall.sleep_ns(20_000_000, STAYS)
    assert 0.02 <= time.monotonic() - started < 5
    with pytest.raises(WorkerStopped):
        wall.sleep_ns(3_600 * NANOSECONDS, leaving())
    ticks = wall.ticks(10_000_000, STAYS)
    next(ticks)
    next(ticks)
    wall.end()
