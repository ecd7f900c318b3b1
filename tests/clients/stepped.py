"""A recipe driven over HTTP: its ticks between the steps of a served backtest, as in process.

The recipe gets the same ``ctx`` but for ``ctx.ibkr``, whose calls go over a connection, and for
what it keeps, which is in memory.
"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx

from api.ibkr.over_https import OverHttps
from engine.values import NANOSECONDS
from engine.worker.ibkr import Ibkr
from engine.worker.script import Script


class Quiet:
    """A clock that stands still while a worker sleeps, and hears what it says."""

    def __init__(self) -> None:
        self.now = 0
        self.said: list[str] = []
        self.metrics: list[tuple[str, Any]] = []
        self.kept: dict[str, Any] = {}

    def time_ns(self) -> int:
        """The time that was set."""
        return self.now

    def sleep_ns(self, _duration: int) -> None:
        """Pass over it."""

    def context(self, ibkr: Ibkr) -> SimpleNamespace:
        """What the recipe is given."""
        return SimpleNamespace(
            ibkr=ibkr,
            log=SimpleNamespace(info=self.said.append),
            monitor=SimpleNamespace(metric=lambda *given: self.metrics.append(given)),
            state=SimpleNamespace(get=self.kept.get, set=self.kept.__setitem__),
        )


def drive(source: str, path: Path, url: str) -> Quiet:
    """Set the recipe up, then tick after every step, until the data is at its end."""
    clock = Quiet()
    script = Script(source, str(path), clock)
    line = OverHttps(url)
    context = clock.context(Ibkr(line))
    setup, tick = script.callback("setup"), script.callback("tick")
    assert setup is not None
    assert tick is not None
    with closing(line), httpx.Client(base_url=url, trust_env=False) as client:
        shown = client.get("/clock").json()
        clock.now = _ns(shown["now"])
        setup(context)
        while shown["step"] < shown["steps_total"]:
            shown = client.post("/clock/step", json={"steps": 1}).raise_for_status().json()
            clock.now = _ns(shown["now"])
            tick(context)
    return clock


def _ns(text: str) -> int:
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return int(moment.timestamp()) * NANOSECONDS
