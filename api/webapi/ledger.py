"""The ledger of an account: its books by currency, each in that currency, and all as ``BASE``."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.webapi import figures
from engine.valuation import settled_daily, unrealized
from engine.values import NANOSECONDS, ONE, ZERO, AssetClass

if TYPE_CHECKING:
    from api.webapi.worth import Worth

_DIGITS = 10
_EMPTY_LINES = (
    "commoditymarketvalue",
    "corporatebondsmarketvalue",
    "warrantsmarketvalue",
    "interest",
    "moneyfunds",
    "funds",
    "issueroptionsmarketvalue",
    "stockoptionmarketvalue",
    "futuresonlypnl",
    "tbondsmarketvalue",
    "futureoptionmarketvalue",
    "tbillsmarketvalue",
    "dividends",
)
_SUMMED = frozenset(
    {
        "cashbalance",
        "settledcash",
        "stockmarketvalue",
        "netliquidationvalue",
        "unrealizedpnl",
        "realizedpnl",
        "cryptocurrencyvalue",
        "futuremarketvalue",
    }
)


def ledger(worth: Worth) -> dict[str, dict[str, Any]]:
    """The books by currency, and all of them together as ``BASE``."""
    account = worth.account
    currencies = list(dict.fromkeys((account.currency, *account.cash)))
    for position in account.positions.values():
        if position.currency not in currencies:
            currencies.append(position.currency)
    told = {each: _line(worth, each) for each in currencies}
    base = _line(worth, account.currency)
    for currency, line in told.items():
        rate = line["exchangerate"]
        for name, value in line.items():
            if name in _SUMMED and currency != account.currency:
                base[name] = _rounded(base[name] + value * rate)
    base |= {"key": "LedgerList", "secondkey": "BASE", "currency": "BASE", "exchangerate": ONE}
    return {**told, "BASE": base}


def _line(worth: Worth, currency: str) -> dict[str, Any]:
    """One currency of the ledger, in that currency."""
    account, engine = worth.account, worth.engine
    prices = worth.market
    held = [one for one in account.positions.values() if one.currency == currency]
    by_class = dict.fromkeys(AssetClass, ZERO)
    for position in held:
        by_class[engine.instrument(position.symbol).asset_class] += worth.value(position)
    held_worth = sum(by_class.values(), ZERO)
    cash = account.cash.get(currency, ZERO)
    unpaid = settled_daily(account, engine.instrument).get(currency, ZERO)
    open_profit = sum((unrealized(one, prices) for one in held), ZERO)
    realized = sum(
        (
            amount
            for symbol, amount in account.realized.items()
            if engine.instrument(symbol).currency == currency
        ),
        ZERO,
    )
    rate = prices.rate(currency, account.currency) or ZERO
    nothing = dict.fromkeys(_EMPTY_LINES, 0)
    return {
        **nothing,
        "cashbalance": _rounded(cash + unpaid),
        "settledcash": _rounded(cash + unpaid),
        "cashbalancefxsegment": _rounded(by_class[AssetClass.FOREX]),
        "stockmarketvalue": _rounded(by_class[AssetClass.STOCK]),
        "futuremarketvalue": _rounded(by_class[AssetClass.FUTURES]),
        "cryptocurrencyvalue": _rounded(by_class[AssetClass.CRYPTO]),
        "netliquidationvalue": _rounded(cash + held_worth),
        "unrealizedpnl": _rounded(open_profit),
        "realizedpnl": _rounded(realized),
        "exchangerate": _rounded(rate),
        "currency": currency,
        "acctcode": account.id,
        "key": "LedgerList",
        "secondkey": currency,
        "timestamp": engine.now // NANOSECONDS,
        "severity": 0,
        "sessionid": 1,
    }


def _rounded(value: Decimal) -> Decimal:
    return figures.number(round(value, _DIGITS))
