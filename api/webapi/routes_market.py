"""Market data over REST: snapshots by field number, bars of a period, unsubscribing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from api.webapi import errors, figures, periods
from api.webapi.gateway import Row
from api.webapi.history import Wish
from api.webapi.pacing import HISTORY_MAX
from api.webapi.reading import Count, Items, Line, Truth, lenient, numeral
from api.webapi.session import Needs, Session
from api.webapi.ticker import FIELDS_MAX, USUAL
from engine.errors import InvalidRequest

if TYPE_CHECKING:
    from api.endpoints import Call, Operation
    from api.webapi.gateway import Gateway

TAG = "Market data"
CONIDS_MAX = 100
_SNAPSHOT = lenient(
    ("conids",),
    conids=Items("The contracts' numbers", CONIDS_MAX),
    fields=Items("The numbers of the fields", FIELDS_MAX),
)
_HISTORY = lenient(
    ("conid", "bar"),
    conid=Count("The contract's number"),
    bar=Line(f"One of {', '.join(periods.BARS)}", 8),
    period=Line("How far back: a number of min, h, d, w, m (months) or y", 8),
    exchange=Line("Passed over"),
    outsideRth=Truth("Passed over: the data are what they are"),
    startTime=Line("Where the period ends, such as 20250115-12:30:00, in UTC; now if absent", 20),
    direction=Line("-1: up to startTime; 1: from there on", 2),
    source=Line("trades, midpoint or bid_ask; all but trades have no volume", 16),
)
_ONE = lenient(("conid",), conid=Count("The contract's number"))
_DEFAULT_PERIOD = "1w"


class MarketCalls:
    """The handlers of everything about the market."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._contracts = gateway.contracts
        self._under_way = asyncio.Semaphore(HISTORY_MAX)

    async def snapshot(self, session: Session, call: Call) -> list[Row]:
        """What is known of some contracts, by field."""
        asked = _SNAPSHOT.read_query(call.query)
        wanted = tuple(asked.get("fields", ()))
        numbers = [numeral(each) for each in asked["conids"]]
        await self._gateway.know(session.selected, numbers)
        return [self._row(session, number, wanted) for number in asked["conids"]]

    def _row(self, session: Session, number: str, wanted: tuple[str, ...]) -> Row:
        """One contract; where that is the manner, its first row shows nothing."""
        gateway = self._gateway
        contract = self._contracts.written(number, "conids")
        known = session.fields.get(contract.conid)
        fields = wanted or known or USUAL
        session.fields[contract.conid] = fields
        if known is None and gateway.manner.preflight:
            return {"conid": contract.conid, "conidEx": str(contract.conid)}
        ticker = gateway.ticker(session, contract)
        row = ticker.head(gateway.engine.now) | ticker.fields(fields)
        return row | ticker.named() if gateway.manner.named_fields else row

    async def history(self, session: Session, call: Call) -> Row:
        """The bars of a period."""
        if self._under_way.locked() and self._gateway.manner.paced:
            raise errors.too_fast()
        async with self._under_way:
            asked = _HISTORY.read_query(call.query)
            text, bar = asked.get("period", _DEFAULT_PERIOD), asked["bar"]
            await self._gateway.know(session.selected, [asked["conid"]])
            contract = self._contracts.get(asked["conid"])
            wish = Wish(
                periods.period(text),
                bar,
                asked.get("source", ""),
                _anchor(asked.get("startTime")),
                asked.get("direction") == "1",
                asked.get("outsideRth", False),
            )
            periods.bar_ns(bar)
            if self._gateway.manner.period_table:
                periods.check_table(wish.period, bar)
            bars = await self._gateway.chart(session.selected, contract, wish)
            return bars.answer(contract, text, wish)

    async def unsubscribe(self, session: Session, call: Call) -> Row:
        """End the stream of one contract; 404 for one that has none."""
        number = _ONE.read(call.body)["conid"]
        if session.fields.pop(number, None) is None:
            raise errors.refusal(404, "unknown")
        return {"success": True}

    async def unsubscribe_all(self, session: Session, _call: Call) -> Row:
        """End the streams of all contracts."""
        session.fields.clear()
        return {"unsubscribed": True}

    def operations(self) -> Iterator[list[Operation]]:
        """What can be asked, one list for each path."""
        gateway = self._gateway
        yield [
            gateway.operation(
                "GET",
                "/iserver/marketdata/snapshot",
                "Get market data by field",
                self.snapshot,
                list[Row],
                Needs.ACCOUNTS,
                _SNAPSHOT,
                tag=TAG,
            )
        ]
        yield [
            gateway.operation(
                "GET",
                "/iserver/marketdata/history",
                "Get bars of a period",
                self.history,
                query=_HISTORY,
                tag=TAG,
            )
        ]
        yield [
            gateway.operation(
                "POST",
                "/iserver/marketdata/unsubscribe",
                "End the market data of a contract",
                self.unsubscribe,
                body=_ONE,
                tag=TAG,
            )
        ]
        path = "/iserver/marketdata/unsubscribeall"
        yield gateway.either(path, "End all market data", self.unsubscribe_all, tag=TAG)


def _anchor(text: str | None) -> int | None:
    if text is None:
        return None
    found = figures.from_dashed(text)
    if found is None:
        raise InvalidRequest("startTime", text, "a time in UTC such as 20250115-12:30:00")
    return found
