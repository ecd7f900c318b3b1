"""An account's figures as the portfolio tells them: summary, allocation, profit of the day.

All are derived from the engine's books at the market's prices when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.webapi import figures
from engine.values import ZERO

if TYPE_CHECKING:
    from api.webapi.contracts import Contracts
    from api.webapi.worth import Worth
    from engine.valuation import Summary

_DIGITS = 10
_EQUITY = ("netliquidation", "equitywithloanvalue", "netliquidationuncertainty")
_FREE = (
    "availablefunds",
    "excessliquidity",
    "fullavailablefunds",
    "fullexcessliquidity",
    "lookaheadavailablefunds",
    "lookaheadexcessliquidity",
)
_USED = (
    "initmarginreq",
    "maintmarginreq",
    "fullinitmarginreq",
    "fullmaintmarginreq",
    "lookaheadinitmarginreq",
    "lookaheadmaintmarginreq",
)
_NOTHING = (
    "accruedcash",
    "accrueddividend",
    "billable",
    "guarantee",
    "incentivecoupons",
    "indianstockhaircut",
    "pasharesvalue",
    "physicalcertificatevalue",
    "postexpirationexcess",
    "postexpirationmargin",
)


def summary_of(worth: Worth) -> dict[str, dict[str, Any]]:
    """The account at a glance, an object for each key, with its twins for securities (`-s`) and
    commodities (`-c`).
    """
    account, engine, sums = worth.account, worth.engine, worth.sums
    seconds = figures.milliseconds(engine.now)
    told: dict[str, dict[str, Any]] = {}
    for name, amount in _amounts(worth, sums):
        told[name] = _entry(seconds, amount, account.currency)
        told[f"{name}-s"] = told[name]
        told[f"{name}-c"] = _entry(seconds, ZERO, account.currency)
    cushion = sums.margin_available / sums.equity if sums.equity else ZERO
    told["cushion"] = _entry(seconds, value=f"{cushion:.4f}")
    exposure = worth.gross / sums.equity if sums.equity > 0 else ZERO
    told["leverage-s"] = _entry(seconds, value=f"{exposure:.2f}")
    told["daytradesremaining"] = _entry(seconds, value="-1")
    words = {
        "accountcode": account.id,
        "accountready": "true",
        "accounttype": "INDIVIDUAL",
        "currency": account.currency,
        "tradingtype-s": "STKNOPT",
        "segmenttitle-s": "US Securities",
        "segmenttitle-c": "US Commodities",
    }
    return told | {name: _entry(seconds, value=word) for name, word in words.items()}


def _amounts(worth: Worth, sums: Summary) -> Iterator[tuple[str, Decimal]]:
    """The amounts of money among them, in the account's currency."""
    yield from ((name, sums.equity) for name in _EQUITY)
    yield from ((name, sums.margin_available) for name in _FREE)
    yield from ((name, sums.margin_used) for name in _USED)
    yield from ((name, ZERO) for name in _NOTHING)
    yield "totalcashvalue", worth.cash
    yield "buyingpower", sums.margin_available * worth.account.leverage
    yield "grosspositionvalue", worth.gross
    yield "previousdayequitywithloanvalue", sums.equity - worth.daily_profit
    yield "regtequity", sums.equity
    yield "regtmargin", sums.margin_used
    yield "sma", sums.margin_available


def _entry(
    moment: int, amount: Decimal = ZERO, currency: str | None = None, value: str | None = None
) -> dict[str, Any]:
    return {
        "amount": _rounded(amount),
        "currency": currency,
        "isNull": False,
        "timestamp": moment,
        "value": value,
        "severity": 0,
    }


def allocation(accounts: list[Worth], contracts: Contracts) -> dict[str, Any]:
    """What is held by kind, by sector and by group, long and short apart."""
    told: dict[str, Any] = {
        name: {"long": {}, "short": {}} for name in ("assetClass", "sector", "group")
    }
    for worth in accounts:
        held = worth.account.positions.values()
        for position, value in zip(held, worth.values, strict=True):
            contract = contracts.of(position.symbol)
            side = "long" if value >= 0 else "short"
            for name, word in (
                ("assetClass", contract.kind),
                ("sector", contract.company.industry or "Others"),
                ("group", contract.company.category or "Others"),
            ):
                part = told[name][side]
                part[word] = _rounded(part.get(word, ZERO) + value)
        cash = worth.cash
        part = told["assetClass"]["long" if cash >= 0 else "short"]
        part["CASH"] = _rounded(part.get("CASH", ZERO) + cash)
    return told


def partitioned(worth: Worth) -> dict[str, Any]:
    """The profit of the day and of what is open."""
    sums = worth.sums
    return {
        "rowType": 1,
        "dpl": _cents(worth.daily_profit),
        "nl": _cents(sums.equity),
        "upl": _cents(sums.unrealized_pnl),
        "uel": _cents(sums.margin_available),
        "el": _cents(sums.margin_available),
        "mv": _cents(sum(worth.values, ZERO)),
    }


def _rounded(value: Decimal) -> Decimal:
    return figures.number(round(value, _DIGITS))


def _cents(value: Decimal) -> Decimal:
    return figures.number(figures.cents(value))
