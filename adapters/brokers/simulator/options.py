"""What can be asked of the simulator beyond its plain rules. All of it is off unless asked for.

Values are checked when they are given, so that a broker that exists has sound options; a wrong one
raises ValueError naming the option, the value and what was expected.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from adapters.brokers.simulator.commission import parse_commission
from engine.values import ONE, ZERO

Exits = Literal["next-bar", "same-bar"]
SPREAD_BPS_MAX = Decimal(10_000)


class Split(msgspec.Struct, frozen=True):
    """At ``ex_ts`` (ns UTC) every unit of ``symbol`` becomes ``ratio`` units."""

    symbol: str
    ex_ts: int
    ratio: Decimal

    def __post_init__(self) -> None:
        if not self.ratio.is_finite() or self.ratio <= 0:
            raise ValueError(f"splits: ratio {self.ratio} of {self.symbol}, expected more than 0")


class Dividend(msgspec.Struct, frozen=True):
    """Who holds ``symbol`` at ``ex_ts`` (ns UTC) gets ``amount`` a unit, in its currency."""

    symbol: str
    ex_ts: int
    amount: Decimal

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or self.amount <= 0:
            raise ValueError(
                f"dividends: amount {self.amount} of {self.symbol}, expected more than 0"
            )


class SimulatorOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The simulator's settings. Basis points (bps) are hundredths of a percent.

    ``spread_bps`` is the whole distance between bid and ask, ``borrow_bps`` and ``financing_bps``
    are a year's. ``participation`` is a share of a bar's volume; 0 means no cap.
    """

    exits: Exits = "next-bar"
    spread_bps: Decimal = ZERO
    slippage_bps: Decimal = ZERO
    slippage_ticks: int = 0
    participation: Decimal = ZERO
    penetration_ticks: int = 0
    latency_ns: int = 0
    commission: str = "none"
    borrow_bps: Decimal = ZERO
    financing_bps: Decimal = ZERO
    splits: tuple[Split, ...] = ()
    dividends: tuple[Dividend, ...] = ()
    max_leverage: Decimal = Decimal(20)

    def __post_init__(self) -> None:
        if self.exits not in ("next-bar", "same-bar"):
            raise ValueError(f"exits: {self.exits!r}, expected next-bar or same-bar")
        for field in ("spread_bps", "slippage_bps", "borrow_bps", "financing_bps"):
            self._expect(field, ZERO, None)
        self._expect("participation", ZERO, ONE)
        self._expect("max_leverage", ONE, None)
        self._expect("spread_bps", ZERO, SPREAD_BPS_MAX)
        for field in ("slippage_ticks", "penetration_ticks", "latency_ns"):
            self._expect(field, ZERO, None)
        if self.spread_bps / 2 + self.slippage_bps >= SPREAD_BPS_MAX:
            raise ValueError(
                f"slippage_bps: {self.slippage_bps}, expected less than {SPREAD_BPS_MAX} together "
                "with half the spread, since a price can not fall below zero"
            )
        parse_commission(self.commission)

    def _expect(self, field: str, least: Decimal, most: Decimal | None) -> None:
        value = Decimal(getattr(self, field))
        if not value.is_finite() or value < least or (most is not None and value > most):
            upto = "or more" if most is None else f"to {most}"
            raise ValueError(f"{field}: {value}, expected {least} {upto}")
