"""What an account holds, row by row: as the portfolio tells it, and under the other names of the
newer portfolio.

The first list of a strict session is bare: what else is known of each contract comes with the
second.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.webapi import figures
from api.webapi.contract_rows import display_rule, increment_rules
from engine.errors import ProviderUnavailable
from engine.valuation import convert, mark, unrealized
from engine.values import NANOSECONDS

if TYPE_CHECKING:
    from api.webapi.contracts import Contract
    from engine.accounts import Account
    from engine.ports import Prices
    from engine.positions import Position

PAGE_ROWS = 100
_MONEY_DIGITS = 10


def row(position: Position, contract: Contract, prices: Prices) -> dict[str, Any]:
    """A position as the portfolio tells it at its first reading."""
    price = mark(position, prices)
    value = position.quantity * price * position.multiplier
    average = position.average_price
    return {
        "acctId": position.account,
        "conid": contract.conid,
        "contractDesc": contract.description,
        "position": figures.number(position.quantity),
        "mktPrice": _rounded(price),
        "mktValue": _rounded(value),
        "currency": position.currency,
        "avgCost": _rounded(average * position.multiplier),
        "avgPrice": _rounded(average),
        "realizedPnl": _rounded(position.realized),
        "unrealizedPnl": _rounded(unrealized(position, prices)),
        "exchs": None,
        "expiry": None,
        "putOrCall": None,
        "multiplier": None if contract.kind == "STK" else figures.number(position.multiplier),
        "strike": "0",
        "exerciseStyle": None,
        "conExchMap": [],
        "assetClass": contract.kind,
        "undConid": 0,
        "model": "",
    }


def extras(
    position: Position, contract: Contract, account: Account, prices: Prices
) -> dict[str, Any]:
    """What later readings add to a row."""
    company = contract.company
    price = mark(position, prices)
    value = position.quantity * price * position.multiplier
    based = {
        "baseMktValue": value,
        "baseMktPrice": price,
        "baseAvgCost": position.average_price * position.multiplier,
        "baseAvgPrice": position.average_price,
        "baseRealizedPnl": position.realized,
        "baseUnrealizedPnl": unrealized(position, prices),
    }
    told: dict[str, Any] = {}
    for name, amount in based.items():
        try:
            told[name] = _rounded(convert(amount, position.currency, account.currency, prices))
        except ProviderUnavailable:
            continue  # no rate is known: better absent than wrong
    return told | {
        "incrementRules": increment_rules(contract),
        "displayRule": display_rule(contract),
        "time": position.updated_at // NANOSECONDS,
        "chineseName": contract.name,
        "allExchanges": f"SMART,{contract.exchange}",
        "listingExchange": contract.exchange,
        "countryCode": "US",
        "name": contract.name,
        "lastTradingDay": None,
        "group": company.category or None,
        "sector": company.industry or None,
        "sectorGroup": company.category or None,
        "ticker": contract.ticker,
        "type": "COMMON" if contract.kind == "STK" else "",
        "hasOptions": False,
        "fullName": contract.description,
        "isUS": contract.kind == "STK",
        "isEventContract": False,
        "pageSize": PAGE_ROWS,
    }


def newer(position: Position, contract: Contract, prices: Prices) -> dict[str, Any]:
    """A position as the newer portfolio tells it: never cached, its conid a text."""
    price = mark(position, prices)
    return {
        "position": figures.number(position.quantity),
        "conid": str(contract.conid),
        "avgCost": _rounded(position.average_price * position.multiplier),
        "avgPrice": _rounded(position.average_price),
        "currency": position.currency,
        "description": contract.description,
        "isLastToLoq": False,
        "marketPrice": _rounded(price),
        "marketValue": _rounded(position.quantity * price * position.multiplier),
        "realizedPnl": _rounded(position.realized),
        "secType": contract.kind,
        "timestamp": position.updated_at // NANOSECONDS,
        "unrealizedPnl": _rounded(unrealized(position, prices)),
        "assetClass": contract.kind,
        "sector": contract.company.industry,
        "group": contract.company.category,
        "model": "",
    }


def _rounded(value: Decimal) -> Decimal:
    return figures.number(round(value, _MONEY_DIGITS))
