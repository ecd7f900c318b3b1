"""A worker's time and datetime follow its clock, and are the real ones in all else."""

from __future__ import annotations

import copy
import datetime as real
import pickle
import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.worker.clock import datetime_module, moment, time_module

START = 1_700_000_000_123_456_789


class Hands:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = START

    def time_ns(self) -> int:
        """Where it stands."""
        return self.now

    def sleep_ns(self, duration: int) -> None:
        """Move."""
        self.now += duration


@pytest.fixture
def clock() -> Hands:
    """One clock for both modules."""
    return Hands()


@pytest.fixture
def sim_time(clock: Hands) -> Any:
    """The worker's time."""
    return time_module(clock)


@pytest.fixture
def sim_datetime(clock: Hands) -> Any:
    """The worker's datetime."""
    return datetime_module(clock)


def test_every_clock_of_time_is_the_workers(sim_time: Any) -> None:
    for name in ("time", "monotonic", "perf_counter"):
        assert getattr(sim_time, name)() == START / 1e9
        assert getattr(sim_time, f"{name}_ns")() == START


def test_sleep_moves_the_clock_and_refuses_what_the_real_one_refuses(
    sim_time: Any, clock: Hands
) -> None:
    sim_time.sleep(1.5)
    assert clock.now == START + 1_500_000_000
    with pytest.raises(ValueError, match="non-negative"):
        sim_time.sleep(-1)


def test_calendar_functions_take_the_clock_for_now_and_utc_for_here(sim_time: Any) -> None:
    assert sim_time.strftime("%Y-%m-%d %H:%M:%S") == "2023-11-14 22:13:20"
    assert sim_time.strftime("%Y", sim_time.gmtime(0)) == "1970"
    assert sim_time.localtime() == sim_time.gmtime()
    assert sim_time.localtime(0).tm_year == 1970
    assert sim_time.ctime() == sim_time.asctime() == "Tue Nov 14 22:13:20 2023"
    assert sim_time.ctime(0) == sim_time.asctime(sim_time.gmtime(0))
    assert (sim_time.tzname, sim_time.timezone) == (("UTC", "UTC"), 0)


def test_everything_else_is_the_real_module(sim_time: Any, sim_datetime: Any) -> None:
    assert sim_time.struct_time is time.struct_time
    assert sim_datetime.timedelta is real.timedelta
    assert sim_datetime.timezone is real.timezone


def test_now_and_today_follow_the_clock_in_utc(sim_datetime: Any) -> None:
    now = sim_datetime.datetime.now()
    assert now == real.datetime(2023, 11, 14, 22, 13, 20, 123456)  # noqa: DTZ001  naive is UTC
    assert sim_datetime.datetime.utcnow() == sim_datetime.datetime.today() == now
    assert sim_datetime.date.today() == now.date() == real.date(2023, 11, 14)
    assert sim_datetime.datetime.now(real.UTC) == moment(START)
    york = sim_datetime.datetime.now(ZoneInfo("America/New_York"))
    assert (york.hour, york == moment(START)) == (17, True)


def test_a_naive_time_means_utc_wherever_the_machine_stands(
    sim_datetime: Any, sim_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        now = sim_datetime.datetime.now()
        assert now.timestamp() == pytest.approx(sim_time.time(), abs=1e-6)
        assert now.astimezone() == moment(START)
        assert now.astimezone(ZoneInfo("Asia/Tokyo")).hour == 7
        assert sim_datetime.datetime.fromtimestamp(0).hour == 0
        assert sim_datetime.datetime.fromtimestamp(0, real.UTC).timestamp() == 0
        assert sim_datetime.datetime.now(real.UTC).astimezone().hour == 22
    finally:
        monkeypatch.undo()
        time.tzset()


def test_instance_and_subclass_checks_hold_both_ways(sim_datetime: Any) -> None:
    now, today = sim_datetime.datetime.now(), sim_datetime.date.today()
    assert isinstance(now, real.datetime)
    assert isinstance(today, real.date)
    assert isinstance(moment(0), sim_datetime.datetime)
    assert isinstance(now, sim_datetime.date)
    assert not isinstance(today, sim_datetime.datetime)
    assert issubclass(sim_datetime.datetime, sim_datetime.date)
    assert issubclass(real.datetime, sim_datetime.datetime)


def test_a_workers_own_subclass_is_an_ordinary_class(sim_datetime: Any) -> None:
    class Stamp(sim_datetime.datetime):  # type: ignore[misc]  # made at run time
        """One."""

    assert isinstance(Stamp.now(), Stamp)
    assert not isinstance(sim_datetime.datetime.now(), Stamp)
    assert not issubclass(real.datetime, Stamp)


def test_arithmetic_and_parsing_are_the_real_ones(sim_datetime: Any) -> None:
    now = sim_datetime.datetime.now()
    later = now + sim_datetime.timedelta(hours=2)
    assert (later - now, later > now) == (real.timedelta(hours=2), True)
    assert sim_datetime.datetime.strptime("2024", "%Y").year == 2024
    combined = sim_datetime.datetime.combine(now.date(), sim_datetime.time(1))
    assert combined.hour == 1


def test_values_leave_the_workers_world_as_plain_ones(sim_datetime: Any) -> None:
    now, today = sim_datetime.datetime.now(), sim_datetime.date.today()
    assert type(pickle.loads(pickle.dumps(now))) is real.datetime
    assert type(copy.deepcopy(today)) is real.date
    assert (copy.copy(now), pickle.loads(pickle.dumps(today))) == (now, today)
