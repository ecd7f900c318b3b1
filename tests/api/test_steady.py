"""The clock of timers starts at the machine's time and only runs forward."""

from __future__ import annotations

import time

import pytest

from api.steady import SteadyClock


def test_it_is_the_machines_time_and_runs_on_when_that_is_set_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = SteadyClock()
    first = clock()
    assert abs(first - time.time_ns()) < 1_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert first <= clock() < first + 1_000_000_000
