"""What a fill costs, by the rule of one broker or another.

A rule gives the commission of an order so far, from all that it has filled; a fill is charged what
its order costs more after it than before. So a minimum an order is charged once, however many
fills the order takes, and a restart in the middle of an order changes nothing. ``FIGURES`` holds
the published rates that the brokers' models rest on, with their date.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Protocol

import msgspec

from engine.values import ZERO, Side, parse_decimal

FIGURES_DATE = "2025-01-01"
IBKR_FIXED = ("0.005", "1.00", "0.01")
IBKR_TIERED = ("0.0035", "0.35", "0.01")
"""A share, the least an order, the most as a share of its value. Tiered: the first volume tier."""
CLEARING_PER_SHARE = Decimal("0.0002")
SEC_FEE_RATE = Decimal("0.0000278")
TAF_PER_SHARE = Decimal("0.000166")
TAF_MAX = Decimal("8.30")
_CENT = Decimal("0.01")


class Commission(Protocol):
    """A rule for what an order costs."""

    def total(self, side: Side, quantity: Decimal, notional: Decimal) -> Decimal:
        """The commission of an order that has filled ``quantity`` units worth ``notional``."""

    def describe(self) -> str:
        """The rule in words."""


class Free(msgspec.Struct, frozen=True):
    """Trading costs nothing."""

    def total(self, side: Side, quantity: Decimal, notional: Decimal) -> Decimal:
        """Zero."""
        return ZERO

    def describe(self) -> str:
        """The rule in words."""
        return "none"


class Percent(msgspec.Struct, frozen=True):
    """``rate`` is a percentage of the value traded: 0.1 is a tenth of a percent."""

    rate: Decimal

    def total(self, side: Side, quantity: Decimal, notional: Decimal) -> Decimal:
        """The percentage of ``notional``."""
        return abs(notional) * self.rate / 100

    def describe(self) -> str:
        """The rule in words."""
        return f"{self.rate} % of the value of each fill"


class PerShare(msgspec.Struct, frozen=True):
    """``rate`` a unit, at least ``least`` an order and at most ``most`` or a share of its value.

    Where the most is below the least, the most counts, as brokers do with tiny orders.
    """

    rate: Decimal
    least: Decimal = ZERO
    most: Decimal | None = None
    most_share: Decimal | None = None

    def total(self, side: Side, quantity: Decimal, notional: Decimal) -> Decimal:
        """The rate times ``quantity``, within the bounds."""
        cost = max(self.rate * quantity, self.least)
        if self.most is not None:
            cost = min(cost, self.most)
        if self.most_share is not None:
            cost = min(cost, abs(notional) * self.most_share)
        return cost

    def describe(self) -> str:
        """The rule in words."""
        words = f"{self.rate} a unit"
        if self.least:
            words += f", at least {self.least} an order"
        if self.most is not None:
            words += f", at most {self.most} an order"
        if self.most_share is not None:
            words += f", at most {(self.most_share * 100).normalize():f} % of its value"
        return words


class Brokerage(msgspec.Struct, frozen=True):
    """A broker's own price, and what it passes on: clearing of both sides, fees on United States
    sales, each of the latter rounded up to the cent.
    """

    name: str
    own: PerShare | Free
    clearing: Decimal = ZERO

    def total(self, side: Side, quantity: Decimal, notional: Decimal) -> Decimal:
        """The broker's price with everything passed on."""
        cost = self.own.total(side, quantity, notional) + self.clearing * quantity
        if side is Side.SELL:
            sec = abs(notional) * SEC_FEE_RATE
            taf = min(TAF_PER_SHARE * quantity, TAF_MAX)
            cost += sec.quantize(_CENT, ROUND_CEILING) + taf.quantize(_CENT, ROUND_CEILING)
        return cost

    def describe(self) -> str:
        """The rule in words, with its figures and their date."""
        words = f"{self.name}: {self.own.describe()}"
        if self.clearing:
            words += f"; clearing {self.clearing} a share; first volume tier always"
        return (
            f"{words}; on sales SEC fee {SEC_FEE_RATE:f} of the value and FINRA TAF "
            f"{TAF_PER_SHARE} a share up to {TAF_MAX}, each rounded up to the cent; exchange fees, "
            f"rebates and the audit trail fee left out; figures of {FIGURES_DATE}"
        )


def _ibkr(figures: tuple[str, str, str]) -> PerShare:
    rate, least, share = (Decimal(text) for text in figures)
    return PerShare(rate, least, None, share)


_NAMED: dict[str, Commission] = {
    "none": Free(),
    "ibkr-fixed": Brokerage("ibkr-fixed", _ibkr(IBKR_FIXED)),
    "ibkr-tiered": Brokerage("ibkr-tiered", _ibkr(IBKR_TIERED), CLEARING_PER_SHARE),
    "alpaca": Brokerage("alpaca", Free()),
}
ACCEPTED = (
    "none, percent:0.1, per-share:0.005[,min=1][,max=5 or max=1%], ibkr-fixed, ibkr-tiered "
    "or alpaca"
)


def parse_commission(text: str) -> Commission:
    """The rule that ``text`` names; ValueError, naming what is accepted, for anything else."""
    named = _NAMED.get(text)
    if named is not None:
        return named
    kind, _, rest = text.partition(":")
    try:
        if kind == "percent":
            return Percent(_amount(rest))
        if kind == "per-share":
            return _per_share(rest)
    except ValueError as error:
        raise ValueError(f"commission: {text!r} ({error}), expected {ACCEPTED}") from None
    raise ValueError(f"commission: {text!r}, expected {ACCEPTED}")


def _per_share(text: str) -> PerShare:
    rate, *bounds = text.split(",")
    values: dict[str, Decimal] = {}
    for bound in bounds:
        name, _, value = bound.partition("=")
        if name == "max" and value.endswith("%"):
            name, value = "max%", value.removesuffix("%")
        if name not in ("min", "max", "max%"):
            raise ValueError(f"{bound!r} is neither min= nor max=")
        if name in values:
            raise ValueError(f"{name} is given twice")
        values[name] = _amount(value)
    share = values.get("max%")
    return PerShare(
        _amount(rate),
        values.get("min", ZERO),
        values.get("max"),
        None if share is None else share / 100,
    )


def _amount(text: str) -> Decimal:
    number = parse_decimal(text)
    if number < 0:
        raise ValueError(f"{text} is negative")
    return number
