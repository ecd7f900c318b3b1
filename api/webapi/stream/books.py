"""The topics of an account's books: profit (`spl`), summary (`ssd`), ledger (`sld`).

Summary and ledger are looked at every ten seconds, profit every second. After the first answer a
summary sends the rows that changed, a ledger every currency, those without a change by key alone.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from api.webapi import books
from api.webapi.ledger import ledger
from api.webapi.reading import Items, lenient
from api.webapi.stream.topic import BOOKS_S, Message, Topic
from engine.values import NANOSECONDS

if TYPE_CHECKING:
    from api.webapi.gateway import Gateway
    from api.webapi.stream.frames import Frame

PROFIT_S = 1.0
_CHOICE = lenient(
    keys=Items("Rows to send, all if absent", 300), fields=Items("Fields to send, all if absent")
)
_CODE = "AccountCode"
_KEYS = (
    "AccountCode AccountReady AccountType AccruedCash AccruedDividend AvailableFunds "
    "BuyingPower DayTradesRemaining EquityWithLoanValue ExcessLiquidity FullAvailableFunds "
    "FullExcessLiquidity FullInitMarginReq FullMaintMarginReq GrossPositionValue "
    "IncentiveCoupons IndianStockHaircut InitMarginReq LookAheadAvailableFunds "
    "LookAheadExcessLiquidity LookAheadInitMarginReq LookAheadMaintMarginReq MaintMarginReq "
    "NetLiquidation NetLiquidationUncertainty PASharesValue PhysicalCertificateValue "
    "PostExpirationExcess PostExpirationMargin PreviousDayEquityWithLoanValue RegTEquity "
    "RegTMargin SMA SegmentTitle TotalCashValue TradingType"
)
_CAMEL = {each.lower(): each for each in _KEYS.split(" ")}
"""How this topic writes the words of the summary of REST."""
_LEDGER_NAMES = {
    "acctcode": "acctCode",
    "secondkey": "secondKey",
    "netliquidationvalue": "netLiquidationValue",
    "stockmarketvalue": "stockMarketValue",
    "futuremarketvalue": "futureMarketValue",
    "cryptocurrencyvalue": "cryptocurrencyValue",
    "unrealizedpnl": "unrealizedPnl",
    "realizedpnl": "realizedPnl",
    "exchangerate": "exchangeRate",
    "settledcash": "settledCash",
    "moneyfunds": "moneyFunds",
    "sessionid": "sessionId",
}
"""What this topic writes differently from the ledger of REST."""


class Profit(Topic):
    """The profit of the accounts that ``meant`` gives."""

    def __init__(self, gateway: Gateway, meant: Callable[[], list[str]]) -> None:
        self._gateway = gateway
        self._meant = meant
        self._next_s = 0.0
        self._sent: Message = {}

    def first(self) -> Message:
        """The profit as it is."""
        self._sent = self._now()
        return {"topic": "spl", "args": self._sent}

    def beat(self, now_s: float) -> Message | None:
        """The profit where it has changed."""
        if now_s < self._next_s:
            return None
        self._next_s = now_s + PROFIT_S
        now = self._now()
        if now == self._sent:
            return None
        self._sent = now
        return {"topic": "spl", "args": now}

    def _now(self) -> Message:
        worth = self._gateway.worth
        return {f"{name}.Core": books.partitioned(worth(name)) for name in self._meant()}


class _Books(Topic):
    """Rows about one account, looked at from time to time."""

    def __init__(self, gateway: Gateway, account: str, frame: Frame) -> None:
        asked = _CHOICE.take(frame.arguments)
        self._gateway = gateway
        self._account = account
        self._topic = f"{frame.topic}+{account}"
        self._keys = frozenset(asked.get("keys", ()))
        self._fields = frozenset(asked.get("fields", ()))
        self._next_s: float | None = None
        self._sent: dict[str, Message] = {}

    def first(self) -> Message:
        """Every row."""
        self._sent = self._rows()
        return self._message(list(self._sent.values()))

    def beat(self, now_s: float) -> Message | None:
        """The rows as they are sent later."""
        if self._next_s is None:
            self._next_s = now_s + BOOKS_S
        if now_s < self._next_s:
            return None
        self._next_s = now_s + BOOKS_S
        before, self._sent = self._sent, self._rows()
        rows = self._news(before, self._sent)
        return self._message(rows) if rows else None

    @abstractmethod
    def _rows(self) -> dict[str, Message]:
        """Every row as it is now, by its key."""

    @abstractmethod
    def _news(self, before: dict[str, Message], now: dict[str, Message]) -> list[Message]:
        """What is told of rows that were as ``before`` and are as ``now``."""

    def _message(self, rows: list[Message]) -> Message:
        seconds = self._gateway.engine.now // NANOSECONDS
        return {"topic": self._topic, "result": [row | {"timestamp": seconds} for row in rows]}

    def _chosen(self, row: Message, kept: frozenset[str]) -> Message:
        if not self._fields:
            return row
        return {name: value for name, value in row.items() if name in self._fields | kept}


class Summary(_Books):
    """The summary of an account."""

    def _rows(self) -> dict[str, Message]:
        told = books.summary_of(self._gateway.worth(self._account))
        rows: dict[str, Message] = {}
        for name, entry in told.items():
            key = summary_key(name)
            if key != _CODE and self._keys and key not in self._keys:
                continue
            row: dict[str, Any] = {"key": key, "severity": 0}
            if entry["value"] is None:
                row |= {"monetaryValue": entry["amount"], "currency": entry["currency"]}
            else:
                row["value"] = entry["value"]
            rows[key] = row if key == _CODE else self._chosen(row, frozenset({"key"}))
        return {_CODE: rows.pop(_CODE), **rows}

    def _news(self, before: dict[str, Message], now: dict[str, Message]) -> list[Message]:
        """What changed, behind the row that says whose it is."""
        news = [row for key, row in now.items() if before.get(key) != row]
        return [now[_CODE], *news] if news else []


class Ledger(_Books):
    """The ledger of an account."""

    def _rows(self) -> dict[str, Message]:
        rows: dict[str, Message] = {}
        for currency, line in ledger(self._gateway.worth(self._account)).items():
            key = f"LedgerList{currency}"
            if self._keys and key not in self._keys:
                continue
            row = {_LEDGER_NAMES.get(name, name): value for name, value in line.items()}
            row = row | {"key": key}
            del row["timestamp"]
            rows[key] = self._chosen(row, frozenset({"key", "acctCode", "secondKey"}))
        return rows

    def _news(self, before: dict[str, Message], now: dict[str, Message]) -> list[Message]:
        """Every currency, those that have not changed by their key."""
        return [row if before.get(key) != row else {"key": key} for key, row in now.items()]


def summary_key(name: str) -> str:
    """A key of REST's summary as the stream writes it: ``NetLiquidation-S``."""
    word, dash, segment = name.partition("-")
    return f"{_CAMEL.get(word, word.capitalize())}{dash}{segment.upper()}"
