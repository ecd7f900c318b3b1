"""Symbols and IBKR's contract numbers, found once and remembered.

A symbol's number is the one that the options give it, else a well-known one, else what the gateway
says: for a stock the listing in the United States, for a pair (`EUR/USD`) the one of its quote
currency. The other way round a number is asked for when an order or a position names one that was
never looked for; if its plain symbol means another contract here (an option, another listing), it
is `SYMBOL@NUMBER`. So no two contracts share a symbol, and each can be ordered by its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from adapters.brokers.ibkr_web.errors import NoContract
from adapters.brokers.ibkr_web.numerals import amount, whole
from adapters.brokers.ibkr_web.transport import Transport, as_list, as_object
from engine.conids import KNOWN

PLAIN = ("STK", "CASH", "CRYPTO")
"""Kinds of contracts that a symbol alone can name."""
PAIRS = ("CASH", "CRYPTO")


class Increment(msgspec.Struct, frozen=True):
    """From ``lower_edge`` on, prices are multiples of ``step``."""

    lower_edge: Decimal
    step: Decimal


class Contracts:
    """The directory of one gateway."""

    def __init__(self, transport: Transport, given: Mapping[str, int] | None = None) -> None:
        self._transport = transport
        self._conids: dict[str, int] = {**KNOWN, **(given or {})}
        self._symbols = {conid: symbol for symbol, conid in self._conids.items()}
        self._increments: dict[tuple[int, bool], tuple[Increment, ...]] = {}

    async def conid(self, symbol: str) -> int:
        """The number of ``symbol``; NoContract where IBKR has none."""
        known = self._conids.get(symbol)
        if known is not None:
            return known
        _, at, number = symbol.rpartition("@")
        if at and number.isdecimal():
            return int(number)
        base, slash, quote = symbol.partition("/")
        found = await (self._pair(base, quote) if slash else self._stock(symbol))
        if found is None:
            found = await self._searched(base, is_pair=bool(slash))
        if found is None:
            raise NoContract(f"IBKR has no contract for {symbol}")
        self._remember(symbol, found)
        return found

    async def symbol(self, conid: int) -> str:
        """Our symbol for a number; NoContract where IBKR knows no such number."""
        known = self._symbols.get(conid)
        if known is not None:
            return known
        info = as_object(
            await self._transport.get(f"/iserver/contract/{conid}/info"), f"contract {conid}"
        )
        plain = _symbol(info)
        if not plain:
            raise NoContract(f"IBKR does not say what contract {conid} is")
        symbol = plain if await self._means(plain, info, conid) else f"{plain}@{conid}"
        self._remember(symbol, conid)
        return symbol

    async def increments(self, conid: int, *, is_buy: bool) -> tuple[Increment, ...]:
        """The steps of a contract's prices, from low to high; none if the gateway states none."""
        key = (conid, is_buy)
        if key not in self._increments:
            answer = await self._transport.post(
                "/iserver/contract/rules", {"conid": conid, "isBuy": is_buy}
            )
            self._increments[key] = _steps(answer.document)
        return self._increments[key]

    async def _means(self, plain: str, info: dict[str, Any], conid: int) -> bool:
        """Whether an order for the plain symbol would be one for this very contract."""
        if info.get("instrument_type") not in PLAIN:
            return False
        try:
            return await self.conid(plain) == conid
        except NoContract:
            return False

    def _remember(self, symbol: str, conid: int) -> None:
        self._conids[symbol] = conid
        self._symbols.setdefault(conid, symbol)

    async def _stock(self, symbol: str) -> int | None:
        """By the list of stocks, which needs no brokerage session."""
        answer = await self._transport.get("/trsrv/stocks", {"symbols": symbol})
        found = as_object(answer, f"stocks named {symbol}").get(symbol)
        listed = [
            one
            for company in (found if isinstance(found, list) else [])
            for one in company.get("contracts") or []
        ]
        listed.sort(key=lambda one: not one.get("isUS"))  # the American listing first
        return next((whole(one.get("conid")) for one in listed), None)

    async def _pair(self, base: str, quote: str) -> int | None:
        """By the pairs of the quote currency."""
        answer = await self._transport.get("/iserver/currency/pairs", {"currency": quote})
        if answer.error or not isinstance(answer.document, dict):
            return None
        pairs = answer.document.get(quote)
        for one in pairs if isinstance(pairs, list) else []:
            if one.get("symbol") == f"{base}.{quote}":
                return whole(one.get("conid"))
        return None

    async def _searched(self, symbol: str, *, is_pair: bool) -> int | None:
        """By the search, whose first hit with the exact symbol is meant; for the base of a pair the
        first that is one: stocks are called USD and ETH too.
        """
        answer = await self._transport.get("/iserver/secdef/search", {"symbol": symbol})
        if answer.error:
            return None
        for one in as_list(answer, f"a search for {symbol}"):
            kinds = {section.get("secType") for section in one.get("sections") or []}
            if one.get("symbol") == symbol and not (is_pair and kinds.isdisjoint(PAIRS)):
                return whole(one.get("conid"))
        return None


def _symbol(info: dict[str, Any]) -> str:
    """How we spell the contract that ``info`` describes."""
    symbol = str(info.get("local_symbol") or info.get("symbol") or "")
    if info.get("instrument_type") not in ("CASH", "CRYPTO"):
        return str(info.get("symbol") or symbol)
    if "." in symbol or "/" in symbol:
        return symbol.replace(".", "/")
    return f"{symbol}/{info['currency']}" if info.get("currency") else symbol


def _steps(document: Any) -> tuple[Increment, ...]:
    rules = document if isinstance(document, dict) else {}
    steps = [
        Increment(amount(one.get("lowerEdge")) or Decimal(0), step)
        for one in rules.get("incrementRules") or []
        if (step := amount(one.get("increment"))) is not None
    ]
    return tuple(sorted(steps, key=lambda one: one.lower_edge))


def off_step(price: Decimal, steps: tuple[Increment, ...]) -> Decimal | None:
    """The step that ``price`` misses, or None if it is on one, or none is known."""
    fitting = [one.step for one in steps if one.lower_edge <= price]
    return fitting[-1] if fitting and price % fitting[-1] else None
