"""What people set: limits, whether trading goes on, what their workers keep."""

from __future__ import annotations

from engine.facts.fact import Fact


class LimitsChanged(Fact, frozen=True, tag="limits_changed"):
    """Pre-trade limits were set anew."""

    limits: dict[str, str]


class TradingStateChanged(Fact, frozen=True, tag="trading_state_changed"):
    """New risk is allowed (ACTIVE), only reductions are (REDUCE), or nothing but cancels (HALT)."""

    trading_state: str
    reason: str


class WorkerStateSet(Fact, frozen=True, tag="worker_state_set"):
    """A worker keeps ``value``, a JSON text, under ``key``; None forgets the key."""

    worker: str
    key: str
    value: str | None = None
