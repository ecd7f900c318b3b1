"""Symbols and IBKR's contract numbers, found once and remembered.

A symbol's number is the one that the options give it, else a well-known one, else what the gateway
says: for a stock the listing in the United States, for a pair (`EUR/USD`) the one of its quote
currency. The other way round a number is asked for when an order or a position names one that was
never looked for; if its plain symbol means another contract here (an option, another listing), it
is `SYMBOL@NUMBER`. So no two contracts share a symbol, and each can be ordered by its own.
What a contract is (`terms`) is asked for once as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.brokers.ibkr_web.errors import NoContract
from adapters.brokers.ibkr_web.numerals import whole
from adapters.brokers.ibkr_web.rows import Row
from adapters.brokers.ibkr_web.terms import CLASSES, Details, Increment, increments, terms
from adapters.brokers.ibkr_web.transport import Transport, as_list, as_object
from engine.conids import KNOWN
from engine.instruments import Instrument, Listing

PLAIN = ("STK", "CASH", "CRYPTO")
"""Kinds of contracts that a symbol alone can name."""
PAIRS = ("CASH", "CRYPTO")


class Contracts:
    """The directory of one gateway."""

    def __init__(self, transport: Transport, given: Mapping[str, int] | None = None) -> None:
        self._transport = transport
        self._conids: dict[str, int] = {**KNOWN, **(given or {})}
        self._symbols = {conid: symbol for symbol, conid in self._conids.items()}
        self._details: dict[int, Details] = {}
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
        told = await self._told(conid)
        plain = _symbol(told)
        if not plain:
            raise NoContract(f"IBKR does not say what contract {conid} is")
        symbol = plain if await self._means(plain, told, conid) else f"{plain}@{conid}"
        self._remember(symbol, conid)
        return symbol

    async def terms(self, symbol: str) -> Instrument:
        """The instrument that ``symbol`` means; NoContract where IBKR has none, NotTold where it
        does not tell all that its value depends on.
        """
        conid = await self.conid(symbol)
        own = await self.symbol(conid)
        return terms(own, conid, await self._told(conid), symbol if symbol != own else "")

    async def search(self, text: str, *, by_name: bool, kind: str) -> list[Listing]:
        """The contracts of a symbol, or whose name holds ``text``; of one of IBKR's kinds where one
        is given.
        """
        query = {"symbol": text, "name": str(by_name).lower()} | ({"secType": kind} if kind else {})
        answer = await self._transport.get("/iserver/secdef/search", query)
        if answer.error and "no symbol" in answer.error.lower():
            return []
        rows = [one for one in as_list(answer, f"a search for {text}") if isinstance(one, dict)]
        return [found for row in rows if (found := _listing(row)) is not None]

    async def increments(self, conid: int, *, is_buy: bool) -> tuple[Increment, ...]:
        """The steps of a contract's prices, from low to high; none if the gateway states none."""
        key = (conid, is_buy)
        if key not in self._increments:
            answer = await self._transport.post(
                "/iserver/contract/rules", {"conid": conid, "isBuy": is_buy}
            )
            self._increments[key] = increments(answer.document)
        return self._increments[key]

    async def _told(self, conid: int) -> Details:
        """What the gateway tells of a contract, its rules included; asked for once."""
        known = self._details.get(conid)
        if known is None:
            path = f"/iserver/contract/{conid}/info-and-rules"
            answer = await self._transport.get(path, {"isBuy": "true"})
            if answer.error and 400 <= answer.status < 500:
                raise NoContract(f"IBKR has no contract {conid}: {answer.error}")
            known = self._details[conid] = as_object(answer, f"contract {conid}")
        return known

    async def _means(self, plain: str, info: Details, conid: int) -> bool:
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
        listed = [one for company in _objects(found) for one in _objects(company.get("contracts"))]
        listed.sort(key=lambda one: not one.get("isUS"))  # the American listing first
        return next((whole(one.get("conid")) for one in listed), None)

    async def _pair(self, base: str, quote: str) -> int | None:
        """By the pairs of the quote currency."""
        answer = await self._transport.get("/iserver/currency/pairs", {"currency": quote})
        if answer.error or not isinstance(answer.document, dict):
            return None
        for one in _objects(answer.document.get(quote)):
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
        for one in _objects(as_list(answer, f"a search for {symbol}")):
            kinds = {section.get("secType") for section in _objects(one.get("sections"))}
            if one.get("symbol") == symbol and not (is_pair and kinds.isdisjoint(PAIRS)):
                return whole(one.get("conid"))
        return None


def _objects(found: Any) -> list[Row]:
    """The objects in a list; what is none says nothing of any contract."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _symbol(info: Details) -> str:
    """How we spell the contract that ``info`` describes."""
    symbol = str(info.get("local_symbol") or info.get("symbol") or "")
    if info.get("instrument_type") not in ("CASH", "CRYPTO"):
        return str(info.get("symbol") or symbol)
    if "." in symbol or "/" in symbol:
        return symbol.replace(".", "/")
    return f"{symbol}/{info['currency']}" if info.get("currency") else symbol


def _listing(row: Row) -> Listing | None:
    """A hit of the search; None for one that is no contract, as issuers of bonds are."""
    conid = whole(row.get("conid"))
    if conid is None or conid <= 0:
        return None
    sections = [one.get("secType") for one in row.get("sections") or [] if isinstance(one, dict)]
    return Listing(
        str(conid),
        str(row.get("symbol") or ""),
        str(row.get("companyName") or row.get("symbol") or ""),
        str(row.get("description") or ""),
        tuple(CLASSES[one] for one in sections if one in CLASSES),
    )
