"""Time as a worker sees it: the modules ``time`` and ``datetime``, following a clock that is given.

A worker's ``import time`` finds a module whose ``time``, ``time_ns``, ``monotonic``,
``perf_counter`` and ``sleep`` belong to the clock, and whose zone is UTC; its ``datetime.now``,
``utcnow`` and ``today`` do too. Everything else is the real module's. Nothing global is patched:
other code of the process, libraries that the worker imports included, keeps the machine's clock.
A naive time is UTC, so a run is the same on every machine.
"""

from __future__ import annotations

import datetime as real
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol, Self

from engine.values import NANOSECONDS

EPOCH = real.datetime(1970, 1, 1, tzinfo=real.UTC)
_NAIVE_EPOCH = real.datetime(1970, 1, 1)  # noqa: DTZ001  what a worker's naive time is counted from


class Clock(Protocol):
    """What tells a worker the time and lets it wait."""

    def time_ns(self) -> int:
        """The time, ns UTC."""

    def sleep_ns(self, duration: int) -> None:
        """Come back when ``duration`` ns have passed."""


def moment(ns: int) -> real.datetime:
    """The UTC time of ``ns``, aware, to the microsecond below."""
    return EPOCH + real.timedelta(microseconds=ns // 1_000)


class Datetime(real.datetime):
    """A real datetime whose naive values mean UTC, wherever the machine stands."""

    @classmethod
    def fromtimestamp(cls, timestamp: float, tz: real.tzinfo | None = None) -> Self:
        """The time of a Unix timestamp: in ``tz``, or naive in UTC."""
        made = super().fromtimestamp(timestamp, tz or real.UTC)
        return made if tz is not None else made.replace(tzinfo=None)

    def timestamp(self) -> float:
        """Seconds since 1970, UTC."""
        return super().timestamp() if self.tzinfo else self.replace(tzinfo=real.UTC).timestamp()

    def astimezone(self, tz: real.tzinfo | None = None) -> Self:
        """The same moment in ``tz``, or in UTC."""
        aware = self if self.tzinfo else self.replace(tzinfo=real.UTC)
        return super(Datetime, aware).astimezone(tz or real.UTC)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Leave the worker's world as a plain datetime."""
        parts = super().__reduce_ex__(protocol)
        return (real.datetime, *parts[1:])


class _StandIn(type):
    """Has a class count every value of the real one it ``stands_for`` as its own; its subclasses
    are ordinary.
    """

    def __instancecheck__(cls, instance: object) -> bool:
        known = cls.__dict__.get("stands_for")
        return isinstance(instance, known) if known else super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        known = cls.__dict__.get("stands_for")
        return issubclass(subclass, known) if known else super().__subclasscheck__(subclass)


def time_module(clock: Clock) -> ModuleType:
    """A ``time`` that follows ``clock``. Its monotonic clocks count from the same zero."""
    module = _copy(time)

    def seconds() -> float:
        return clock.time_ns() / NANOSECONDS

    def or_now(function: Callable[[float], Any]) -> Callable[..., Any]:
        return lambda secs=None: function(seconds() if secs is None else secs)

    def sleep(seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        clock.sleep_ns(round(seconds * NANOSECONDS))

    def strftime(format: str, t: Any = None) -> str:  # noqa: A002  the name it really has
        return time.strftime(format, utc() if t is None else t)

    def ctime(secs: float | None = None) -> str:
        return time.asctime(utc(secs))

    def asctime(t: Any = None) -> str:
        return time.asctime(utc() if t is None else t)

    utc = or_now(getattr(time, "gmtime"))  # noqa: B009  only ever called with a time
    own = {
        "sleep": sleep,
        "strftime": strftime,
        "ctime": ctime,
        "asctime": asctime,
        "gmtime": utc,
        "localtime": utc,
        "timezone": 0,
        "altzone": 0,
        "daylight": 0,
        "tzname": ("UTC", "UTC"),
    }
    for name in ("time", "monotonic", "perf_counter"):
        own[name] = seconds
        own[f"{name}_ns"] = clock.time_ns
    vars(module).update(own)
    return module


def datetime_module(clock: Clock) -> ModuleType:
    """A ``datetime`` whose classes ask ``clock`` what time it is.

    Its classes are subclasses of the real ones that count every real value as their instance, so
    ``isinstance`` holds both ways.
    """

    def since_epoch() -> real.timedelta:
        return real.timedelta(microseconds=clock.time_ns() // 1_000)

    class Now(Datetime, metaclass=_StandIn):
        """The worker's ``datetime``."""

        stands_for = real.datetime

        @classmethod
        def now(cls, tz: real.tzinfo | None = None) -> Self:
            """The clock's time: in ``tz``, or naive in UTC."""
            aware = cls(1970, 1, 1, tzinfo=real.UTC) + since_epoch()
            return aware.replace(tzinfo=None) if tz is None else aware.astimezone(tz)

        @classmethod
        def utcnow(cls) -> Self:
            """The clock's time, naive in UTC."""
            return cls.now()

        @classmethod
        def today(cls) -> Self:
            """The clock's time, naive in UTC."""
            return cls.now()

    class Today(real.date, metaclass=_StandIn):
        """The worker's ``date``."""

        stands_for = real.date

        @classmethod
        def today(cls) -> Self:
            """The clock's date in UTC."""
            now = _NAIVE_EPOCH + since_epoch()
            return cls(now.year, now.month, now.day)

        def __reduce_ex__(self, protocol: Any) -> Any:
            parts = super().__reduce_ex__(protocol)
            return (real.date, *parts[1:])

    Now.__name__ = Now.__qualname__ = "datetime"
    Today.__name__ = Today.__qualname__ = "date"
    module = _copy(real)
    vars(module).update(datetime=Now, date=Today)
    return module


def _copy(module: ModuleType) -> ModuleType:
    """A module with everything that ``module`` has."""
    copy = ModuleType(module.__name__, module.__doc__)
    vars(copy).update(vars(module))
    return copy
